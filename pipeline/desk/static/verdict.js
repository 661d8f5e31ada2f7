// The scorecard by keyboard: Y confirms the item, N opens the form to judge otherwise, S goes on, U undoes.
import { onKeys, tell } from "./desk.js";

let current = ""; // the id of the item on which one works, kept while the panel is swapped

const items = () => [...document.querySelectorAll("#scorecard .item:not(.elsewhere)")];
const item = () => items().find((each) => each.dataset.item === current);

function goTo(next, scroll = true) {
  document.querySelectorAll("#scorecard .item.focused").forEach((each) => each.classList.remove("focused"));
  if (!next) return;
  current = next.dataset.item;
  next.classList.add("focused");
  next.focus({ preventScroll: true });
  if (scroll) next.scrollIntoView({ block: "nearest" });
}

function onward() {
  const all = items();
  goTo(all[(all.indexOf(item()) + 1) % all.length]);
}

function send(form, missing) {
  if (form) form.requestSubmit();
  else tell(missing, "careful");
}

let leaving = false; // after a confirmation one goes on to the next item

onKeys({
  y: () => {
    if (!item()) return goTo(items()[0]);
    leaving = Boolean(item().querySelector("form.confirm"));
    send(item().querySelector("form.confirm button")?.form, "机器没有结论，请按 N 直接评定");
  },
  n: () => {
    if (!item()) goTo(items()[0]);
    const judge = item()?.querySelector("details.judge");
    if (!judge) return false;
    judge.open = true;
    judge.scrollIntoView({ block: "nearest" });
    judge.querySelector("select[name=reason]").focus({ preventScroll: true });
  },
  s: onward,
  u: () => send(item()?.querySelector("form.undo"), "这一项没有您可以撤销的评定"),
  escape: () => {
    const open = item()?.querySelector("details.judge[open]");
    if (!open) return false;
    open.open = false;
    goTo(item());
  },
});

document.addEventListener("focusin", (event) => {
  const at = event.target.closest?.("#scorecard .item");
  if (!at || at.classList.contains("elsewhere")) return;
  current = at.dataset.item;
  document.querySelectorAll("#scorecard .item.focused").forEach((each) => each !== at && each.classList.remove("focused"));
  at.classList.add("focused");
});

document.addEventListener("keydown", (event) => {
  const judge = event.target.closest?.("details.judge");
  if (!judge || event.isComposing) return;
  if (event.key === "Escape") {
    judge.open = false;
    goTo(item());
  }
  // Left to itself, a list of choices opens on Enter; and in the note Enter is a new line, with Ctrl it sends.
  if (event.key === "Enter" && (event.target.tagName === "SELECT" || event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const form = event.target.form, level = form.elements.level ?? form.elements.met;
    form.querySelector(level.value ? "button[value=level]" : "button").click(); // htmx sends the button that was clicked
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "scorecard" && !document.getElementById("scorecard")?.contains(event.detail.target)) return;
  if (event.detail.target.id === "stale" || event.detail.target.id === "effect") return;
  if (leaving) onward();
  else goTo(item(), false);
  leaving = false;
});

document.addEventListener("htmx:responseError", () => { leaving = false; });

// The form that corrects a turn shows the turn's own words and speaker.
document.addEventListener("change", (event) => {
  if (event.target.id === "correct-turn") fill(event.target.selectedOptions[0]);
});

// A turn of the transcript may ask to be corrected: <button data-correct="3">.
document.addEventListener("click", (event) => {
  const asked = event.target.closest?.("[data-correct]");
  const turns = document.getElementById("correct-turn");
  if (!asked || !turns) return;
  turns.value = asked.dataset.correct;
  document.getElementById("correct").open = true;
  fill(turns.selectedOptions[0]);
  document.getElementById("correct-text").focus();
});

function fill(turn) {
  if (!turn) return;
  document.getElementById("correct-text").value = turn.dataset.text;
  document.getElementById("correct-role").value = turn.dataset.role;
}
