export { defineDocsTool, type DocsFormat, type DocsToolOptions } from "./docs/define-docs-tool.ts";
export { type DocsSource } from "./docs/docs-fetcher.ts";
export { findPages, type DocsPage } from "./docs/find-pages.ts";
