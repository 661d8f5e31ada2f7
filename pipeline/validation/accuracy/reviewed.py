"""The character error rate by what reviewers corrected, out of the readings of calls that were drawn by chance.

Knows readings and how they add up; not how calls are drawn or reviewed. Every figure is a lower bound: people
correct what they notice, and can neither add a turn that was not heard nor take out one that nobody said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.hearing.turns import Turn
from pipeline.validation.accuracy.bootstrap import SEED, interval
from pipeline.validation.accuracy.characters import edits, plain

FEWEST_CALLS = 20
"""Reviewed calls from which a rate is told.

Of simulated calls of uneven length (lognormal) and rate (Beta(0.6, 9)) the 95 % interval holds the true rate in 89
of 100 draws of 20 calls, and in 81 of 100 draws of ten.
"""
BUNDLES = 200
"""More calls than so many are drawn in so many bundles, dealt by chance: a page has no seconds for 5000 calls."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person left standing of a call: its spoken characters, and the edits from what was heard to them."""

    edits: int
    characters: int


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """The rate over the drawn calls of one month, queue or line.

    Parameters
    ----------
    num_drawn, num_reviewed : int
        Calls that came up in the draw, and those of them whose review was finished.
    edits, characters : int
        Over the reviewed calls.
    interval : tuple of float | None
        Of the rate, 95 %, by drawing calls; None for too few calls, or where nobody corrected anything.
    """

    num_drawn: int
    num_reviewed: int
    edits: int
    characters: int
    interval: tuple[float, float] | None

    @property
    def rate(self) -> float | None:
        """Edits by characters; None for fewer than `FEWEST_CALLS` calls, or for calls in which nothing is said.

        Examples
        --------
        >>> error_rate([Reading(3, 40), Reading(1, 10)] * 10).rate, error_rate([Reading(3, 40)]).rate
        (0.08, None)
        """
        if self.num_reviewed < FEWEST_CALLS or not self.characters:
            return None
        return self.edits / self.characters


def reading_of(heard: Sequence[Turn], read: Sequence[Turn]) -> Reading:
    """The reading of a call from its turns as the machine heard them and as they were corrected, turn by turn.

    Notes
    -----
    Notation costs nothing: 四十五 may stand as 45 on either side (`edits`). A number in digits counts as many
    characters as it has digits.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> heard = hearing_of(["客户：我要头诉，四十五元", "坐席：好的"])
    >>> reading_of(heard.turns, hearing_of(["客户：我要投诉，45元", "坐席：好的"]).turns)
    Reading(edits=1, characters=9)
    """
    pairs = [(one.text, other.text) for one, other in zip(heard, read, strict=True)]
    return Reading(
        edits=sum(min(edits(right, was), edits(was, right)) for was, right in pairs if was != right),
        characters=sum(len(plain(right)) for _, right in pairs),
    )


def error_rate(drawn: Sequence[Reading | None]) -> ErrorRate:
    """The rate over drawn calls, None for each whose review was not finished.

    Examples
    --------
    >>> rate = error_rate([Reading(1, 10)] * 20 + [None])
    >>> rate.num_drawn, rate.num_reviewed, rate.edits, rate.characters, rate.interval
    (21, 20, 20, 200, (0.1, 0.1))
    """
    known = (reading for reading in drawn if reading is not None)
    readings = sorted(known, key=lambda each: (each.edits, each.characters))  # in whatever order a store gives them
    wrong, of = tuple(each.edits for each in readings), tuple(each.characters for each in readings)
    told = len(readings) >= FEWEST_CALLS and any(wrong)
    return ErrorRate(len(drawn), len(readings), sum(wrong), sum(of), _interval(wrong, of) if told else None)


@lru_cache(maxsize=256)
def _interval(wrong: tuple[int, ...], of: tuple[int, ...]) -> tuple[float, float] | None:
    """As `interval`; kept, since most figures of a page are those of the last look at it."""
    if len(wrong) <= BUNDLES:
        return interval(wrong, of)
    bundle = np.random.default_rng(SEED).permutation(len(wrong)) % BUNDLES
    bundled = (np.bincount(bundle, weights=each).tolist() for each in (wrong, of))
    return interval(*bundled)
