// Pure: sources in, sentences out. Each names the file, what it does, and why that is not done here.
import { cyclesAmong, importsOf, withoutComments, type Exports, type Import, type Source } from "./imports.ts";
import {
  folderRules,
  kebabCase,
  kindFolders,
  longestFile,
  onCallPath,
  packageRules,
  placeRules,
  processPlaces,
} from "./rules.ts";

const isTest = (path: string): boolean => /\.test\.ts$|\/(testing|suite)\.ts$/.test(path);
/** `sink.resume = (id) => …`, and the same with `function` or another assignment. */
const functionInProperty =
  /[\w\])]\.#?\w+\s*(?:\?\?|\|\||&&)?=\s*(?:async\s+)?(?:function\b|(?:\([^()]*\)|\w+)\s*(?::[^=;]+)?=>)/;
const isOurs = (path: string): boolean => /^(packages|shards|template|e2e|bench|scripts|tools)\//.test(path);

/** Everything in the sources that breaks a house rule. */
export function violationsIn(sources: readonly Source[], exports: Exports): readonly string[] {
  const imports = sources.flatMap((source) => importsOf(source, exports));
  return [
    ...imports.flatMap((edge) => {
      const reasons = [...packageReasons(edge), ...placeReasons(edge), ...folderReasons(edge)];
      return reasons.map((reason) => `${edge.from} imports ${edge.to}: ${reason}`);
    }),
    ...cyclesAmong(imports).map(
      (cycle) => `${cycle.join(" → ")}: files that import each other cannot be understood one by one`,
    ),
    ...sources.flatMap(fileReasons),
  ];
}

function packageReasons({ from, to }: Import): readonly string[] {
  if (to.startsWith("unknown export")) return ["no package.json offers that"];
  if (!isOurs(to)) return [];
  const rule = packageRules.find(({ folder }) => from.startsWith(`${folder}/`));
  if (!rule) return isOurs(from) ? ["its package has no rule yet in e2e/house-rules/rules.ts"] : [];
  if (rule.mayImport === "*") return [];
  const allowed = [rule.folder, ...rule.mayImport];
  return allowed.some((folder) => to.startsWith(`${folder}/`)) ? [] : [rule.reason];
}

function placeReasons({ from, to }: Import): readonly string[] {
  return placeRules.filter((rule) => rule.to.test(to) && !rule.onlyFrom.test(from)).map(({ reason }) => reason);
}

function folderReasons({ from, to }: Import): readonly string[] {
  if (isTest(from)) return [];
  const broken = folderRules.filter((rule) => rule.from.test(from) && rule.not.test(to)).map(({ reason }) => reason);
  const kinds = kindFolders.find((folder) => from.startsWith(`${folder}/`) && to.startsWith(`${folder}/`));
  const [kind, sibling] = [from, to].map((path) => (kinds ? path.slice(kinds.length + 1).split("/") : []));
  const areSiblings = kind!.length > 1 && sibling!.length > 1 && kind![0] !== sibling![0];
  return areSiblings ? [...broken, "no kind imports a sibling kind: what they share moves down"] : broken;
}

function fileReasons({ path, text }: Source): readonly string[] {
  const reasons: string[] = [];
  const lines = text.split("\n").length - 1;
  if (lines > longestFile) reasons.push(`${path} has ${lines} lines: ${longestFile} is the end, split it`);
  if (!path.split("/").every((part) => kebabCase.test(part))) reasons.push(`${path} is not named in kebab-case`);
  if (
    !processPlaces.some((place) => place.test(path)) &&
    /\bprocess\.|["']node:process["']/.test(withoutComments(text))
  ) {
    reasons.push(`${path} uses process: only a main.ts does, everything else is handed what it needs`);
  }
  if (onCallPath.test(path) && !isTest(path) && functionInProperty.test(withoutComments(text))) {
    reasons.push(
      `${path} assigns a function literal to a property: V8 puts it among the old objects, where it keeps its call alive; assign what a function returns`,
    );
  }
  return reasons;
}
