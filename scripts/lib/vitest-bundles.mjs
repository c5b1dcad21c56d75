// Global set-up of the end-to-end tests: they start the bundles, so these are made from the sources as they are now.
export { bundlePrograms as setup } from "./bundle.mjs";
