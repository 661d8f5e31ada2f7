"""The seam where personal data will be masked in text and bleeped in audio, for who has no clearance.

No rule of masking is here yet: what ships is `Open`, which masks nothing, and it says so. A deployment that must
mask gives the review desk a `Privacy` of its own; the desk asks it for every account without ``Right.CLEARANCE``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.audio.audio import Audio
from pipeline.hearing.hearing import Hearing
from pipeline.timeline import Seconds, Span

BLEEP_HZ, BLEEP_LEVEL = 1_000.0, 0.1


class Privacy(Protocol):
    """What is personal in a call, in text and in sound."""

    def text(self, said: str) -> str:
        """What may be shown of `said`.

        A masked character stands where the heard one stood (``138****5678``), so that both have one length and the
        words keep their times; of a text that comes back longer or shorter only the whole turn can be played.
        """

    def spans(self, hearing: Hearing) -> tuple[Span, ...]:
        """Where personal data is spoken, in seconds of the recording; it is bleeped there."""


@dataclass(frozen=True, slots=True)
class Open:
    """Masks nothing and bleeps nothing: everybody who may see a call reads and hears all of it.

    Examples
    --------
    >>> Open().text("我的电话是13800138000")
    '我的电话是13800138000'
    """

    def text(self, said: str) -> str:
        """What was said, as it is."""
        return said

    def spans(self, hearing: Hearing) -> tuple[Span, ...]:  # noqa: ARG002
        """Nothing."""
        return ()


def bleeped(audio: Audio, spans: Iterable[Span], sampling_rate: int, start: Seconds = 0.0) -> Audio:
    """The audio with a tone in place of what sounds inside the spans, on every channel.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        Left as it is where no span touches it; else a changed copy is given.
    start : float
        Where in the recording it begins, in seconds.
    """
    num_samples = audio.shape[1]
    given = audio
    for span in spans:
        first = max(0, int((span.start - start) * sampling_rate))
        last = min(num_samples, int(np.ceil((span.end - start) * sampling_rate)))
        if first >= last:
            continue
        if given is audio:
            given = audio.copy()
        at = start + np.arange(first, last) / sampling_rate
        given[:, first:last] = BLEEP_LEVEL * np.sin(2 * np.pi * BLEEP_HZ * at)
    return given
