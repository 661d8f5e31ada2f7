"""Where two voices of one mixed channel speak at once, out of what a segmentation network said of its windows.

Knows frames of sliding windows, in each of which the network tells up to three voices apart; not whose voices they
are, since every window numbers them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """What a segmentation network heard.

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
        agreed = (both >= AGREED * np.maximum(heard, 1)).astype(np.int8)
        edges = np.flatnonzero(np.diff(agreed, prepend=0, append=0)) * self.frame_s
        runs: list[Span] = []
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            joined = runs.pop().start if runs and start - runs[-1].end <= MAX_GAP_S else start
            runs.append(Span(joined, end))
        yield from (run for run in runs if run.duration >= SHORTEST_S)

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
