"""Where two voices of one mixed channel speak at once, out of what a segmentation network said of its windows.

Knows frames of sliding windows, in each of which the network tells up to three voices apart; not whose voices they
are, since every window numbers them anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.power import runs
from pipeline.hearing.turns import SpeakerSegment
from pipeline.timeline import Seconds, Span

AGREED = 0.75  # of the windows over an instant that must hear two voices
SHORTEST_S: Seconds = 0.2
"""Two people who take turns often touch for so long (Heldner and Edlund 2010, J. Phonetics 38)."""
MAX_GAP_S: Seconds = 0.1
REACH_S: Seconds = 0.5  # before and after an overlap, in which it is looked who speaks
SPEAKS = 0.3  # of that time, at least


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two voices at once. `hands_over`: the one that spoke before it is not the one that goes on after it."""

    span: Span
    hands_over: bool


@dataclass(frozen=True)
class Windows:
    """The voices that a segmentation network told apart in its sliding windows.

    Parameters
    ----------
    active : ndarray of bool, shape (n_windows, n_frames, n_voices)
        Whether a voice of the window speaks in a frame.
    starts : ndarray of float, shape (n_windows,)
        In seconds of the recording.
    frame_s : float
        Length of a frame in seconds.
    """

    active: NDArray[np.bool_]
    starts: NDArray[np.float64]
    frame_s: Seconds

    def overlaps(self) -> tuple[Overlap, ...]:
        """Where most windows hear two voices, one of which was speaking before and one of which goes on after."""
        found = ((span, self._hands_over(span)) for span in self._runs())
        return tuple(Overlap(span, hands_over) for span, hands_over in found if hands_over is not None)

    def _runs(self) -> Iterator[Span]:
        if not len(self.starts):
            return
        num_frames = self.active.shape[1]
        first = np.round(self.starts / self.frame_s).astype(int)
        heard, both = np.zeros((2, int(first[-1]) + num_frames))
        for at, active in zip(first.tolist(), self.active, strict=True):
            heard[at : at + num_frames] += 1
            both[at : at + num_frames] += active.sum(axis=1) > 1
        agreed = both >= AGREED * np.maximum(heard, 1)
        spans: list[Span] = []
        for start, end in (runs(agreed) * self.frame_s).tolist():
            joined = spans.pop().start if spans and start - spans[-1].end <= MAX_GAP_S else start
            spans.append(Span(joined, end))
        yield from (span for span in spans if span.duration >= SHORTEST_S)

    def _hands_over(self, span: Span) -> bool | None:
        """What most windows say that hold it whole; None when it has no talk before or none after."""
        votes = []
        for start, active in zip(self.starts.tolist(), self.active, strict=True):
            a, b = round((span.start - start) / self.frame_s), round((span.end - start) / self.frame_s)
            reach = round(REACH_S / self.frame_s)
            if a - reach >= 0 and b + reach <= len(active):
                before, after = active[a - reach : a].mean(axis=0), active[b : b + reach].mean(axis=0)
                both_sides = min(before.max(), after.max()) >= SPEAKS
                votes.append(bool(before.argmax() != after.argmax()) if both_sides else None)
        return max((True, False, None), key=votes.count) if votes else None


def with_overlaps(segments: Sequence[SpeakerSegment], overlaps: Sequence[Overlap]) -> tuple[SpeakerSegment, ...]:
    """The segments of all voices, then the stretches in which each of them speaks while the other one does.

    Parameters
    ----------
    segments : sequence of SpeakerSegment
        In order, cut in the middle of the overlaps that hand over. The shorter of two that meet there is given to
        the other voice if both have the same.

    Examples
    --------
    >>> one, other = SpeakerSegment(0, Span(0, 5)), SpeakerSegment(1, Span(5, 8))
    >>> both = with_overlaps([one, other], [Overlap(Span(4.5, 5.5), hands_over=True)])
    >>> [(segment.speaker, segment.span.start, segment.span.end) for segment in both[2:]]
    [(1, 4.5, 5.0), (0, 5.0, 5.5)]
    """
    told = list(segments)
    both: list[SpeakerSegment] = []
    for overlap in overlaps if len({segment.speaker for segment in segments}) > 1 else ():
        span = overlap.span
        cut = next(
            (n for n in range(1, len(told)) if told[n - 1].span.end == told[n].span.start == span.middle), None
        )
        if overlap.hands_over and cut is not None:
            one, other = told[cut - 1], told[cut]
            if one.speaker == other.speaker:
                shorter = cut if other.span.duration < one.span.duration else cut - 1
                told[shorter] = SpeakerSegment(_other(told, one), told[shorter].span)
                one, other = told[cut - 1], told[cut]
            both.append(SpeakerSegment(other.speaker, Span(span.start, span.middle)))
            both.append(SpeakerSegment(one.speaker, Span(span.middle, span.end)))
        elif not overlap.hands_over:
            main = max(told, key=lambda segment: segment.span.overlap(span))
            both.append(SpeakerSegment(_other(told, main), span))
    return (*told, *both)


def _other(told: Sequence[SpeakerSegment], one: SpeakerSegment) -> int:
    """The voice that is next to a segment in time and not its own."""
    others = [segment for segment in told if segment.speaker != one.speaker]
    if not others:  # what both said was given to one
        return 1 - one.speaker
    return min(others, key=lambda segment: segment.span.gap(one.span)).speaker
