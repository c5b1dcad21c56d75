import type { Command } from "./command.ts";
import { call } from "./call.ts";
import { check } from "./check.ts";
import { completionOf } from "./completion.ts";
import { config } from "./config.ts";
import { connect } from "./connect/connect.ts";
import { doctor } from "./doctor/doctor.ts";
import { importCommand } from "./import.ts";
import { list } from "./list.ts";
import { login } from "./login.ts";
import { mcpo } from "./mcpo/mcpo.ts";
import { serve } from "./serve.ts";
import { stdio } from "./stdio.ts";

const asked: readonly Command[] = [
  serve,
  stdio,
  mcpo,
  check,
  config,
  list,
  call,
  login,
  connect,
  doctor,
  importCommand,
];

/** The commands of the binary: the only list. */
export const commands: readonly Command[] = [...asked, completionOf(asked)];
