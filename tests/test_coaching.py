"""Coaching: what is proposed, what people do with it, and whether it helped with the mix of calls held equal."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copy

import pytest
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from flows.cli import app
from flows.month.month import monthly
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.call import Direction, Status
from pipeline.call.call import Call
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.coaching import Act, ActKind, CoachingPolicy, Listening, Proposal, bundled_coaching, effect
from pipeline.month.coaching.effect import stratum
from pipeline.policy.load import parse_policy
from pipeline.store import Store
from tests.builders import EARS, hearing
from tests.test_month import BAD, GOOD, MONTH, call, standard

__all__ = ["standard"]
POLICY = bundled_coaching()
AT = datetime(2025, 4, 1, 2, tzinfo=UTC)  # 10:00 in Shanghai, before the calls of April
PLACES = (Listening("1002-0-0", 12.5, 60.0), Listening("1002-0-1", None, 60.0))
PROPOSAL = Proposal("2025-03", "hotline", 1, "1002", "礼貌", "f00d", "礼貌用语", 60.0, 60.0, PLACES, 10)


def proposed(proposal=PROPOSAL, at=AT):
    return Act(ActKind.PROPOSED, "王主管", at, due=date(2025, 4, 15), proposal=proposal)


def some(stratum, met, of):
    """So many calls of a stratum, of which some have the points and the others none."""
    return [(stratum, 1.0)] * met + [(stratum, 0.0)] * (of - met)


# Did it help


def test_the_difference_has_newcombes_interval():
    """2 of 20 before, 9 of 10 after. With z = 1.644854 Wilson has 0.03366-0.26166 and 0.65228-0.97737, so
    0.8 - √(0.24772² + 0.16166²) = 0.5042 and 0.8 + √(0.07737² + 0.06634²) = 0.9019."""
    found = effect(some("保修", 2, 20), some("保修", 9, 10), 10, POLICY)
    assert (found.before, found.after, found.num_before, found.num_after) == (0.1, 0.9, 20, 10)
    assert (found.low, found.high) == pytest.approx((0.5042, 0.9019), abs=1e-4)
    assert found.verdict == "有好转"
    turned = effect(some("保修", 18, 20), some("保修", 1, 10), 10, POLICY)
    assert (turned.low, turned.high) == pytest.approx((-0.9019, -0.5042), abs=1e-4)
    assert turned.verdict == "变差了"


def test_another_mix_of_calls_alone_is_no_change():
    """Enquiries have 6 of 8, complaints 3 of 12 before; after, 6 of 8 and 1 of 4: the same shares.
    All calls together rise from 9/20 to 7/12; in the mix of after both are 2/3 · 0.75 + 1/3 · 0.25 = 7/12."""
    found = effect(some("咨询", 6, 8) + some("投诉", 3, 12), some("咨询", 6, 8) + some("投诉", 1, 4), 12, POLICY)
    assert (found.raw_before, found.raw_after) == pytest.approx((0.45, 7 / 12))
    assert (found.before, found.after) == pytest.approx((7 / 12, 7 / 12))
    assert found.low < 0 < found.high
    assert found.verdict.startswith("通话太少，看不出")


def test_simpsons_case_better_together_and_worse_in_each_kind():
    """Before 9 of 10 and 8 of 40, together 17/50 = 34 %; after 8 of 16 and 0 of 4, together 8/20 = 40 %.
    Of the same mix: 0.8 · 0.9 + 0.2 · 0.2 = 76 % before."""
    found = effect(some("咨询", 9, 10) + some("投诉", 8, 40), some("咨询", 8, 16) + some("投诉", 0, 4), 20, POLICY)
    assert (found.raw_before, found.raw_after) == pytest.approx((0.34, 0.40))
    assert (found.before, found.after) == pytest.approx((0.76, 0.40))
    assert found.verdict == "变差了"


def test_calls_without_their_like_before_are_left_out():
    found = effect(some("保修", 2, 20), some("保修", 6, 6) + some("新开", 4, 4), 10, POLICY)
    assert (found.found, found.num_after, found.after) == (10, 6, 1.0)
    nothing = effect(some("保修", 2, 20), some("新开", 10, 10), 10, POLICY)
    assert (nothing.before, nothing.low, nothing.high) == (None, -1.0, 1.0)
    assert nothing.verdict == "通话太少，看不出：可比的通话辅导前 0 通、辅导后 0 通，至少各要 5 通"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (some("a", 0, 20), some("a", 9, 9), "复查要 10 通，目前 9 通"),  # nobody looks before it is complete
        (some("a", 0, 4), some("a", 10, 10), "可比的通话辅导前 4 通、辅导后 10 通，至少各要 5 通"),
        (some("a", 10, 20), some("a", 6, 10), "差别的区间包含 0"),
        ([], [], "复查要 10 通，目前 0 通"),
    ],
)
def test_too_few_calls_are_said_so(before, after, said):
    assert effect(before, after, 10, POLICY).verdict == f"通话太少，看不出：{said}"


def test_calls_all_alike_leave_doubt():
    """0 of 5 and 5 of 5: no spread at all, and Wilson's ends still lie apart: z²/(5 + z²) = 0.351."""
    found = effect(some("a", 0, 5), some("a", 5, 5), 5, POLICY)
    assert (found.low, found.high) == pytest.approx((1 - 0.3511 * 2**0.5, 1.0), abs=1e-3)


def test_the_kind_of_a_call():
    own = Call("C1", "1001", None, "保修", Direction.INBOUND, None, None, None, None, None)
    scored = ScoredCall(own, Status.EVALUATED, "", "", None, (), None, 59.9)
    assert stratum(scored, POLICY) == "保修、不到 60 秒、无投诉"
    assert stratum(replace(scored, duration=60.0), POLICY) == "保修、不到 180 秒、无投诉"
    assert stratum(replace(scored, duration=180.0), POLICY) == "保修、180 秒以上、无投诉"
    unknown = replace(scored, call=replace(own, queue=None), duration=None)
    assert stratum(unknown, POLICY) == "队列不明、时长不明、无投诉"


@pytest.mark.parametrize("wrong", ["durations: [180, 60]", "level: 1", "due_days: 0", "ours: 1"])
def test_a_wrong_policy_is_refused(wrong):
    key = wrong.partition(":")[0]
    good = [f"{name}: {value}" for name, value in POLICY.model_dump(mode="json").items() if name != key]
    with pytest.raises(PolicyError):
        parse_policy("\n".join([*good, wrong]).encode(), "coaching.yaml", CoachingPolicy)


# What is kept


def test_acts_are_kept_in_order_and_come_back_as_they_were(store):
    (task,) = store.coaching.propose([proposed()], "王主管")
    assert (task.proposal, task.state, task.taken.by) == (PROPOSAL, ActKind.TAKEN, "王主管")
    store.coaching.add(Act(ActKind.DUE, "王主管", AT, "请假", task.id, date(2025, 4, 20)))
    store.coaching.add(Act(ActKind.CLOSED, "李质检", AT, "已一起听过", task.id))
    (kept,) = store.coaching.tasks("1002")
    assert [act.kind.value for act in kept.acts] == ["proposed", "taken", "due", "closed"]
    assert (kept.due, kept.acts[-1].by, kept.acts[-1].note) == (date(2025, 4, 20), "李质检", "已一起听过")
    assert store.coaching.tasks("1001") == ()
    noted = [line.note.action for line in store.audit.lines()]
    assert noted == ["coaching_proposed", "coaching_taken", "coaching_due", "coaching_closed"]
    with pytest.raises(ConfigurationError, match="已完成，不能再改"):
        store.coaching.add(Act(ActKind.CANCELLED, "王主管", AT, "x", task.id))
    with pytest.raises(ConfigurationError, match="没有编号为 99"):
        store.coaching.add(Act(ActKind.TAKEN, "王主管", AT, task_id=99))


def test_nothing_is_proposed_twice(store):
    (task,) = store.coaching.propose([proposed(), proposed()])
    later = replace(PROPOSAL, month="2025-04")
    assert store.coaching.propose([proposed(later)]) == (), "the task of March is open"
    store.coaching.add(Act(ActKind.CANCELLED, "王主管", AT, "已转岗", task.id))
    assert store.coaching.propose([proposed()]) == (), "March was dealt with"
    assert len(store.coaching.propose([proposed(later)])) == 1


def test_the_database_keeps_every_act(store):
    store.coaching.propose([proposed()])
    for statement in "UPDATE coaching_acts SET note = 'x'", "DELETE FROM coaching_acts":
        with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
            connection.execute(text(statement))


# The commands


KIND_BAD = (BAD[0], GOOD[1], BAD[2])  # rude without a complaint: the same kind of call as the polite one


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """1002: of twenty calls in March two are polite, of ten in April nine; 1001 is polite in all."""
    path, rules = tmp_path_factory.mktemp("judged") / "callqa.db", policy_of("kf01", load_settings())
    polite = [("1002", 0, n, n < 2) for n in range(20)] + [("1002", 1, n, n > 0) for n in range(10)]
    with Store.open(f"sqlite:///{path}") as store:
        for agent, later, number, good in [*polite, ("1001", 0, 0, True)]:
            heard = hearing(*(GOOD if good else KIND_BAD), call=call(number, agent, later))
            heard = replace(heard, recording=replace(heard.recording, id=f"sha{agent}{later}{number}"))
            store.calls.save(result_of(heard, rules, EARS))
    return path


@pytest.fixture
def url(judged, tmp_path):
    return f"sqlite:///{copy(judged, tmp_path / 'callqa.db')}"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """A terminal in which no cell of a table is broken."""
    monkeypatch.setattr("flows.cli.coaching.out", Console(width=200))


def callqa(*words):
    done = CliRunner().invoke(app, ["coaching", *words])
    return done.output if done.exit_code == 0 else done.exception


def test_a_month_proposes_and_people_take_on_and_close(url, standard):
    of = ("--store", url, "--standard", standard)
    assert "还没有按 hotline 算过" in str(callqa("plan", MONTH, *of))
    monthly(url, MONTH, standard=standard)
    shown = callqa("plan", MONTH, *of)
    assert "试算，未关账" in shown
    assert "礼貌 礼貌用语" in shown
    assert "54 / 60" in shown, "eighteen of twenty calls lost all: 60 · 18 / 20"
    assert "1001" not in shown.replace("1001号", "")
    assert "1002-0-10 00:" in shown, "a call and the second"
    assert "没有辅导任务" in callqa("list", "--store", url), "nothing is kept unless told to"
    assert "没有坐席 9" in str(callqa("plan", MONTH, *of, "--agent", "9"))
    assert "任务 1：1002 礼貌 礼貌用语，待接手" in callqa("plan", MONTH, *of, "--propose", "李质检")
    assert "已有任务 1（待接手）" in callqa("plan", MONTH, *of)
    assert "写入 0 项" in callqa("plan", MONTH, *of, "--take", "王主管")
    assert "没有可复查的通话" in str(callqa("check", "1", "--store", url, "--standard", standard))
    assert "还没有人接手，不能完成" in str(callqa("close", "1", "--store", url, "--by", "王主管", "--note", "x"))
    assert "进行中" in callqa("take", "1", "--store", url, "--by", "王主管")
    due = callqa("due", "1", "2025-04-20", "--store", url, "--by", "王主管", "--note", "请假")
    assert "期限 2025-04-20" in due
    listed = callqa("list", "--store", url, "--open")
    assert "2025-04-20（逾期）" in listed
    assert "须写明说明" in str(callqa("close", "1", "--store", url, "--by", "王主管", "--note", " "))
    assert "已完成" in callqa("close", "1", "--store", url, "--by", "王主管", "--note", "听过三通")
    assert "没有辅导任务" in callqa("list", "--store", url, "--open")
    assert "目前 0 通" in callqa("check", "1", "--store", url, "--standard", standard), "all calls were earlier"


def taken_at(url, standard, at):
    """The proposal that the month itself makes, taken on at an instant."""
    monthly(url, MONTH, standard=standard, close_by="王主管")
    callqa("plan", MONTH, "--store", url, "--standard", standard, "--propose", "李质检")
    with Store.open(url) as store:
        store.coaching.add(Act(ActKind.TAKEN, "王主管", at, task_id=1))


def test_check_tells_whether_it_helped(url, standard):
    """2 of 20 in March and 9 of 10 in April, the interval as above; of 60 points 48.
    The closed month keeps its file."""
    taken_at(url, standard, AT - timedelta(hours=3))
    told = callqa("check", "1", "--store", url).replace("\n", "")
    assert "辅导前 10.0%（20 通），辅导后 90.0%（10 通）" in told
    assert "相差 +80.0 个百分点，90% 区间 +50.4 至 +90.2（满分 60，合 +48.00 分）" in told
    assert "结论：有好转" in told
    assert "即使不辅导，之后通常也会回升一些" in told


def test_calls_of_the_month_after_the_task_was_taken_on_are_not_among_those_before(url, standard):
    """Taken on in March after the twelfth call of twenty: 2 of 12 before; the next ten are 8 of March (none polite)
    and 2 of April (one)."""
    at = call(12, "1002").ring_at - timedelta(seconds=30)
    taken_at(url, standard, at)
    told = callqa("check", "1", "--store", url).replace("\n", "")
    assert "辅导前 16.7%（12 通），辅导后 10.0%（10 通）" in told
    assert "结论：通话太少，看不出：差别的区间包含 0" in told


def test_an_item_worded_otherwise_is_not_compared(url, standard, tmp_path):
    taken_at(url, standard, AT)
    other = tmp_path / "other.yaml"
    other.write_text(
        Path(standard).read_text(encoding="utf-8").replace("不说服务禁语", "不说禁语"), encoding="utf-8"
    )
    assert "已不是提出任务时的写法" in str(callqa("check", "1", "--store", url, "--standard", str(other)))
