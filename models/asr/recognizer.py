"""The seam of speech recognition: what a recogniser is given and gives, and how an engine is declared.

Whatever hears words implements `Recognizer`; `Engine` is its declaration, which a pin or a weights folder names.
Knows no network. `models.asr.conformance` checks that a recogniser keeps to the seam.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.transcript import Segment
from pipeline.timeline import Span

Samples = NDArray[np.float32]
"""One channel, shape (n_samples,), 16 kHz, full scale 1."""

SLOW = Fraction(9, 10)  # of the speed, for a second opinion


class Recognizer(Protocol):
    """Hears words. Implementations are loaded once per worker and used by one thread at a time.

    The same samples and stretches give the same words. `name` and `settings` are kept with them and hold no ``|``.
    """

    @property
    def name(self) -> str:
        """Model and revision: part of the key under which transcripts are kept."""

    @property
    def settings(self) -> str:
        """Engine and all else that changes the words: change it, and every recording is heard again."""

    def transcribe(self, samples: Samples, speech: Sequence[Span], channel: int) -> tuple[Segment, ...]:
        """The words in the stretches of speech of one channel: segments in order of time, each with words.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            The whole channel, 16 kHz.
        speech : sequence of Span
            Where somebody speaks, in order, in seconds of the recording. Nothing is heard elsewhere.
        channel : int
            What the segments are marked with.

        Returns
        -------
        tuple of Segment
            Words in simplified characters, in order, with times inside `speech` in seconds of the recording (a word
            may reach a little over the edge of its stretch) and probabilities 0..1.
        """

    def second_opinion(self) -> Recognizer:
        """A recogniser that hears the same words in another way, under other settings: asked where in doubt."""


@dataclass(frozen=True)
class Engine:
    """An engine that callqa can listen with.

    Parameters
    ----------
    name : str
        By which ``engine`` in ``pins.toml`` or in ``weights.toml`` of a folder of one's own asks for it.
    load : callable
        From the folder of the weights, the name of model and revision, the device (``cpu`` or ``cuda``) and the
        number of CPU threads (0 for all) to a recogniser of that name.
    """

    name: str
    load: Callable[[Path, str, str, int], Recognizer]


def cut(samples: Samples, span: Span) -> Samples:
    """The samples of a stretch, shorter where the channel ends before it.

    Examples
    --------
    >>> len(cut(np.zeros(16_000, np.float32), Span(0.5, 0.75)))
    4000
    """
    return samples[int(span.start * SAMPLING_RATE) : int(span.end * SAMPLING_RATE)]


def sounding(samples: Samples, speech: Sequence[Span]) -> tuple[Span, ...]:
    """The stretches in which there is any sound at all: digital silence makes recognisers invent.

    Examples
    --------
    >>> sounding(np.r_[np.zeros(8_000), np.ones(8_000)].astype(np.float32), [Span(0, 0.4), Span(0.6, 0.9)])
    (Span(start=0.6, end=0.9),)
    """
    return tuple(span for span in speech if cut(samples, span).any())


def slower(samples: Samples, pace: Fraction) -> Samples:
    """Samples played at a part of their speed, and so lower; the same samples for a pace of 1.

    Examples
    --------
    >>> len(slower(np.zeros(900, np.float32), Fraction(9, 10)))
    1000
    """
    if pace == 1:
        return samples
    return np.asarray(resample_poly(samples, pace.denominator, pace.numerator), np.float32)
