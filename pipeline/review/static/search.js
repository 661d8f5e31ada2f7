// The search page by keyboard: / to the words, J and K along the hits; Enter follows the link that has the focus.
import { onKeys } from "./desk.js";

function move(by) {
  const hits = [...document.querySelectorAll(".hit .said, .more .button")];
  if (!hits.length) return false;
  const at = hits.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : hits.length - 1) : Math.min(Math.max(at + by, 0), hits.length - 1);
  hits[next].focus();
}

function words() {
  const field = document.getElementById("q");
  field.focus();
  field.select();
}

onKeys({ "/": words, j: () => move(1), k: () => move(-1) });

document.getElementById("q").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) {
    event.preventDefault();
    move(1);
  }
});

// The button that was pressed is gone with the hits that took its place: the first of them takes the focus.
document.addEventListener("htmx:afterSwap", (event) => {
  const first = event.detail.requestConfig?.elt;
  if (first?.closest?.(".more") || !document.activeElement || document.activeElement === document.body) {
    const hits = document.querySelectorAll(".hit .said");
    const seen = Number(document.getElementById("hits")?.dataset.seen || 0);
    hits[seen]?.focus();
  }
});

document.addEventListener("htmx:beforeSwap", () => {
  const list = document.getElementById("hits");
  if (list) list.dataset.seen = String(document.querySelectorAll(".hit .said").length);
});
