/** Who is behind a request, as far as somebody who is believed says so. */
export interface Principal {
  readonly id?: string;
  readonly name?: string;
  readonly email?: string;
  readonly role?: string;
}
