import type { Check } from "../finding.ts";
import { clock } from "./clock.ts";
import { commandsCheck } from "./commands.ts";
import { configuration } from "./configuration.ts";
import { permissions } from "./permissions.ts";
import { port } from "./port.ts";
import { reachability } from "./reachability.ts";
import { tools } from "./tools.ts";

/** What the doctor looks at, in this order: the only list. */
export const checks: readonly Check[] = [configuration, permissions, port, commandsCheck, reachability, clock, tools];
