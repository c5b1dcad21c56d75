export { announcementSchema, LONGEST_LEASE_S, leaseSchema, type Announcement, type Lease } from "./announcement.ts";
export { checkSchema, healthSchema, type Check, type Health } from "./health.ts";
export { jsonSchemas } from "./json-schemas.ts";
export { manifestSchema, manifestToolSchema, type Manifest, type ManifestTool } from "./manifest.ts";
export {
  QUALIFIED_NAME_LENGTH,
  QUALIFIED_NAME_PATTERN,
  qualifyNames,
  toUpstreamName,
  upstreamNameSchema,
  type OwnedName,
} from "./names.ts";
