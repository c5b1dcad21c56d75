import { strings, text, type Item, type Items } from "../runtime/item.ts";

type View = Record<string, unknown>;

/** What `/api/rawdata` shows of an item. */
export function rawView(item: Item): View {
  return {
    ...item.config,
    ...(item.error.length > 0 && { error: item.error }),
    status: item.status,
    ...(item.using.length > 0 && { using: item.using }),
    ...(item.usedBy.length > 0 && { usedBy: item.usedBy }),
    ...(Object.keys(item.serverStatus).length > 0 && { serverStatus: item.serverStatus }),
  };
}

/** What a list or a single-item endpoint shows: the raw view with name, provider and what its kind adds. */
export function itemView(protocol: string, section: string, name: string, item: Item): View {
  const view = { ...rawView(item), name, provider: name.split("@").slice(1).join("@") };
  if (section === "routers") {
    const priority = protocol === "udp" ? {} : { priorityStr: String(item.config["priority"] ?? 0) };
    const tls = item.config["tls"] as View | undefined;
    return { ...view, ...(tls && protocol === "http" && { tls: { options: "default", ...tls } }), ...priority };
  }
  const type = typeOf(section, item);
  return type === "" ? view : { ...view, type };
}

function typeOf(kind: string, item: Item): string {
  const key = Object.keys(item.config).find((name) => kind !== "services" || name !== "middlewares");
  if (key === "plugin") return Object.keys(item.config["plugin"] as View)[0] ?? "";
  return (key ?? "").toLowerCase();
}

/** The items a list endpoint keeps and their order, by its query. */
export function select(items: Items, query: URLSearchParams): [string, Item][] {
  const wanted = (key: string) => query.get(key) ?? "";
  const search = wanted("search").toLowerCase();
  const kept = [...items].filter(([name, item]) => {
    const haystack = [name, text(item.config["rule"])].map((value) => value.toLowerCase());
    if (search !== "" && !haystack.some((value) => value.includes(search))) return false;
    if (wanted("status") !== "" && item.status !== wanted("status").toLowerCase()) return false;
    if (wanted("serviceName") !== "" && !usesService(item, wanted("serviceName"))) return false;
    return wanted("middlewareName") === "" || strings(item.config["middlewares"]).includes(wanted("middlewareName"));
  });
  return kept.toSorted(order(wanted("sortBy"), wanted("direction") === "desc"));
}

function usesService(item: Item, wanted: string): boolean {
  const service = text(item.config["service"]);
  return service.includes("@") ? service === wanted : service === wanted.split("@")[0];
}

function order(sortBy: string, descending: boolean) {
  const key = ([name, item]: [string, Item]): string | bigint => {
    if (sortBy === "priority") return BigInt((item.config["priority"] as number | bigint | undefined) ?? 0);
    if (sortBy === "status") return item.status;
    if (sortBy === "rule" || sortBy === "service") return text(item.config[sortBy]);
    return name;
  };
  return (a: [string, Item], b: [string, Item]): number => {
    const [left, right] = [key(a), key(b)];
    const compared = left === right ? compare(a[0], b[0]) : compare(left, right);
    return descending ? -compared : compared;
  };
}

function compare(a: string | bigint, b: string | bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
