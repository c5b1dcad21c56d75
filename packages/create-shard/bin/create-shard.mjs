#!/usr/bin/env node
// Runs the bundle where this is an installed package, the sources in the repository.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bundle = fileURLToPath(new URL("../dist/main.mjs", import.meta.url));
await import(existsSync(bundle) ? bundle : "../src/main.ts");
