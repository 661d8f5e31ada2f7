// The player of a call: its waveform, the word under the needle, jumping from finding to finding.
// Evidence anywhere on the page is an element with data-play (second) and data-end; it plays from data-lead seconds before
// (none where it does not say). The state can be read off [data-player]: data-ready, data-playing, data-finding, data-looping.

import { onKeys } from "./desk.js";

const SEEK = 5;
const LOOP_MARGIN = 0.4;
const COLOURS = {
  lost: "rgb(220 38 38 / 28%)", doubt: "rgb(217 119 6 / 28%)", suspected: "rgb(147 51 234 / 20%)", kept: "rgb(22 163 74 / 24%)", cause: "rgb(37 99 235 / 18%)", fact: "rgb(37 99 235 / 18%)",
  ring: "rgb(133 77 14 / 22%)", music: "rgb(8 145 178 / 18%)", still: "rgb(75 85 80 / 12%)", beside: "rgb(75 85 80 / 34%)",
};
const VOICES = { agent: ["#5b9dbd", "#0b5f8a"], customer: ["#b48fca", "#7a3e9d"], system: ["#9aa8a0", "#4b5a52"], unknown: ["#9aa8a0", "#4b5a52"] };

/** Position of the last of the rising `starts` that is not later than `at`; -1 before the first. */
export function lastBefore(starts, at) {
  let low = 0, high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= at) low = middle + 1; else high = middle;
  }
  return low - 1;
}

/** A second as people write it, mm:ss. */
export function place(second) {
  const whole = Math.max(0, Math.floor(second));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.transcript = document.querySelector("[data-transcript]");
    this.index();
    this.pauses = JSON.parse(root.dataset.pauses);
    this.pauseStarts = this.pauses.map(([start]) => start);
    this.loop = null;
    this.skips = false;
    this.handsOff = 0;
    if (this.audio) this.listen();
    this.draw();
  }

  /** Find the words and the findings on the page. */
  index() {
    this.words = [...document.querySelectorAll("[data-w]")].sort((a, b) => a.dataset.w - b.dataset.w);
    this.starts = Float64Array.from(this.words, (word) => Number(word.dataset.w));
    const found = [...this.root.querySelectorAll("[data-finding]")], evidence = found.filter((one) => one.dataset.kind !== "fact");
    this.findings = evidence.length ? evidence : found;  // what J and K go through
    this.current = null;
    this.lit = null;
  }

  /** Put what a correction changed in its place: the words, and what was found in them. */
  async renew() {
    const answer = await fetch(location.pathname).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["[data-transcript]", "[data-found]"]) {
      document.querySelector(part).replaceChildren(...page.querySelector(part).childNodes);
    }
    this.index();
    this.regions?.clearRegions();
    if (this.regions) this.shade();
    if (this.audio) this.show();
  }

  // -- hearing ----------------------------------------------------------------------------------------------------

  listen() {
    const audio = this.audio;
    const open = () => {
      const at = Number(this.root.dataset.at);
      if (at > 0) this.seek(at);
      this.root.dataset.audible = "true";
    };
    if (audio.readyState >= 1) open(); else audio.addEventListener("loadedmetadata", open, { once: true });
    audio.addEventListener("play", () => { this.pressed("toggle", true); this.root.dataset.playing = "true"; this.run(); });
    audio.addEventListener("pause", () => { this.pressed("toggle", false); delete this.root.dataset.playing; });
    audio.addEventListener("timeupdate", () => this.show());
    audio.addEventListener("seeked", () => this.show());
    audio.addEventListener("error", () => this.explain());
    if (audio.error) this.explain();
    this.transcript?.addEventListener("wheel", () => { this.handsOff = performance.now(); }, { passive: true });
    document.addEventListener("click", (event) => {
      const there = event.target.closest("[data-play], [data-w]");
      if (!there) return;
      if (there.dataset.w !== undefined) this.play(Number(there.dataset.w));
      else this.hear(there);
      // Who clicked with the mouse wants the keys for the player; who came with the keyboard stays where he is.
      if (event.detail > 0) there.blur();
    });
  }

  /** Why the recording does not play, as the server says it. */
  async explain() {
    const line = this.root.querySelector("[data-trouble]");
    let sentence = "录音不能播放，请稍后重试";
    try {
      const answer = await fetch(this.audio.src, { headers: { "HX-Request": "true", Range: "bytes=0-0" } });
      if (!answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        sentence = page.querySelector("[role=alert]")?.textContent ?? sentence;
      }
    } catch { sentence = "连不上服务器，录音不能播放"; }
    line.textContent = sentence;
    line.hidden = false;
  }

  seek(at) {
    this.audio.currentTime = Math.min(Math.max(0, at), this.audio.duration || at);
    this.show();
  }

  play(at) {
    if (at !== undefined) this.seek(at);
    this.audio.play().catch((error) => { if (error.name === "NotAllowedError") this.pressed("toggle", false); });
  }

  toggle() { if (this.audio.paused) this.play(); else this.audio.pause(); }

  /** Play a piece of evidence from a little before. */
  hear(element) {
    const start = Number(element.dataset.play), lead = Number(element.dataset.lead ?? 0);
    const end = Math.max(Number(element.dataset.end ?? start), start + 0.5);
    const isIt = (one) => Math.abs(one.dataset.end - element.dataset.end) < 0.1 && one.dataset.play - start > -0.1 && one.dataset.play - start < 2.1;
    this.point(this.findings.includes(element) ? element : this.findings.find(isIt) ?? null);
    this.piece = { start, end };
    if (this.loop) this.loop = this.piece;
    this.handsOff = 0;
    this.play(start - lead);
  }

  point(finding) {
    this.current?.removeAttribute("aria-current");
    this.current = finding;
    finding?.setAttribute("aria-current", "true");
    finding?.scrollIntoView({ block: "nearest" });
    this.root.dataset.finding = finding ? String(this.findings.indexOf(finding)) : "";
  }

  /** To the next finding (1) or the one before (-1). */
  step(by) {
    if (!this.findings.length) return;
    let to;
    if (this.current) to = this.findings.indexOf(this.current) + by;
    else {
      const at = this.audio.currentTime;
      const before = lastBefore(this.findings.map((one) => Number(one.dataset.play)), at);
      to = by > 0 ? before + 1 : before;
    }
    this.hear(this.findings[Math.min(Math.max(0, to), this.findings.length - 1)]);
  }

  toggleLoop() {
    if (this.loop) this.loop = null;
    else {
      if (!this.piece && this.findings.length) this.step(1);
      this.loop = this.piece ?? null;
      if (this.loop) this.play(this.loop.start - LOOP_MARGIN);
    }
    this.pressed("loop", Boolean(this.loop));
    this.root.dataset.looping = String(Boolean(this.loop));
  }

  faster(by) {
    const choice = this.root.querySelector('[data-do="speed"]');
    choice.selectedIndex = Math.min(Math.max(0, choice.selectedIndex + by), choice.options.length - 1);
    this.audio.playbackRate = Number(choice.value);
  }

  run() {
    const frame = () => {
      if (this.audio.paused) return;
      this.show();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  // -- showing ----------------------------------------------------------------------------------------------------

  show() {
    const at = this.audio.currentTime;
    if (!this.audio.paused && !this.audio.seeking) {
      if (this.loop && at > this.loop.end + LOOP_MARGIN) return this.seek(this.loop.start - LOOP_MARGIN);
      const pause = this.skips && !this.loop ? this.pauses[lastBefore(this.pauseStarts, at)] : null;
      if (pause && at < pause[1] - 0.05) return this.seek(pause[1]);
    }
    const now = this.root.querySelector("[data-now]");
    const told = place(at);
    if (now && now.textContent !== told) now.textContent = told;
    const word = this.words[lastBefore(this.starts, at + 0.02)] ?? null;
    if (word === this.lit) return;
    this.lit?.classList.remove("lit");
    word?.classList.add("lit");
    const turn = word?.closest("[data-turn]") ?? null, before = this.lit?.closest("[data-turn]") ?? null;
    this.lit = word;
    if (turn === before) return;
    before?.classList.remove("now");
    turn?.classList.add("now");
    if (turn && performance.now() - this.handsOff > 4000) this.follow(turn);
  }

  /** Scroll the transcript, and nothing else, to a turn. */
  follow(turn) {
    const box = this.transcript.getBoundingClientRect(), own = turn.getBoundingClientRect();
    if (own.top < box.top || own.bottom > box.bottom - 40) {
      this.transcript.scrollTop += own.top - box.top - box.height / 3;
    }
  }

  pressed(name, is) { this.root.querySelector(`[data-do="${name}"]`)?.setAttribute("aria-pressed", String(is)); }

  async draw() {
    const answer = await fetch(this.root.dataset.peaks, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || !window.WaveSurfer) {
      this.root.dataset.ready = "true";  // no picture, but all else works
      if (!this.audio && answer) document.getElementById("wave").textContent = "没有波形";
      return;
    }
    const { duration, channels } = await answer.json();
    const peaks = channels.map((channel) => Float32Array.from(channel.peaks, (thousandths) => thousandths / 1000));
    const height = channels.length > 1 ? 56 : 104;
    this.regions = window.WaveSurfer.Regions.create();
    this.wave = window.WaveSurfer.create({
      container: "#wave", media: this.audio ?? undefined, peaks, duration, height, normalize: true, cursorColor: "#a61b1b", cursorWidth: 2,
      cspNonce: document.querySelector("meta[name=nonce]")?.content, dragToSeek: Boolean(this.audio), interact: Boolean(this.audio),
      splitChannels: channels.map((channel) => ({ waveColor: VOICES[channel.role][0], progressColor: VOICES[channel.role][1], height })),
      plugins: [this.regions],
    });
    this.wave.on("click", () => { this.handsOff = 0; });
    const done = () => {
      this.label(channels);
      this.shade();
      this.root.dataset.ready = "true";
    };
    if (this.wave.getDuration() && this.wave.getDecodedData()) done(); else this.wave.once("ready", done);
  }

  /** Whose channel each line is. */
  label(channels) {
    const names = document.createElement("div");
    names.className = "unseen";
    names.textContent = channels.map((channel, n) => `第 ${n + 1} 条：${channel.title}`).join("；");
    document.getElementById("wave").after(names);
    document.getElementById("wave").title = names.textContent;
  }

  shade() {
    const still = { drag: false, resize: false };
    for (const [kind, start, end, title] of JSON.parse(this.root.dataset.shades)) {
      this.regions.addRegion({ ...still, start, end, color: COLOURS[kind], id: `${kind}-${start}` }).element.title = title;
    }
    this.findings.filter((finding) => finding.dataset.kind !== "fact").forEach((finding, n) => {
      const start = Number(finding.dataset.play), end = Math.max(Number(finding.dataset.end), start + 0.2);
      const region = this.regions.addRegion({ ...still, start, end, color: COLOURS[finding.dataset.kind], id: `finding-${n}` });
      region.element.title = finding.querySelector("[data-title]").textContent;
      region.on("click", (event) => { event.stopPropagation(); if (this.audio) this.hear(finding); });
    });
  }

  zoom(level) { this.wave?.zoom(level ? 2 ** (level / 14) : 0); }
}

const root = document.querySelector("[data-player]");
const help = document.getElementById("keys");
if (root) {
  const player = new Player(root);
  document.body.addEventListener("corrected", () => player.renew());
  const acts = {
    toggle: () => player.toggle(), next: () => player.step(1), previous: () => player.step(-1), loop: () => player.toggleLoop(),
    help: () => help.showModal(),
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    acts[button.dataset.do]?.();
    if (event.detail > 0) button.blur();
  });
  let byMouse = false;
  root.addEventListener("pointerdown", () => { byMouse = true; });
  root.addEventListener("keydown", () => { byMouse = false; });
  root.addEventListener("change", ({ target }) => {
    if (target.dataset.do === "speed") player.audio.playbackRate = Number(target.value);
    if (target.dataset.do === "skip") player.skips = target.checked;
    if (byMouse) target.blur();
  });
  root.querySelector('[data-do="zoom"]')?.addEventListener("input", ({ target }) => player.zoom(Number(target.value)));
  if (player.audio) {
    const onControl = (event) => event.target.closest("button, a, summary, input, [role=button]") !== null;
    onKeys({
      space: (event) => onControl(event) ? false : player.toggle(),
      j: () => player.step(1), k: () => player.step(-1), l: () => player.toggleLoop(),
      arrowleft: (event) => event.target.matches("input") ? false : player.seek(player.audio.currentTime - SEEK),
      arrowright: (event) => event.target.matches("input") ? false : player.seek(player.audio.currentTime + SEEK),
      ",": () => player.faster(-1), ".": () => player.faster(1),
    });
  }
}
onKeys({ "?": () => help?.showModal(), "？": () => help?.showModal() });
