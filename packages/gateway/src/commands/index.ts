import type { Command } from "./command.ts";
import { call } from "./call.ts";
import { completionOf } from "./completion.ts";
import { connect } from "./connect/connect.ts";
import { list } from "./list.ts";
import { serve } from "./serve.ts";

const asked: readonly Command[] = [serve, list, call, connect];

/** The commands of the binary: the only list. */
export const commands: readonly Command[] = [...asked, completionOf(asked)];
