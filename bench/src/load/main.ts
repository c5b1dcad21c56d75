// The load generator, a process of its own: gets loads from its parent one at a time, says when it is warm, answers with the result.
import { runLoad, type Load } from "./run-load.ts";

process.on("message", (load: Load) => {
  runLoad(load, () => process.send!({ warm: true })).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
