// The blind form by keyboard: a key for each level, the sound beside it, nothing sent before it is complete or skipped.
import { onKeys, tell } from "/static/desk.js";

const form = document.getElementById("card");
const sound = document.getElementById("sound");
const asked = [...form.querySelectorAll(".asked")];
let at = Math.max(0, asked.findIndex((each) => !each.querySelector("input[type=radio]:checked")));

function select(n) {
  at = Math.min(asked.length - 1, Math.max(0, n));
  for (const each of asked) each.classList.toggle("focused", each === asked[at]);
}

function focus(n) {
  select(n);
  asked[at].focus({ preventScroll: true }); // the whole question is read out, and the space bar is free to play
  asked[at].scrollIntoView({ block: "nearest" });
}

function choose(key) {
  const radio = asked[at].querySelector(`input[data-key="${key}"]`);
  if (!radio) return false;
  radio.checked = true;
  focus(at + 1);
  return true;
}

function mark() {
  asked[at].querySelector("input[name^=at-]").value = sound.currentTime.toFixed(1);
}

function send(event) {
  if (event.target.closest("a, button, summary, audio")) return false; // their own Enter
  const open = asked.findIndex((each) => !each.querySelector("input[type=radio]:checked"));
  if (open >= 0) {
    focus(open);
    tell("还有评分项没有选；选完再按 Enter，或用按钮先保存已选的", "careful");
    return true;
  }
  form.requestSubmit();
  return true;
}

function play(event) {
  if (event.target.closest("button, summary, audio, a, input")) return false; // their own space bar
  if (sound.paused) sound.play(); else sound.pause();
  return true;
}

const keys = { n: () => choose("n"), j: () => focus(at + 1), k: () => focus(at - 1), t: mark, enter: send, space: play };
for (let n = 1; n <= 9; n += 1) keys[n] = () => choose(String(n));
onKeys(keys);

form.addEventListener("focusin", (event) => {
  const own = event.target.closest(".asked");
  if (own) select(asked.indexOf(own));
});

const turns = [...document.querySelectorAll(".turns [data-from]")];
for (const turn of turns) {
  turn.addEventListener("click", () => { sound.currentTime = Number(turn.dataset.from); sound.play(); });
}
sound.addEventListener("timeupdate", () => {
  for (const turn of turns) {
    const isNow = sound.currentTime >= Number(turn.dataset.from) && sound.currentTime < Number(turn.dataset.to);
    turn.parentElement.classList.toggle("now", isNow);
  }
});
select(at);
