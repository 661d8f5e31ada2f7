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

// The button that was pressed gives way to the hits it asked for: the first of them takes the focus.
let seen = 0;
const hits = () => document.querySelectorAll(".hit .said");
document.addEventListener("htmx:beforeSwap", () => { seen = hits().length; });
document.addEventListener("htmx:afterSwap", () => hits()[seen]?.focus());
