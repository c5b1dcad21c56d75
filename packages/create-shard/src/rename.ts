/** What a shard is called in its files. */
export interface Names {
  /** `home-box` */
  readonly name: string;
  /** `Home box` */
  readonly title: string;
  /** `HOME_BOX` */
  readonly variable: string;
  readonly port: number;
  readonly url: string;
}

/** What the template says where a shard says its own. */
const TEMPLATE: Names = {
  name: "example",
  title: "Example",
  variable: "EXAMPLE",
  port: 9104,
  url: "http://localhost:8080",
};

/** A text of the template as the new shard has it. */
export function rename(text: string, names: Names): string {
  const places: readonly (readonly [RegExp, string])[] = [
    [new RegExp(`\\b${TEMPLATE.variable}_`, "g"), `${names.variable}_`],
    [new RegExp(`\\b${TEMPLATE.title}\\b`, "g"), names.title],
    [new RegExp(`\\b${TEMPLATE.name}\\b`, "g"), names.name],
    [new RegExp(`\\b${TEMPLATE.port}\\b`, "g"), String(names.port)],
    [new RegExp(`${TEMPLATE.url}(?![\\w/])`, "g"), names.url],
  ];
  // A function, because `$` means something in a replacement text.
  return places.reduce((done, [pattern, own]) => done.replace(pattern, () => own), text);
}
