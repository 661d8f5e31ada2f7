"""Speech found in the noise of real lines, and what is taken for speech that is none.

    python -m tests.bench.noise [--clips FOLDER] [--half tuning|held-out]      about a minute for ten rows

`FOLDER` holds `clips.jsonl` and read clips of real people beside it; as shipped, those of tests/clips. Four clips
in a row with pauses between make a line, noise is added in the band of the telephone at an SNR over the clips, and
A-law follows. Speech is where silero hears some in the clean clips, wide, before any telephone: an ear that the
rule under test has no part in. Hum is left in, which a night takes out before. Prints a Markdown table:

- found: share of that speech which is found; given: which the recogniser is given, with its margins;
- of clean: share of what the finder itself finds in the line without noise, where it keeps breath and echo too;
- false: seconds a minute of pauses, 0.3 s beside the clips left out, that are taken for speech.

Then, without any speech: seconds found in noise, music, tones and ringing alone. The talk of others *is* speech: a
finder that hears the nearest voice has to leave the murmur of eight alone, and figures of "babble" say how well.

**Halves.** A speaker's clips are all in one half, by the parity of the first byte of the SHA-256 of the speaker's
name. Rules are made on the tuning half; the other one is reported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from models.asr.packing import LEAD_S, TAIL_S
from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.timeline import Seconds, Span, subtract, union
from tests.noises import CLIPS, KINDS, at_level, laid_in, noise, on_a_quiet_line, on_the_phone, read_out
from tests.test_ringing import laid, melody, ringing
from tests.test_speech import CHORD, LONE_NOTE, cadence, music, on_a_line

SNRS_DB = (20.0, 10.0, 5.0)
IN_A_ROW = 4
BESIDE_S: Seconds = 0.3
ALONE_S = 20
MELODY_HZ = (262, 294, 330, 392, 523)
ALONE_DB = (-20.0, -30.0, -40.0)
SEEDS = {"tuning": range(100, 105), "held-out": range(200, 205)}


def speaker(path: Path) -> str:
    """Whose voice a clip is: `aishell1_sp4_7` of sp4, `aishell3_SSB00090181` of SSB0009, others each of its own."""
    corpus, _, name = path.stem.partition("_")
    return {"aishell1": name.partition("_")[0], "aishell3": name[:7]}.get(corpus, name)


def half(path: Path) -> str:
    """The half that a clip belongs to."""
    return ("tuning", "held-out")[hashlib.sha256(speaker(path).encode()).digest()[0] % 2]


def clips_of(folder: Path, wanted: str | None) -> list[Path]:
    """The clips of a half, in an order that mixes speakers."""
    index = folder / "clips.jsonl"
    if index.exists():
        rows = map(json.loads, index.read_text(encoding="utf-8").splitlines())
        paths = [folder / row["file"] for row in rows]
    else:
        paths = list(folder.glob("*.flac"))
    kept = [path for path in paths if wanted is None or half(path) == wanted]
    return sorted(kept, key=lambda path: hashlib.sha256(path.stem.encode()).digest())


def lines(paths: Sequence[Path]) -> Iterator[tuple[list[Path], list[Path]]]:
    """The clips of each line, and the clips of other speakers, who may murmur behind it."""
    for first in range(0, len(paths) - IN_A_ROW + 1, IN_A_ROW):
        row = list(paths[first : first + IN_A_ROW])
        reading = set(map(speaker, row))
        yield row, [path for path in paths if speaker(path) not in reading]


def seconds(spans: Sequence[Span]) -> Seconds:
    return sum(span.duration for span in spans)


def shared(spans: Sequence[Span], others: Sequence[Span]) -> Seconds:
    return seconds(spans) - seconds(subtract(spans, others))


def pauses(length: Seconds, spans: Sequence[Span]) -> tuple[Span, ...]:
    """What lies clear of the clips."""
    return subtract([Span(0.0, length)], [Span(span.start - BESIDE_S, span.end + BESIDE_S) for span in spans])


def voices(speech: NDArray[np.float64]) -> tuple[Span, ...]:
    """Where silero hears a voice in clean clips."""
    options = VadOptions(speech_pad_ms=0, min_silence_duration_ms=250)
    found = get_speech_timestamps(speech.astype(np.float32), options)
    return tuple(Span(one["start"] / SAMPLING_RATE, one["end"] / SAMPLING_RATE) for one in found)


def in_noise(paths: Sequence[Path]) -> Iterator[str]:
    """The rows of the table."""
    sums: dict[tuple[str, float], NDArray[np.float64]] = {}
    for n, (row, others) in enumerate(lines(paths)):
        speech, spans = read_out(row)
        said, clean = voices(speech), find_speech(on_a_quiet_line(speech))
        beside = pauses(len(speech) / SAMPLING_RATE, spans)
        for kind in KINDS:
            sound = noise(kind, len(speech), n, others)
            for snr_db in SNRS_DB:
                found = find_speech(laid_in(speech, spans, sound, snr_db))
                given = union(Span(span.start - LEAD_S, span.end + TAIL_S) for span in found)
                total = sums.setdefault((kind, snr_db), np.zeros((4, 2)))
                pairs = ((said, found), (said, given), (clean, found), (beside, found))
                total += [(shared(wanted, others), seconds(wanted)) for wanted, others in pairs]
    for (kind, snr_db), total in sums.items():
        found, given, of_clean, false = total[:, 0] / total[:, 1]
        yield f"| {kind} | {snr_db:g} dB | {found:.3f} | {given:.3f} | {of_clean:.3f} | {60 * false:.1f} |"


def alone(seeds: Sequence[int], paths: Sequence[Path]) -> Iterator[tuple[str, Seconds, Seconds]]:
    """What holds no speech: its name, the seconds of it, and the seconds found."""
    for kind in KINDS:
        for db in ALONE_DB:
            sounds = [noise(kind, ALONE_S * SAMPLING_RATE, seed, paths) for seed in seeds]
            found = [find_speech(on_the_phone(at_level(sound, db))) for sound in sounds]
            yield f"{kind} {db:g} dB", float(ALONE_S * len(sounds)), sum(map(seconds, found))
    played: dict[str, list[NDArray[np.float64]]] = {"chords": [], "melody": [], "melody over noise": []}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        beat, fading = float(rng.choice([0.25, 0.4, 0.5, 1.0, 2.0])), float(rng.choice([0.0, 3.0, 8.0]))
        for name, chord in (("chords", CHORD), ("melody", LONE_NOTE)):
            played[name].append(music(ALONE_S, beat, seed=seed, chord=chord, decay_per_s=fading))
        murky = music(ALONE_S, beat, seed=seed, decay_per_s=fading)
        played["melody over noise"].append(murky + 0.03 * rng.standard_normal(len(murky)))
    for name, sounds in played.items():
        on_lines = [find_speech(on_the_phone(on_a_line(sound).astype(np.float64))) for sound in sounds]
        yield name, float(ALONE_S * len(sounds)), sum(map(seconds, on_lines))
    rung = np.array(laid(20.0, (0.0, melody(20.0, MELODY_HZ)), *ringing(4, db=-22.0)), np.float64)
    signals = {
        "ringing": cadence(4, 1.0, 4.0, 450),
        "ringing under music": rung,
        "busy": cadence(25, 0.35, 0.35, 450),
        "keys pressed": cadence(60, 0.1, 0.2, 770, 1336),
    }
    for name, sound in signals.items():
        level = 10 * np.log10(np.mean(np.square(sound)))
        for below_db in (40.0, 10.0):
            murk = at_level(noise("white", len(sound), 1, paths), level - below_db)
            heard = find_speech(on_the_phone(sound + murk))
            yield f"{name}, white noise {below_db:g} dB below", len(sound) / SAMPLING_RATE, seconds(heard)


def main(folder: Path, wanted: str | None) -> None:
    """Print both tables."""
    paths = clips_of(folder, wanted)
    print(f"{len(paths)} clips\n", "| noise | SNR | found | given | of clean | false, s a minute |", sep="\n")
    print("|---|---|---|---|---|---|", flush=True)
    for row in in_noise(paths):
        print(row)
    print("\n| alone | seconds | found |\n|---|---|---|", flush=True)
    for name, length, found in alone(SEEDS[wanted or "tuning"], paths):
        print(f"| {name} | {length:.0f} | {found:.2f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--half", choices=tuple(SEEDS))
    given = parser.parse_args()
    main(given.clips, given.half)
