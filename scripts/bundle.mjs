// Usage: node bundle.mjs <entry>=<outfile> …   (paths relative to the root): bundles other programs the way those of the house are.
import { bundlePrograms } from "./lib/bundle.mjs";

const programs = process.argv.slice(2).map((pair) => {
  const [entry = "", outfile = ""] = pair.split("=");
  return { entry, outfile };
});
await bundlePrograms(programs);
