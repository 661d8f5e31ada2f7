"""`callqa eval --clips`: read clips heard as a night would hear them, wide and on a telephone, and their CER."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, RenderableType
from rich.progress import track
from rich.text import Text

from flows.learning.accuracy import NOTHING, figures_table, spread
from flows.settings import Settings
from models.ears import Ears, load_ears
from models.speech import find_speech
from pipeline.audio.audio import open_recording
from pipeline.audio.clearing import clear
from pipeline.audio.loudness import even
from pipeline.audio.signals import find_signals
from pipeline.files import write_file
from pipeline.hearing.transcript import text_of
from pipeline.validation.accuracy.characters import plain
from pipeline.validation.accuracy.clips import Clip, HeardClip, cer_by_source, read_clips
from pipeline.validation.accuracy.telephone import on_a_telephone

WIDE, TELEPHONE = "wide", "telephone"


def show_clips(
    file: Path, snrs_db: Sequence[float], json_file: Path | None, settings: Settings
) -> Iterator[RenderableType]:
    """The CER of clips by source and line, as a table; what was heard, as JSON in a file if one is named."""
    clips = read_clips(file)
    ears = load_ears(settings.profile, settings.weights, settings.threads)
    watched = track(clips, "听写录音", console=Console(stderr=True), transient=True)
    heard = [each for clip in watched for each in hear_clip(clip, snrs_db, ears)]
    if json_file is not None:
        rows = [
            {"file": each.clip.path.name, "source": each.clip.source, "line": each.line}
            | {"said": each.clip.text, "heard": each.heard, "edits": each.counts[0], "characters": each.counts[1]}
            for each in heard
        ]
        write_file(json_file, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    lines = list(dict.fromkeys(each.line for each in heard))
    caption = (
        "Characters wrong of those said. 95 %: clips drawn 2000 times. Telephone: 300-3400 Hz, A-law at 8 kHz; "
        "noise is pink, against the power of the clip."
    )
    table = figures_table("CER of read clips", "source", "clips", *(f"{x} 95 %" for x in lines), caption=caption)
    table.columns[0].no_wrap, table.columns[0].overflow = False, "fold"  # a long name hides no figure
    for source, measures in cer_by_source(heard).items():
        counted = sum(1 for clip in clips if source in (clip.source, "all"))
        cells = (spread(measures[line]) if line in measures else NOTHING for line in lines)
        table.add_row(source, str(counted), *cells)
    yield table
    for line in lines:
        silent = [each.clip.path.name for each in heard if each.line == line and not plain(each.heard)]
        if silent:
            named = f"{', '.join(silent[:5])}{' …' if len(silent) > 5 else ''}"
            yield Text(f"{line}: {len(silent)} clips without a word: {named}", style="yellow")


def hear_clip(clip: Clip, snrs_db: Sequence[float], ears: Ears) -> Iterator[HeardClip]:
    """What is heard of a clip on each line."""
    samples = open_recording(clip.path.read_bytes(), clip.path.name)[1][0]
    yield HeardClip(clip, WIDE, _heard(samples, ears))
    yield HeardClip(clip, TELEPHONE, _heard(on_a_telephone(samples), ears))
    for snr_db in snrs_db:
        yield HeardClip(clip, f"{snr_db:g} dB", _heard(on_a_telephone(samples, snr_db), ears))


def _heard(samples: NDArray[np.float32], ears: Ears) -> str:
    """The words of one channel, by the steps of `flows.night.stages.hear`."""
    (cleared,), _ = clear(samples[None])
    speech = find_speech(cleared, find_signals(cleared), ears.segmentation)
    segments = ears.recognizer.transcribe(even(cleared, speech), speech, 0)
    return "".join(text_of(segment.words) for segment in segments)
