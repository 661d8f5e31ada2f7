"""Two voices at once in windows of a segmentation network."""

import numpy as np
import pytest

from models.diarization.overlap import Overlap, Windows, with_overlaps
from pipeline.hearing.turns import SpeakerSegment
from pipeline.timeline import Span

FRAME_S = 0.02


def windows(*spoken, seconds=10.0, starts=(0.0, 0.5, 1.0)):
    """Windows that hear what voice n says in `spoken[n]`, each numbering the voices another way."""
    num_frames = round(seconds / FRAME_S)
    active = np.zeros((len(starts), num_frames, 3), bool)
    for n, start in enumerate(starts):
        at = start + (np.arange(num_frames) + 0.5) * FRAME_S
        for voice, spans in enumerate(spoken):
            for a, b in spans:
                active[n, :, (voice + n) % 3] |= (a <= at) & (at < b)
    return Windows(active, np.array(starts), FRAME_S)


def test_who_takes_over_and_who_only_joins_in():
    (taken,) = windows([(2, 5)], [(4.5, 7)]).overlaps()
    assert taken.hands_over
    assert (taken.span.start, taken.span.end) == pytest.approx((4.5, 5.0))
    (joined,) = windows([(2, 7)], [(4, 4.6)]).overlaps()
    assert not joined.hands_over


def test_touching_is_no_overlap():
    assert windows([(2, 5)], [(4.9, 7)]).overlaps() == ()
    assert windows([(2, 5)], [(5, 7)]).overlaps() == ()


def test_an_overlap_out_of_silence_is_nothing_to_go_by():
    assert windows([(4, 7)], [(4, 5)]).overlaps() == ()


def test_one_window_of_three_is_not_believed():
    heard = windows([(2, 5)], [(4.5, 7)])
    heard.active[1:, :, :] &= np.arange(3) == heard.active[1:].sum(axis=1).argmax(axis=-1)[:, None, None]
    assert heard.overlaps() == ()


def test_no_windows():
    assert Windows(np.zeros((0, 500, 3), bool), np.zeros(0), FRAME_S).overlaps() == ()


def test_both_voices_are_told_where_both_speak():
    given = [SpeakerSegment(0, Span(0, 5)), SpeakerSegment(1, Span(5, 8))]
    taken = Overlap(Span(4.5, 5.5), hands_over=True)
    assert with_overlaps(given, [taken]) == (
        *given,
        SpeakerSegment(1, Span(4.5, 5.0)),
        SpeakerSegment(0, Span(5.0, 5.5)),
    )
    joined = Overlap(Span(1, 2), hands_over=False)
    assert with_overlaps(given, [joined]) == (*given, SpeakerSegment(1, Span(1, 2)))


def test_the_shorter_one_was_the_other_voice_if_both_sounded_the_same():
    given = [SpeakerSegment(0, Span(0, 5)), SpeakerSegment(0, Span(5, 5.6)), SpeakerSegment(1, Span(9, 10))]
    told = with_overlaps(given, [Overlap(Span(4.5, 5.5), hands_over=True)])
    assert told[:2] == (given[0], SpeakerSegment(1, Span(5, 5.6)))


def test_an_overlap_that_no_cut_was_made_for_changes_nothing():
    given = [SpeakerSegment(0, Span(0, 5))]
    assert with_overlaps(given, [Overlap(Span(4.9, 5.2), hands_over=True)]) == tuple(given)
