/** Asks for the changing part of the page while somebody looks at it. Without scripts the page reloads itself instead. */
export const LIVE_SCRIPT = `"use strict";
const main = document.querySelector("main[data-live]");
const note = document.querySelector("#note");
let last = "";
async function refresh() {
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch("/dashboard/live", { cache: "no-store" });
    if (!answer.ok) throw new Error("HTTP " + answer.status);
    const html = await answer.text();
    if (html !== last) main.innerHTML = last = html;
    note.textContent = "live";
  } catch (error) {
    note.textContent = "the gateway does not answer (" + error.message + "); trying again";
  }
}
if (main) {
  setInterval(refresh, 2000);
  document.addEventListener("visibilitychange", refresh);
  refresh();
}
`;
