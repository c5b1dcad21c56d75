import type { CheerioAPI } from "cheerio";
import { load } from "cheerio/slim";
import type { AnyNode } from "domhandler";

/** What a page of the site says: its article as Markdown, or the address it sends readers on to. */
export type Page =
  | { readonly title: string; readonly markdown: string; readonly forward?: undefined }
  | { readonly title?: undefined; readonly markdown?: undefined; readonly forward: string };

/**
 * Reads a page as mkdocs (theme material) and most others make it: the article's text, headings, lists, tables and code,
 * tabs by their labels. A page without an article, which only forwards, gives its target.
 *
 * @param selector CSS selector of the article
 */
export function readHtml(html: string, selector = "article.md-content__inner, article, main"): Page | undefined {
  const $ = load(html);
  const refresh = $('meta[http-equiv="refresh" i]').attr("content");
  const target = /url\s*=\s*['"]?([^'";\s]+)/i.exec(refresh ?? "")?.[1];
  if (target !== undefined) return { forward: target };
  const article = $(selector).first();
  if (article.length === 0) return undefined;
  article.find("a.headerlink, nav, script, style, img, .md-source-file").remove();
  const title = article.find("h1").first().text().trim() || $("title").text().split(" - ")[0]?.trim() || "";
  const markdown = blocks($, article.contents().toArray())
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  return { title, markdown };
}

function blocks($: CheerioAPI, nodes: readonly AnyNode[]): string {
  return nodes
    .map((node) => block($, node))
    .filter((text) => text.trim() !== "")
    .join("\n\n");
}

function block($: CheerioAPI, node: AnyNode): string {
  const element = $(node);
  if (node.type === "text") return inline(element.text());
  if (node.type !== "tag") return "";
  const level = /^h([1-6])$/.exec(node.name)?.[1];
  if (level !== undefined) return `${"#".repeat(Number(level))} ${inline(element.text())}`;
  switch (node.name) {
    case "pre":
      return `\`\`\`${/language-(\w+)/.exec(element.find("code").attr("class") ?? "")?.[1] ?? ""}\n${element.text().replace(/\n$/, "")}\n\`\`\``;
    case "ul":
    case "ol":
      return element
        .children("li")
        .toArray()
        .map((item) => `- ${inline($(item).text())}`)
        .join("\n");
    case "table":
      return element
        .find("tr")
        .toArray()
        .map(
          (row) =>
            `| ${$(row)
              .find("th, td")
              .toArray()
              .map((cell) => inline($(cell).text()))
              .join(" | ")} |`,
        )
        .join("\n");
    case "p":
      return inline(element.text());
    case "div":
      return element.hasClass("tabbed-set") ? tabs($, node) : blocks($, element.contents().toArray());
    case "details":
    case "section":
    case "blockquote":
      return blocks($, element.contents().toArray());
    default:
      return element.children("p, pre, ul, ol, table, div").length > 0
        ? blocks($, element.contents().toArray())
        : inline(element.text());
  }
}

/** Tabs hold one example in several languages; each code block gets its label, as the source has it. */
function tabs($: CheerioAPI, node: AnyNode): string {
  const labels = $(node)
    .children("label")
    .toArray()
    .map((label) => inline($(label).text()));
  return $(node)
    .children(".tabbed-content")
    .toArray()
    .map((content, index) =>
      blocks($, $(content).contents().toArray()).replace(
        /^```(\w*)$/m,
        (_, language: string) => `\`\`\`${language || "text"} tab="${labels[index] ?? ""}"`,
      ),
    )
    .join("\n\n");
}

function inline(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
