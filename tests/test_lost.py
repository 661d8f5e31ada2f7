"""A recording that is shorter than its record makes nothing count as not said where it is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.audio.ringing import Ringback
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.lost import lost
from pipeline.hearing.turns import Role
from pipeline.notices import NoticeKind
from pipeline.timeline import Span

RANG = datetime(2025, 3, 3, 9, 12, 5, tzinfo=UTC)
RINGING = Ringback((Span(0.5, 1.5), Span(5.5, 6.5)))
SILENT = Ringback(())


def case(length, talk, ring=9.0):
    hearing = hearing_of("坐席：您好")
    answered = RANG + timedelta(seconds=ring)
    call = replace(hearing.call, ring_at=RANG, answered_at=answered, ended_at=answered + timedelta(seconds=talk))
    return call, replace(hearing.recording, duration=length, uri="file:///calls/D01.wav")


@pytest.mark.parametrize(
    ("length", "talk", "ringback"),
    [
        pytest.param(62.5, 53.0, RINGING, id="ringing-and-talk"),
        pytest.param(53.4, 53.0, SILENT, id="talk-only"),
        pytest.param(52.0, 53.0, SILENT, id="whole-seconds"),
        pytest.param(59.0, 53.0, RINGING, id="recorded-from-the-last-ring-but-one"),
        pytest.param(62.5, 53.0, SILENT, id="ringing-that-was-not-found"),
        pytest.param(3_580.0, 3_600.0, SILENT, id="a-clock-that-drifts"),
    ],
)
def test_small_differences_are_no_loss(length, talk, ringback):
    assert lost(*case(length, talk), ringback) == ((), ())


def test_with_ringing_at_its_head_the_end_is_missing():
    unheard, (notice,) = lost(*case(37.5, 53.0), RINGING)
    assert [each.role for each in unheard] == [Role.UNKNOWN]
    assert unheard[0].span.start == 37.5
    assert unheard[0].span.duration == pytest.approx(53.0 - (37.5 - 6.5))
    assert (notice.kind, notice.about) == (NoticeKind.DURATION_APART, "D01.wav")
    assert "短 22 秒" in notice.problem


def test_without_ringing_both_ends_may_be_missing():
    unheard, _ = lost(*case(20.0, 53.0), SILENT)
    assert [(each.span.start, each.span.end) for each in unheard] == [(20.0, 53.0), (-33.0, 0.0)]


def test_a_recording_longer_than_its_record_is_told():
    unheard, (notice,) = lost(*case(90.0, 53.0), RINGING)
    assert unheard == ()
    assert "长 28 秒" in notice.problem


@pytest.mark.parametrize("unknown", ["answered_at", "ended_at"])
def test_a_record_that_does_not_tell(unknown):
    call, recording = case(20.0, 53.0)
    assert lost(replace(call, **{unknown: None}), recording, SILENT) == ((), ())
