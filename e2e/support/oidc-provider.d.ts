// What we use of it; it brings no types along.
declare module "oidc-provider" {
  import type { RequestListener } from "node:http";

  interface Token {
    readonly isValid: boolean;
    readonly grantId: string;
    destroy(): Promise<void>;
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    callback(): RequestListener;
    readonly AccessToken: {
      find(value: string): Promise<Token | undefined>;
      revokeByGrantId(id: string): Promise<void>;
    };
    readonly RefreshToken: { revokeByGrantId(id: string): Promise<void> };
  }
}
