// The queue by keyboard: one row is focused; what is done is done to the chosen rows, or to it.
import { onKeys, tell } from "/static/desk.js";

const rows = () => [...document.querySelectorAll("#queue tr[data-call]")];
let call = ""; // of the focused row; the table may be swapped under it
let last = 0; // where that row was, for when it is gone

function current() {
  const all = rows();
  return all.findIndex((row) => row.dataset.call === call);
}

function focus(at) {
  const all = rows();
  if (!all.length) return;
  const row = all[Math.min(Math.max(at, 0), all.length - 1)];
  all.forEach((each) => each.classList.toggle("focused", each === row));
  remember(row);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function remember(row) {
  call = row.dataset.call;
  last = rows().indexOf(row);
}

function box(row) {
  return row.querySelector('input[name="call"]');
}

function count() {
  const chosen = rows().filter((row) => box(row).checked);
  rows().forEach((row) => row.classList.toggle("chosen", box(row).checked));
  const shown = document.getElementById("chosen");
  if (shown) shown.textContent = chosen.length;
  return chosen.length;
}

/** Press a button of the batch bar for the chosen rows, or for the focused one where none is chosen. */
function press(act) {
  const button = document.querySelector(`#batch button[value="${act}"]`);
  if (!button) return false;
  if (!count()) {
    const row = rows()[current()];
    if (!row) return tell("请先用 J、K 移到一行，或用 X 选中", "careful");
    box(row).checked = true;
    count();
  }
  button.click(); // htmx sends the button that was clicked
}

onKeys({
  j: () => focus(current() + 1),
  k: () => focus(current() < 0 ? 0 : current() - 1),
  x: () => {
    const row = rows()[current()];
    if (!row) return focus(0);
    box(row).checked = !box(row).checked;
    count();
  },
  t: () => press("take"),
  a: () => {
    const to = document.getElementById("to");
    if (!to) return false;
    if (to.value) press("assign");
    else {
      if (!count() && rows()[current()]) { box(rows()[current()]).checked = true; count(); }
      to.focus();
    }
  },
  n: () => document.querySelector("a[data-next]").click(),
  enter: (event) => {
    const row = event.target.closest("tr[data-call]");
    if (!row || event.target.closest("a, button, input")) return false;
    row.querySelector("a[data-open]").click();
  },
});

document.addEventListener("change", (event) => {
  if (event.target.id === "all") rows().forEach((row) => { box(row).checked = event.target.checked; });
  if (event.target.matches('#all, input[name="call"]')) count();
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-call]");
  if (!row) return;
  rows().forEach((each) => each.classList.toggle("focused", each === row));
  remember(row);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "queue") return;
  count();
  const query = document.getElementById("batch").dataset.query;
  document.querySelectorAll("[data-asked]").forEach((field) => { field.value = query; });
  document.querySelectorAll("[data-next]").forEach((link) => { link.href = `/queue/next?${query}`; });
  if (call && document.activeElement === document.body) focus(current() < 0 ? last : current());
});
