export type { EntryPoint, EntryPoints } from "./runtime/entry-points.ts";
export {
  createSimulatedTraefik,
  DEFAULT_ENTRY_POINTS,
  type SimulatedTraefik,
  type SimulatedTraefikOptions,
} from "./simulated-traefik.ts";
