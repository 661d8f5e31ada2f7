"""What conditions of a line do to a night: role errors, false findings, words lost, and whether it is told.

    python -m tests.bench.conditions [CONDITION...]        all conditions by default; about 20 minutes on one core

Four bundled calls, two stereo and two mixed, are heard as they are and then again under each condition and
strength, through all stages; prints a Markdown table. Figures are those of `callqa eval`:

- role errors: characters under the wrong role, of those that are under one;
- false: findings that are not in the truth (required and banned wording, complaint, apology, interruption, hold);
- missed: those of the truth that were not found;
- lost: characters of lines in which next to no word was made out;
- unheard: of these, the ones that the product knows of, because it marks a stretch of theirs as not made out;
- told: calls with a notice that they have not as they are, with a review, or not scored at all.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from flows.night.sources import join, list_recordings, read_records
from flows.night.stages import run_call
from flows.policy.policy import policy_of
from flows.settings import Settings
from models.ears import load_ears
from pipeline.audio.audio import SAMPLING_RATE, Audio, open_recording
from pipeline.audio.loudness import levels_db
from pipeline.evaluation.result import CallResult, Status
from pipeline.store import Store
from pipeline.timeline import Span
from pipeline.validation.accuracy import Operator, measure

CALLS = Path(__file__).parent.parent / "calls"
STEREO, MIXED = ("D04", "D12"), ("D15", "D24")
OTHER = "D08", "D04"  # whose talk follows after a transfer: mixed and stereo
FINDINGS = ("required", "banned", "complaint", "apology", "interruptions", "holds")
COVERED = 0.2  # of a line that words cover, from which on it is not lost
LINE_NOISE_DB = -65.0

Samples = NDArray[np.float64]
Truth = dict[str, Any]
Change = Callable[[Audio, Truth, np.random.Generator], Samples]


@dataclass(frozen=True)
class Condition:
    """A condition at one strength, and what it makes of a recording, shape (n_channels, n_samples)."""

    name: str
    strength: str
    change: Change
    calls: tuple[str, ...] = STEREO + MIXED


def _as_it_is(audio: Audio, _: Truth, __: np.random.Generator) -> Samples:
    return audio.astype(np.float64)


def leak(db: float, delay_s: float, source: int) -> Change:
    """One channel's sound comes over into the other one, later and fainter."""

    def change(audio: Audio, _: Truth, __: np.random.Generator) -> Samples:
        late = round(delay_s * SAMPLING_RATE)
        spoilt = audio.astype(np.float64)
        spoilt[1 - source, late:] += 10 ** (db / 20) * audio[source, : audio.shape[1] - late]
        return spoilt

    return change


def fainter(speaker: str, db: float) -> Change:
    """One party is lower, on a line with some noise."""

    def change(audio: Audio, truth: Truth, rng: np.random.Generator) -> Samples:
        spoilt = audio.astype(np.float64)
        for line in truth["lines"]:
            if line["speaker"] == speaker:
                at = slice(round(line["start"] * SAMPLING_RATE), round(line["end"] * SAMPLING_RATE))
                rows = truth["channel_map"].index(speaker) if len(audio) == 2 else 0
                spoilt[rows, at] *= 10 ** (-db / 20)
        return spoilt + 10 ** (LINE_NOISE_DB / 20) * rng.standard_normal(audio.shape)

    return change


def offset(share: float) -> Change:
    """A constant voltage."""
    return lambda audio, _, __: audio + share


def hum(db: float) -> Change:
    """The mains and its harmonics, so far below full scale."""

    def change(audio: Audio, _: Truth, __: np.random.Generator) -> Samples:
        time = np.arange(audio.shape[1]) / SAMPLING_RATE
        mains = sum(np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 8))
        return audio + mains * 10 ** (db / 20) / np.std(mains)

    return change


def noise(falling: float, snr_db: float) -> Change:
    """Steady noise below the loud frames; its amplitude falls with the frequency to a power (0 white, 0.5 pink)."""

    def change(audio: Audio, _: Truth, rng: np.random.Generator) -> Samples:
        spoilt = audio.astype(np.float64)
        hz = np.maximum(np.fft.rfftfreq(audio.shape[1], 1 / SAMPLING_RATE), 30)
        for n, samples in enumerate(audio):
            spectrum = (rng.standard_normal(len(hz)) + 1j * rng.standard_normal(len(hz))) / hz**falling
            sound = np.fft.irfft(spectrum, audio.shape[1])
            loud = np.percentile(levels_db(samples), 90)
            spoilt[n] += sound * 10 ** ((loud - snr_db) / 20) / np.std(sound)
        return spoilt

    return change


def louder(db: float) -> Change:
    """Another gain; above full scale it is clipped."""
    return lambda audio, _, __: audio * 10 ** (db / 20)


def loud_tail(db: float) -> Change:
    """Ten seconds of loud noise behind the call."""

    def change(audio: Audio, _: Truth, rng: np.random.Generator) -> Samples:
        tail = 10 ** (db / 20) * rng.standard_normal((len(audio), 10 * SAMPLING_RATE))
        return np.concatenate([audio, tail], axis=1)

    return change


def transfer(pause_s: float) -> Change:
    """Another agent and another customer go on after a pause: nothing that he says is the first agent's."""

    def change(audio: Audio, _: Truth, rng: np.random.Generator) -> Samples:
        call = json.loads((CALLS / f"{OTHER[len(audio) - 1]}.truth.json").read_text(encoding="utf-8"))
        other = _sound(call)[:, round((call["lines"][0]["start"] - 0.3) * SAMPLING_RATE) :]
        pause = 10 ** (LINE_NOISE_DB / 20) * rng.standard_normal((len(audio), round(pause_s * SAMPLING_RATE)))
        return np.concatenate([audio, pause, other], axis=1)

    return change


def conditions() -> tuple[Condition, ...]:
    """All of them."""
    both = [
        Condition("as it is", "", _as_it_is),
        *(Condition("faint customer", f"-{db} dB", fainter("customer", db)) for db in (15, 25, 32)),
        Condition("faint agent", "-25 dB", fainter("agent", 25)),
        *(Condition("DC offset", f"{share:.0%}", offset(share)) for share in (0.02, 0.1)),
        *(Condition("hum", f"{db} dB", hum(db)) for db in (-30, -20)),
        *(Condition("white noise", f"{db} dB SNR", noise(0.0, db)) for db in (20, 10, 5)),
        *(Condition("pink noise", f"{db} dB SNR", noise(0.5, db)) for db in (20, 10, 5)),
        *(Condition("level", f"{db:+d} dB", louder(db)) for db in (-30, 20)),
        Condition("loud tail", "-6 dB", loud_tail(-6)),
        Condition("transfer", "after 5 s", transfer(5.0), tuple(c for c in STEREO + MIXED if c not in OTHER)),
    ]
    leaks = [
        Condition(f"leak {title}", f"{db} dB, {delay * 1000:.0f} ms", leak(db, delay, source), STEREO)
        for source, title in ((1, "customer to agent"), (0, "agent to customer"))
        for db, delay in ((-10, 0.0), (-20, 0.15), (-35, 0.3))
    ]
    return (*both, *leaks)


def _sound(truth: Truth) -> Audio:
    path = CALLS / truth["recording"]
    return open_recording(path.read_bytes(), path.name)[1]


def _write(path: Path, samples: Samples) -> None:
    """The samples as a WAV of 8 kHz, as a telephone system leaves them, clipped at full scale."""
    narrow = np.clip(resample_poly(samples, 1, 2, axis=1), -1.0, 1.0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(narrow))
        file.setsampwidth(2)
        file.setframerate(SAMPLING_RATE // 2)
        file.writeframes((narrow.T * 32767).astype("<i2").tobytes())


def _prepare(folder: Path, condition: Condition) -> None:
    """The calls of a condition in a folder: recordings, truth and records."""
    rng = np.random.default_rng(1)
    with (CALLS / "cdr.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["call_id"] in condition.calls]
    for row in rows:
        name = f"{row['call_id']}.truth.json"
        truth = json.loads((CALLS / name).read_text(encoding="utf-8"))
        row["recording"] = f"{row['call_id']}.wav"
        _write(folder / row["recording"], condition.change(_sound(truth), truth, rng))
        shutil.copy(CALLS / name, folder / name)
    with (folder / "cdr.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _lost(result: CallResult | None, truth: Truth) -> tuple[int, int, int]:
    """Characters of lines, of lost lines, and of lost lines that are marked as not made out."""
    total = lost = known = 0
    hearing = result.hearing if result else None
    words = [w.span for turn in (hearing.turns if hearing else ()) for w in turn.words]
    unheard = [each.span for each in (hearing.unheard if hearing else ())]
    for line in truth["lines"]:
        span, num = Span(line["start"], line["end"]), len(line["text"])
        total += num
        if sum(span.overlap(word) for word in words) < COVERED * span.duration:
            lost += num
            known += num * any(span.overlap(each) > 0 for each in unheard)
    return total, lost, known


def row(condition: Condition, usual: dict[str, set[str]], ears: Any, rules: Any) -> str:
    """One row of the table; fills `usual` with the notices of each call when it is heard as it is."""
    with TemporaryDirectory() as scratch, Store.open(f"sqlite:///{scratch}/bench.db") as store:
        folder = Path(scratch)
        _prepare(folder, condition)
        for one in join(read_records(f"{folder}/cdr.csv", "csv"), list_recordings(scratch)).fetched:
            store.calls.save(run_call(one, ears, rules, store))
        accuracy = measure(folder, store.calls.get)
        figures = {each.name: each for each in accuracy.figures}
        operators = [
            each.total for name, each in figures.items() if name in FINDINGS and isinstance(each, Operator)
        ]
        wrong = [figures[name] for name in ("roles_stereo", "roles_mono")]
        under = sum(int(each.denominator or 0) for each in wrong)
        told, lines = 0, np.zeros(3, int)
        for call_id in condition.calls:
            result = store.calls.get(call_id)
            notices = {n.kind.value for n in result.hearing.notices} if result and result.hearing else set()
            if condition.name == "as it is":
                usual[call_id] = notices
            review = bool(result and result.evaluation and result.evaluation.review)
            told += (
                bool(notices - usual[call_id]) or review or result is None or result.status is not Status.EVALUATED
            )
            lines += _lost(result, json.loads((folder / f"{call_id}.truth.json").read_text(encoding="utf-8")))
    total, lost, known = lines.tolist()
    cells = (
        condition.name,
        condition.strength,
        f"{under - sum(int(each.numerator or 0) for each in wrong)}/{under}",
        str(sum(len(each.false_alarms) for each in operators)),
        f"{sum(len(each.missed) for each in operators)}/{sum(each.num_true for each in operators)}",
        f"{lost}/{total}",
        f"{known}/{lost}" if lost else "",
        f"{figures['cer'].value:.3f}",
        f"{told}/{len(condition.calls)}",
    )
    return f"| {' | '.join(cells)} |"


def main(wanted: Sequence[str]) -> None:
    """Print the table."""
    ears, rules, usual = load_ears("cpu"), policy_of("kf01", Settings()), dict[str, set[str]]()
    heads = ("condition", "strength", "role errors", "false", "missed", "lost", "unheard", "CER", "told")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for condition in conditions():
        if not wanted or condition.name in wanted or condition.name == "as it is":
            print(row(condition, usual, ears, rules), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
