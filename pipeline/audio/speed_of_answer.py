"""Ring-to-answer time of a call: by its record, and by the ringing in its audio.

Knows times; how ringing is found is in `ringing`, and who answered is known to `turns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from pipeline.audio.ringing import PERIOD_SECONDS, Ringback
from pipeline.timeline import Seconds


@dataclass(frozen=True, slots=True)
class SpeedOfAnswer:
    """Ring to answer, by the call record and by the audio; both are kept.

    `by_record` runs from the first ring to the pick-up, `by_audio` from the first ring heard to the agent's
    first word, in seconds. `rings` is None where no ringing was recorded.
    """

    by_record: Seconds | None
    by_audio: Seconds | None
    rings: int | None

    @property
    def source(self) -> str | None:
        """The source that counts: ``audio`` where ringing was recorded, else ``cdr``; None when neither is known.

        Examples
        --------
        >>> SpeedOfAnswer(8.0, None, 2).source, SpeedOfAnswer(8.0, 8.5, 2).source
        ('cdr', 'audio')
        """
        return "audio" if self.by_audio is not None else "cdr" if self.by_record is not None else None

    @property
    def seconds(self) -> Seconds | None:
        """The time that counts, in seconds; None when none is known.

        Examples
        --------
        >>> SpeedOfAnswer(8.0, None, 2).seconds, SpeedOfAnswer(8.0, 8.5, 2).seconds
        (8.0, 8.5)
        """
        return self.by_audio if self.by_audio is not None else self.by_record

    @property
    def disagreement(self) -> Seconds | None:
        """The difference of record and audio in seconds, never negative; None unless both are known.

        Examples
        --------
        >>> SpeedOfAnswer(8.0, 8.5, 2).disagreement
        0.5
        """
        if self.by_record is None or self.by_audio is None:
            return None
        return abs(self.by_audio - self.by_record)


def speed_of_answer(
    by_record: Seconds | None, ringback: Ringback, agent_speaks_at: Seconds | None
) -> SpeedOfAnswer:
    """Ring to answer from the call record and from the ringing heard.

    Parameters
    ----------
    by_record : float | None
        First ring to pick-up by the call record, in seconds.
    ringback : Ringback
        The ringing at the head of the recording.
    agent_speaks_at : float | None
        The agent's first word, in seconds of the recording; None when the agent never speaks.

    Notes
    -----
    Speech while it still rings answers nothing: `by_audio` needs a first word after the last ring began.
    Ringing that the agent spoke before is a transfer, and counts as no ringing.

    Examples
    --------
    >>> from pipeline.timeline import Span
    >>> two_rings = Ringback((Span(0.5, 1.5), Span(5.5, 6.5)))
    >>> speed_of_answer(8.0, two_rings, agent_speaks_at=9.0)
    SpeedOfAnswer(by_record=8.0, by_audio=8.5, rings=2)
    """
    if not ringback.bursts or (agent_speaks_at is not None and agent_speaks_at < ringback.bursts[0].start):
        return SpeedOfAnswer(by_record, by_audio=None, rings=None)
    if agent_speaks_at is None or agent_speaks_at < ringback.bursts[-1].start:
        return SpeedOfAnswer(by_record, by_audio=None, rings=ringback.rings)
    return SpeedOfAnswer(by_record, agent_speaks_at - ringback.bursts[0].start, ringback.rings)


def rings_by(seconds: Seconds) -> int:
    """The number of rings that have begun `seconds` after the first one began, where only the time is known.

    Notes
    -----
    The convention for 铃响三声内: the third ring ends at 11 s, the fourth begins at 15 s, and a call picked up
    before 15 s was picked up within three rings.

    Examples
    --------
    >>> [rings_by(seconds) for seconds in (0.0, 4.9, 11.0, 14.9, 15.0)]
    [1, 1, 3, 3, 4]
    """
    return max(0, floor(seconds / PERIOD_SECONDS) + 1)
