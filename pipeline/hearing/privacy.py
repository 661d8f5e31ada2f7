"""The seam where personal data will be masked in text and bleeped in audio, for who has no clearance.

No rule of masking is here yet: what ships is `Open`, which masks nothing, and it says so. A deployment that must
mask gives the review desk a `Privacy` of its own; the desk asks it for every account without ``Right.CLEARANCE``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pipeline.hearing.hearing import Hearing
from pipeline.timeline import Span


class Privacy(Protocol):
    """A rule that finds personal data in a call, in its text and in its sound."""

    def text(self, said: str) -> str:
        """The text that may be shown in place of `said`.

        A masked character stands where the heard one stood (``138****5678``), so that both have one length and the
        words keep their times; of a text that comes back longer or shorter only the whole turn can be played.
        """

    def spans(self, hearing: Hearing) -> tuple[Span, ...]:
        """The stretches in which personal data is spoken, in seconds of the recording; they are bleeped."""


@dataclass(frozen=True, slots=True)
class Open:
    """Masks nothing and bleeps nothing: everybody who may see a call reads and hears all of it.

    Examples
    --------
    >>> Open().text("我的电话是13800138000")
    '我的电话是13800138000'
    """

    def text(self, said: str) -> str:
        """The text as it is."""
        return said

    def spans(self, hearing: Hearing) -> tuple[Span, ...]:  # noqa: ARG002
        """Nothing."""
        return ()
