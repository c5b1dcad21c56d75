export type { Decoded } from "./decode.ts";
export { formatOf, readDynamicFile, type DynamicFile, type FileFormat } from "./dynamic-file.ts";
export { isFatal, type Finding, type Severity } from "./finding.ts";
export { checkRe2, isAddressRange } from "./matchers.ts";
export { templateFault } from "./template.ts";
export { nearest } from "./nearest.ts";
export {
  alternativesOf,
  matchersOf,
  parseRule,
  type ParsedRule,
  type RuleFault,
  type RuleKind,
  type RuleTree,
} from "./rule.ts";
