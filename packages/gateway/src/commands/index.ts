import type { Command } from "./command.ts";
import { serve } from "./serve.ts";

/** The commands of the binary: the only list. */
export const commands: readonly Command[] = [serve];
