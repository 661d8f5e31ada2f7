"""What hotwords bring, and what they invent: ``python -m tests.bench.hotwords --calls FOLDER --clips FILE``.

`FOLDER` holds recordings with their truth files, whose companies and agents are the hotwords; `FILE` describes
read clips in which none of them is said (`callqa eval --clips`). Prints a Markdown table: of the calls how often
the names are heard of how often they are said, as heard and after the names of a line are spelt by their sound
(`pipeline.hearing.reading`); of the clips, on the telephone, the CER, and how often a hotword is heard that nobody
said; the same of noise without any speech.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flows.learning.clips import TELEPHONE, hear_clip
from flows.settings import load_settings
from models.ears import Ears, load_ears
from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.clearing import clear
from pipeline.audio.loudness import even
from pipeline.audio.signals import find_signals
from pipeline.hearing.reading import read
from pipeline.hearing.transcript import Segment, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.validation.accuracy.clips import read_clips
from tests.noises import noise

NOISE_S, NOISE_DB = 60, -30.0


@dataclass(frozen=True)
class Named:
    """A recording in which names are said: each of its lines, and the names that stand in them."""

    path: Path
    text: str
    names: tuple[str, ...]


def named_calls(folder: Path) -> Iterator[Named]:
    """The recordings of a folder in whose lines the company or the agent is named."""
    for path in sorted(folder.glob("*.truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        known = (truth.get("company"), *truth.get("company_alias", ()), truth.get("agent", {}).get("name"))
        text = "".join(line["text"] for line in truth.get("lines", ()))
        names = tuple(dict.fromkeys(name for name in known if name and len(name) > 1 and name in text))
        if names and (recording := folder / truth["recording"]).exists():
            yield Named(recording, text, names)


def heard(samples: NDArray[np.float32], ears: Ears) -> list[Segment]:
    """The segments of one channel, as a night hears them."""
    (cleared,), _ = clear(samples[None])
    speech = find_speech(cleared, find_signals(cleared), ears.segmentation)
    return list(ears.recognizer.transcribe(even(cleared, speech), speech, 0))


def spelt(segments: Sequence[Segment], names: Sequence[str]) -> str:
    """The text with the names of the line spelt right."""
    said = []
    for segment in segments:
        text = text_of(segment.words)
        turn = Turn(0, Role.AGENT, segment.span, text, segment.words, 1.0)
        for mark in sorted(read(turn, names), key=lambda mark: -mark.start):
            if mark.kind == "name":
                text = text[: mark.start] + mark.text + text[mark.end :]
        said.append(text)
    return "".join(said)


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--calls", type=Path, required=True)
    asked.add_argument("--clips", type=Path, required=True)
    asked.add_argument("--most", type=int, default=60, help="clips that are heard")
    given = asked.parse_args()
    settings = load_settings()
    plain_ears = load_ears(settings.profile, settings.weights, settings.threads)
    calls = list(named_calls(given.calls))
    words = tuple(dict.fromkeys(name for call in calls for name in call.names))
    clips = read_clips(given.clips)[: given.most]
    print(f"{len(calls)} calls, {len(words)} hotwords, {len(clips)} clips\n")
    heads = ("hotwords", "heard", "spelt right", "said", "CER of clips", "invented in clips", "in noise")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for title, expect in (("none", False), ("of the call", True), ("all", True)):
        counts = {"heard": 0, "spelt": 0, "said": 0}
        for call in calls:
            own = call.names if title == "of the call" else words
            ears = plain_ears.with_hotwords(own) if expect else plain_ears
            _, audio = open_recording(call.path.read_bytes(), call.path.name)
            segments = [segment for channel in audio for segment in heard(channel, ears)]
            text = "".join(text_of(segment.words) for segment in segments)
            right = spelt(segments, call.names)
            for name in call.names:
                said = call.text.count(name)
                counts["said"] += said
                counts["heard"] += min(said, text.count(name))
                counts["spelt"] += min(said, right.count(name))
        ears = plain_ears.with_hotwords(words) if expect else plain_ears
        of_clips = [each for clip in clips for each in hear_clip(clip, (), ears) if each.line == TELEPHONE]
        invented = sum(each.heard.count(word) for each in of_clips for word in words)
        wrong, characters = (sum(each.counts[n] for each in of_clips) for n in (0, 1))
        alone = "".join(text_of(s.words) for s in heard(_noise(), ears))
        print(
            f"| {title} | {counts['heard']} | {counts['spelt']} | {counts['said']} "
            f"| {wrong / characters:.3f} | {invented} | {sum(alone.count(word) for word in words)} |",
            flush=True,
        )


def _noise() -> NDArray[np.float32]:
    return np.asarray(noise("street", NOISE_S * SAMPLING_RATE, 0, ()) * 10 ** (NOISE_DB / 20), np.float32)


if __name__ == "__main__":
    main()
