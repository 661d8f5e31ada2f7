// The scorecard by keyboard: 1, 2, 3 … give a level, 0 does not apply, Y confirms, N opens the form to judge
// otherwise, S goes on, U undoes. D goes to the next suspicion, of which Y says that it is so and N that it is not. Keys that come while an answer is being saved wait for it.
import { onKeys, tell } from "./desk.js";

let current = ""; // the id of the item on which one works, kept while the panel is swapped

const items = () => [...document.querySelectorAll("#scorecard .item:not(.elsewhere)")];
const isSuspicion = (each) => each.classList.contains("suspect");
const units = () => items().filter((each) => !each.classList.contains("whole-item") && !isSuspicion(each)); // what is answered one by one
const item = () => items().find((each) => each.dataset.item === current);

function goTo(next, scroll = true) {
  document.querySelectorAll("#scorecard .item.focused").forEach((each) => each.classList.remove("focused"));
  if (!next) return;
  current = next.dataset.item;
  next.classList.add("focused");
  next.focus({ preventScroll: true });
  if (scroll) next.scrollIntoView({ block: "nearest" });
}

/** To the next suspicion of which nobody said anything yet, or of all of them; it is heard at once. */
function toSuspicion() {
  const all = items(), at = all.indexOf(item()), around = [...all.slice(at + 1), ...all.slice(0, at + 1)].filter(isSuspicion);
  const next = around.find((each) => each.classList.contains("open")) ?? around[0];
  if (!next) return tell("这通电话没有疑似", "careful");
  goTo(next);
  own(next, "[data-play]").click();
  next.focus({ preventScroll: true });
}

/** Say of the suspicion on which one works that it is so, or not; whether there is one. */
function settle(so) {
  if (!item() || !isSuspicion(item())) return false;
  const button = own(item(), `form.suspicion button[value="${so}"]`);
  if (!button) tell("这一处已有同样的结论", "careful");
  else {
    busy = true;
    button.click();
  }
  return true;
}

function onward() {
  const all = items();
  goTo(all[(all.indexOf(item()) + 1) % all.length]);
}

/** To what is answered next after the item on which one works; a whole that has parts is passed over. */
function advance() {
  const all = items(), at = all.indexOf(item());
  goTo([...all.slice(at + 1), ...all.slice(0, at + 1)].find((each) => units().includes(each)));
}

/** The part of an item that is its own, and not one of its parts'. */
const own = (of, selector) => [...(of?.querySelectorAll(selector) ?? [])].find((each) => each.closest(".item") === of);

let busy = false; // an answer is being saved, and the panel will be swapped
let waiting = []; // keys since then

const queued = (act) => () => busy ? waiting.push(act) : act();

function answer(key) {
  if (!item()) goTo(units()[0]);
  const button = own(item(), `form.quick button[data-key="${key}"]`);
  if (!button) return tell("这一项机器已有结论，请按 Y 认可或按 N 改判", "careful");
  busy = leaving = true;
  button.click();
}

function send(form, missing) {
  if (form) form.requestSubmit();
  else tell(missing, "careful");
}

let leaving = false; // after a confirmation one goes on to the next item

onKeys({
  ...Object.fromEntries([..."0123456789"].map((key) => [key, queued(() => answer(key))])),
  d: queued(toSuspicion),
  y: queued(() => {
    if (settle("yes")) return;
    if (!item()) return goTo(items()[0]);
    const confirm = own(item(), "form.confirm");
    busy = leaving = Boolean(confirm);
    send(confirm, "机器没有结论，请按数字键评定，或按 N");
  }),
  n: () => {
    if (item() && isSuspicion(item())) return queued(() => settle("no"))();
    if (!item()) goTo(items()[0]);
    const judge = own(item(), "details.judge");
    if (!judge) return false;
    judge.open = true;
    judge.scrollIntoView({ block: "nearest" });
    judge.querySelector("select[name=reason]").focus({ preventScroll: true });
  },
  s: queued(onward),
  u: queued(() => send(own(item(), "form.undo"), "这一项没有您可以撤销的评定")),
  escape: () => {
    const open = own(item(), "details.judge[open]");
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
  if (event.detail.target.id !== "scorecard") return;
  if (leaving) advance();
  else goTo(item(), false);
  busy = leaving = false;
  while (waiting.length && !busy) waiting.shift()();
});

for (const failed of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failed, () => {
    busy = leaving = false;
    waiting = [];
  });
}

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
