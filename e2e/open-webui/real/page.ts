// Open WebUI's page as a person uses it (openwebui §3, "In the page").
import { chromium as browsers, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Wanted } from "./language-model.ts";

export interface ChatPage {
  readonly page: Page;
  /** Requests that went elsewhere. */
  readonly foreign: readonly string[];
  /** Sends a message that has the language model call tools. */
  readonly say: (wanted: readonly Wanted[]) => Promise<void>;
  /** Leaves the chat for a new one. */
  readonly startAnew: () => Promise<void>;
  /** Waits for the language model's last word. */
  readonly untilAnswered: () => Promise<void>;
  /** Shows what the calls of the last answer were given and gave. */
  readonly unfold: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const PATIENCE_MS = 30_000;

/** @param servers how many tool servers the model has without a click */
export async function openChat(url: string, chromium: string, servers: number): Promise<ChatPage> {
  const browser = await browsers.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage({ viewport: { width: 1000, height: 760 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && /^https?:/.test(request.url())) foreign.push(request.url());
  });
  const input = page.locator("#chat-input");
  const news = page.getByRole("button", { name: /Okay, Let's Go!/ });
  /** On a busy machine the page sometimes comes up empty, for good. */
  const load = async (attempts = 3): Promise<void> => {
    await page.goto(url);
    const isThere = input
      .or(news)
      .first()
      .waitFor({ timeout: PATIENCE_MS / 2 });
    await isThere.catch((error: unknown) => {
      if (attempts <= 1) throw error;
      return load(attempts - 1);
    });
  };
  const startAnew = async (): Promise<void> => {
    await load();
    // What is typed before the tools of the model are there goes without them.
    await page
      .getByRole("button", { name: "Available Tools" })
      .filter({ hasText: String(servers) })
      .waitFor();
  };
  try {
    await load();
    // The notes of the release open a moment after the page; a browser that closed them sees them no more.
    await news.click({ timeout: 3_000 }).catch(() => undefined);
    await startAnew();
  } catch (error) {
    await browser.close();
    throw error;
  }
  return {
    page,
    foreign,
    startAnew,
    async say(wanted) {
      const text = JSON.stringify(wanted);
      await input.click();
      await page.keyboard.insertText(text);
      await input.filter({ hasText: wanted[0]!.tool }).waitFor();
      // A page that is not ready yet takes the key for nothing.
      await expect
        .poll(
          async () => {
            await page.keyboard.press("Enter");
            return input.innerText();
          },
          { timeout: PATIENCE_MS, interval: 500 },
        )
        .not.toContain(wanted[0]!.tool);
    },
    untilAnswered: () => page.getByText("That is all.").first().waitFor(),
    async unfold() {
      await page
        .getByText(/^Explored/)
        .first()
        .click();
    },
    stop: () => browser.close(),
  };
}
