"""A raised voice."""

from dataclasses import replace

import pytest

from pipeline.findings.detectors.loudness import LOUDNESS
from pipeline.hearing.turns import Role
from tests.builders import talk


def levels(*of_customer):
    """A call in which the customer's turns have these levels in dB, the agent's -30."""
    said = [(n * 10.0, level) for n, level in enumerate(of_customer)]
    call = talk(
        *(line for at, _ in said for line in (("客户", at, "我要投诉你们"), ("坐席", at + 4, "好的我来处理")))
    )
    by_start = dict(said)
    stretches = tuple(replace(s, level_db=by_start.get(s.span.start, -30.0)) for s in call.acoustics.stretches)
    return replace(call, acoustics=replace(call.acoustics, stretches=stretches))


@pytest.mark.parametrize(("level", "raised"), [(-14.1, False), (-14.0, True)])
def test_louder_than_the_speakers_usual_turn(level, raised):
    found = list(LOUDNESS.findings(levels(-20, -21, -19, -20, level)))
    assert bool(found) is raised
    if raised:
        assert (found[0].role, found[0].value, found[0].span.start) == (Role.CUSTOMER, 6.0, 40.0)


def test_the_others_level_does_not_matter():
    assert not list(LOUDNESS.findings(levels(-10, -11, -10, -9)))


def test_few_turns_have_no_usual_level():
    assert not list(LOUDNESS.findings(levels(-30, -30, -5)))


def test_two_voices_at_once_are_louder_than_one_and_not_counted():
    call = levels(-20, -20, -20, -20, -10)
    loud = next(s for s in call.acoustics.stretches if s.level_db == -10)
    both = replace(loud, role=Role.AGENT)
    assert not list(
        LOUDNESS.findings(
            replace(call, acoustics=replace(call.acoustics, stretches=(*call.acoustics.stretches, both)))
        )
    )


def test_nothing_is_said_of_a_call_heard_without_its_sound():
    assert not list(LOUDNESS.findings(replace(levels(-20, -20, -20, -20, -5), acoustics=None)))
