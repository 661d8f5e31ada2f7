"""Who hung up first."""

from dataclasses import replace

import pytest

from pipeline.findings.detectors.hangup import HANGUP
from pipeline.hearing.turns import Role
from tests.builders import CALL, RECORDING, hearing


def found_in(by, *lines, rest=0.5):
    call = hearing(*lines, call=replace(CALL, hangup_by=by))
    end = call.turns[-1].span.end + rest
    return [
        (f.term, f.role, f.value)
        for f in HANGUP.findings(replace(call, recording=replace(RECORDING, duration=end)))
    ]


def test_the_record_tells():
    assert found_in("customer", "坐席：再见") == [("first", Role.CUSTOMER, 0.5)]
    assert found_in(None, "坐席：再见") == []


@pytest.mark.parametrize(("rest", "abrupt"), [(0.9, True), (1.0, False)])
def test_on_a_customer_still_talking(rest, abrupt):
    terms = [term for term, *_ in found_in("agent", "坐席：就这样", "客户：等一下我还没说完", rest=rest)]
    assert terms == (["first", "abrupt"] if abrupt else ["first"])


def test_after_his_own_last_word_nobody_is_cut_off():
    assert [term for term, *_ in found_in("agent", "客户：好", "坐席：再见")] == ["first"]


def test_a_customer_may_hang_up_when_he_likes():
    assert [term for term, *_ in found_in("customer", "坐席：再见", "客户：好")] == ["first"]
