import type { ProfileOptions } from "../../profiles/schema.ts";
import type { OpenApiSettings } from "./settings.ts";

/** The settings for the folder of one profile: the same object for as long as nothing they are made from changes. */
export function profileSettings(
  profile: { readonly name: string; readonly options: ProfileOptions },
  settings: () => OpenApiSettings,
): () => OpenApiSettings {
  let made: { readonly from: OpenApiSettings; readonly options: ProfileOptions; readonly settings: OpenApiSettings };
  return () => {
    const from = settings();
    const { name, options } = profile;
    if (made?.from === from && made.options === options) return made.settings;
    const { single: _, ...rest } = from;
    const description = options.description ?? `The tools of the profile ${name}.`;
    const own = { ...rest, title: `${from.title}: ${name}`, description, path_prefix: `/p/${name}/` };
    made = { from, options, settings: own };
    return own;
  };
}
