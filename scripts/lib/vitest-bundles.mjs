// Global set-up of the end-to-end tests: they start the bundles, so these are made from the sources as they are now.
import { bundlePrograms } from "./bundle.mjs";

export const setup = async () => void (await bundlePrograms());
