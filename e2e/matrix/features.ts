// The surface of the protocol, feature by feature.
import type { Feature } from "./feature.ts";
import { calls } from "./features/calls.ts";
import { news } from "./features/news.ts";
import { questions } from "./features/questions.ts";
import { resourcesAndPrompts } from "./features/resources-and-prompts.ts";

export const features: readonly Feature[] = [...calls, ...questions, ...resourcesAndPrompts, ...news];
