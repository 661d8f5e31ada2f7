"""Every figure of `callqa eval`, counted by hand on small calls."""

import json
import re
import shutil
from dataclasses import replace
from io import StringIO
from itertools import count
from math import inf

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from flows.learning.accuracy import WIDTH, show_accuracy
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.findings.detection import detect
from pipeline.lexicon import Lexicon, LexiconFile
from pipeline.store import Store
from pipeline.validation.accuracy import Accuracy, measure
from pipeline.validation.accuracy.characters import edits, plain
from pipeline.validation.accuracy.figures import Measure
from pipeline.validation.accuracy.numerals import NUMBER, cardinal, readings
from pipeline.validation.accuracy.reliability import Reliability
from tests.test_library import LIST
from tests.truths import REQUIRED, a_failure, a_finding, a_line, a_result, a_truth, a_turn


@pytest.fixture
def store(sqlite_address):
    with Store.open(sqlite_address) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    """A folder for truth files."""
    (tmp_path / "truth").mkdir()
    return tmp_path / "truth"


@pytest.fixture
def measured(folder, store):
    """Writes truths, saves results, and measures the ones against the others."""

    def run(truths, results=()):
        for truth in truths:
            (folder / f"{truth['call_id']}.truth.json").write_text(json.dumps(truth, ensure_ascii=False))
        for result in results:
            store.calls.save(result)
        return measure(folder, store.calls.get)

    return run


def counted(accuracy, name):
    return accuracy[name].numerator, accuracy[name].denominator


def cases(accuracy, name):
    return [(case.call_id, case.kind, case.term) for case in accuracy[name].cases]


# --- calls


def test_every_call_is_accounted_for_or_named(measured):
    bad = {"recording": "B.wav", "bad_input": "silence_only", "expected": "silence", "lines": []}
    accuracy = measured(
        [a_truth("C1"), a_truth("C2"), a_truth("C3"), bad | {"call_id": "B1"}, bad | {"call_id": "B2"}],
        [a_result("C1"), a_failure("C2"), a_failure("B1"), a_result("B2"), a_result("not in the truth")],
    )
    assert accuracy.num_calls == 5
    assert counted(accuracy, "accounted_for") == (4, 5)
    assert cases(accuracy, "accounted_for") == [("C3", "missing", "")]
    assert accuracy["accounted_for"].holds is False
    assert [accuracy[status].value for status in ("evaluated", "unscorable", "failed")] == [2, 0, 2]
    assert cases(accuracy, "failed") == [("B1", "ended", "fetch"), ("C2", "ended", "fetch")]
    assert accuracy["failed"].cases[0].heard == "no_recording: the recording is not there"
    assert cases(accuracy, "bad_input_evaluated") == [("B2", "wrong", "evaluated")]


def test_a_bad_recording_is_measured_by_its_outcome_alone(measured):
    bad = {"call_id": "B1", "bad_input": "silence_only", "lines": []}
    heard = a_result("B1", [a_turn("agent", (1, 2, "字幕"))], [a_finding("required_phrase", "thanks", 1, 2)])
    accuracy = measured([bad], [heard])
    assert accuracy["cer"].value is None
    assert accuracy["required_f1"].value is None
    assert accuracy["rings_exact"].value is None


# --- ringing


def test_rings_count_only_when_exact_and_a_call_that_was_not_heard_is_not(measured):
    accuracy = measured(
        [a_truth("C1", rings=2), a_truth("C2", rings=3), a_truth("C3", rings=1), a_truth("C4", rings=None),
         a_truth("C5", rings=None), a_truth("C6", rings=4, answered=False, ring_to_answer_seconds=None)],
        [a_result("C1"), a_result("C2", rings=2), a_failure("C3"), a_result("C4", rings=None),
         a_result("C5", rings=1), a_result("C6", rings=4, waited=None)],
    )  # fmt: skip
    assert counted(accuracy, "rings_exact") == (2, 4)
    assert [(case.call_id, case.said, case.heard) for case in accuracy["rings_exact"].cases] == [
        ("C2", "3", "2"),
        ("C3", "1", "nothing"),
    ]
    assert cases(accuracy, "rings_invented") == [("C5", "wrong", "rings")]


def test_ring_to_answer(measured):
    """Twenty errors of 0.01 to 0.20 s: the 95th percentile by nearest rank is the 19th."""
    truths = [a_truth(f"C{n:02}", waited=9.0) for n in range(1, 21)]
    results = [a_result(f"C{n:02}", waited=9.0 + (-1) ** n * n / 100) for n in range(1, 21)]
    truths += [a_truth("X1", rings=None), a_truth("X2", answered=False), a_truth("X3", waited=None)]
    truths += [a_truth("X4", direction="outbound"), a_truth("X5", direction="outbound")]
    truths[-1]["ringback"]["kind"] = "music"
    results += [a_result(f"X{n}", waited=30.0) for n in range(1, 6)]
    accuracy = measured(truths, results)
    figures = [accuracy[f"ring_to_answer_{name}"].value for name in ("median", "p95", "max", "over")]
    assert figures == [pytest.approx(0.105), 0.19, 0.2, 0]
    assert accuracy["ring_to_answer_p95"].holds is True
    assert cases(accuracy, "ring_to_answer_over_outbound") == [("X4", "wrong", "ring_to_answer")]


def test_ring_to_answer_that_was_not_measured_is_infinitely_wrong(measured):
    accuracy = measured(
        [a_truth("C1", waited=9.0), a_truth("C2", waited=5.0), a_truth("C3", waited=5.0)],
        [a_result("C1", waited=9.3), a_result("C2", waited=5.301), a_failure("C3")],
    )
    assert accuracy["ring_to_answer_median"].value == 0.301, "to the millisecond, whatever floats make of it"
    assert accuracy["ring_to_answer_p95"].value == inf
    assert accuracy["ring_to_answer_p95"].holds is False
    assert [(case.call_id, case.said, case.heard) for case in accuracy["ring_to_answer_over"].cases] == [
        ("C2", "5.000 s", "5.301 s"),
        ("C3", "5.000 s", "nothing"),
    ]
    p95 = next(row for row in accuracy.as_json()["measures"] if row["name"] == "ring_to_answer_p95")
    assert (p95["value"], p95["holds"]) == (None, False)


# --- characters


def test_errors_are_added_over_the_calls_and_then_divided(measured):
    lines = [
        a_line("ivr", 0, 1, "欢迎致电"),
        a_line("agent", 1, 3, "您好，这里是阳光家政。"),  # 9 characters
        a_line("customer", 3, 5, "我要投诉！"),  # 4
        a_line("agent", 5, 6, "一零零一号。"),  # 5
    ]
    turns = [
        a_turn("system", (0, 1, "欢迎致电")),
        a_turn("agent", (1, 2, "您好,这里"), (2, 3, "阳光家证")),  # 是 is gone, 证 for 政
        a_turn("customer", (3, 5, "我要頭素")),  # simplified: 头素 for 投诉
        a_turn("agent", (5, 6, "1001号。")),
    ]
    truths = [a_truth("C1", lines), a_truth("C2", [a_line("customer", 0, 2, "一二三四五六七八九十")])]
    accuracy = measured(truths, [a_result("C1", turns), a_failure("C2")])
    assert counted(accuracy, "cer_agent") == (2, 14)
    assert counted(accuracy, "cer_customer") == (2 + 10, 4 + 10), "nothing was heard of C2"
    assert counted(accuracy, "cer") == (14, 28)
    assert accuracy["cer"].value == 0.5
    assert accuracy["cer"].holds is False
    assert [(case.call_id, case.term, case.heard) for case in accuracy["cer"].cases] == [
        ("C1", "customer", "2 errors in 4 characters"),
        ("C2", "customer", "10 errors in 10 characters"),
    ]


def test_text_under_the_wrong_role_costs_both_speakers(measured):
    lines = [a_line("agent", 0, 2, "您好请讲"), a_line("customer", 2, 4, "停水了")]
    accuracy = measured([a_truth("C1", lines)], [a_result("C1", [a_turn("customer", (0, 4, "您好请讲停水了"))])])
    assert counted(accuracy, "cer_agent") == (4, 4)
    assert counted(accuracy, "cer_customer") == (4, 3)


def test_words_heard_in_an_unanswered_call_are_errors(measured):
    accuracy = measured(
        [a_truth("C1", answered=False), a_truth("C2", [a_line("agent", 0, 1, "您好您好")])],
        [a_result("C1", [a_turn("agent", (0, 1, "喂"))]), a_result("C2", [a_turn("agent", (0, 1, "您好您好"))])],
    )
    assert counted(accuracy, "cer") == (1, 4)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("您好，阳光家政。", "您好阳光家政"),
        ("請問您貴姓？", "请问您贵姓"),
        (" ＡＢＣ　wi-fi_5G ", "abcwifi5g"),
        ("幺三八，〇〇幺", "一三八零零一"),
        ("…—“”·￥", ""),
        ("", ""),
    ],
)
def test_plain(text, normal):
    assert plain(text) == normal


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("一零零一号客服", "1001号客服", 0),
        ("工号幺零零二", "工号1002", 0),
        ("四十五元一个小时，两个小时起做", "45元1个小时,2个小时起做", 0),
        ("一百二十平米", "120平米", 0),
        ("一万三千八百元，定金两千元", "13800元,定金2000元", 0),
        ("一万三千八百元", "13,800元", 0),
        ("九点，一百块", "9,100块", 1),  # a list; 点 was not heard
        ("幺三八，零零幺三，二二零二", "138 0013 2202", 0),
        ("二零二五零二一七零零三六", "202502170036", 0),
        ("幺幺零幺零幺，一九九零，零三零七，零零零五", "110101199003070005", 0),
        ("两点半，九点，九点整，两点零五分", "2:30，9:00，9:00，2:05", 0),
        ("三点十五，五点三刻", "3:15 5:45", 0),
        ("百分之三十，百分之百，百分之二点五", "30%，100%，2.5％", 0),
        ("三点五个小时", "3.5个小时", 0),
        ("一千八，二百五，两百五十，一万二", "1800，250，250，12000", 0),
        ("两万二千二百二十二", "22222", 0),
        ("十二万，十万零一十二，一亿零五百万", "120000，100012，105000000", 0),
        ("二百零三，两亿", "203，200000000", 0),
        ("打一零零八六", "打10086", 0),
        ("房号一二零四室", "房号1240室", 2),  # the wrong number stays wrong: 二零四 for 二四零
        ("四十五元", "46元", 1),
        ("四十五元", "", 4),
        ("", "45", 2),
        ("没有了", "没有了谢谢", 2),
        ("wifi 5", "WiFi5", 0),  # a truth in digits
        ("一二", "1.2.", 1),  # 一点二 costs 点
    ],
)
def test_edits(said, heard, errors):
    assert edits(said, heard) == errors


HAN = st.text("您好请问投诉一二三零点百十千万幺", max_size=12)


@given(HAN, HAN)
def test_without_digits_the_edits_are_levenshteins(said, heard):
    assert edits(said, heard) == Levenshtein.distance(plain(said), plain(heard))


@given(HAN, HAN, st.integers(0, 10**13), HAN)
def test_of_all_readings_of_a_number_the_cheapest_counts(said, before, number, after):
    written = [f"{before}{reading}{after}" for reading in readings(str(number))]
    assert edits(said, f"{before}{number}{after}") == min(
        Levenshtein.distance(plain(said), plain(text)) for text in written
    )


def to_number(spoken):
    """The number that an amount stands for, unit by unit."""
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if unit in spoken:
            head, _, rest = spoken.partition(unit)
            return (to_number(head) or 1) * size + to_number(rest)
    return "零一二三四五六七八九".index(spoken.removeprefix("零") or "零")


@given(st.integers(0, 10**12 - 1))
@example(20_000_300)
@example(100_010)
def test_an_amount_adds_up_to_its_number(number):
    spoken = cardinal(number)
    assert to_number(spoken) == number
    assert not re.search("零零|零[十百千万亿]|零$", spoken) or number == 0


def test_a_long_list_of_numbers_is_said_in_few_ways():
    assert len(readings(",".join(["222"] * 4))) < 2_000
    assert readings(",".join(["222"] * 40)) == ("二" * 120, "2" * 120)


@settings(deadline=None)
@given(st.from_regex(NUMBER, fullmatch=True))
def test_whatever_looks_like_a_number_can_be_said(written):
    said = readings(written)
    assert all(re.fullmatch("[零一二三四五六七八九十百千万亿两点分整半刻之]+", spoken) for spoken in said[:-1])
    assert len(said) > 1


# --- roles


def test_characters_under_the_right_role(measured):
    lines = [
        a_line("ivr", 0, 2, "欢迎致电"),
        a_line("agent", 2, 6, "您好阳光家政"),
        a_line("customer", 5, 9, "我要投诉你们"),  # talks over the agent from 5 to 6
        a_line("agent", 12, 14, "再见"),
    ]
    turns = [
        a_turn("agent", (0, 1, "欢迎")),  # wrong: 2, only the role system is right
        a_turn("system", (1, 2, "致电")),  # right: 2
        a_turn("agent", (2, 4, "你号，"), (5.2, 5.8, "家政")),  # right: 4, misheard or not
        a_turn("customer", (5.2, 5.8, "我要")),  # right: 2, both talk
        a_turn("agent", (7, 8, "投诉")),  # wrong: 2
        a_turn(
            "customer", (9.2, 9.7, "你们"), (10, 11, "嗯嗯嗯"), (11.4, 11.8, "再")
        ),  # right: 2, off: 3, wrong: 1
    ]
    accuracy = measured([a_truth("C1", lines)], [a_result("C1", turns)])
    assert counted(accuracy, "roles_stereo") == (10, 15)
    assert accuracy["roles_stereo"].holds is False
    assert counted(accuracy, "roles_mono") == (0, 0)
    assert accuracy["roles_mono"].value is None
    assert accuracy["roles_mono"].holds is None
    assert counted(accuracy, "characters_off_lines") == (3, 18)
    assert [(case.at, case.term, case.heard) for case in accuracy["roles_stereo"].cases] == [
        (0, "2 of 2 characters", "agent: 欢迎"),
        (7, "2 of 2 characters", "agent: 投诉"),
        (9.2, "1 of 3 characters", "customer: 你们嗯嗯嗯再"),
    ]
    assert accuracy["roles_stereo"].cases[1].said == "customer: 我要投诉你们"


@pytest.mark.parametrize(
    ("layout", "name"), [("stereo", "roles_stereo"), ("mono", "roles_mono"), ("dual_mono", "roles_mono")]
)
def test_the_same_mix_twice_counts_as_mono(measured, layout, name):
    lines = [a_line("agent", 0, 2, "您好")]
    accuracy = measured([a_truth("C1", lines, layout=layout)], [a_result("C1", [a_turn("agent", (0, 2, "您好"))])])
    other = {"roles_stereo", "roles_mono"} - {name}
    assert counted(accuracy, name) == (2, 2)
    assert counted(accuracy, *other) == (0, 0)


# --- detection


def test_required_phrases(measured):
    """C1 says greeting, thanks, goodbye, C2 greeting; found: greeting, thanks, company in C1, thanks in C3."""
    found_in_c1 = [a_finding("required_phrase", t, 1, 2) for t in ("greeting", "greeting", "company", "thanks")]
    lines = [a_line("agent", 1, 3, "您好"), a_line("agent", 60, 63, "谢谢来电，再见")]
    accuracy = measured(
        [a_truth("C1", lines, present={"greeting": [0], "thanks": [1], "goodbye": [1]}),
         a_truth("C2", lines, present={"greeting": [0]}), a_truth("C3", answered=False)],
        [a_result("C1", [a_turn("customer", (60, 63, "谢谢来电再间"))], found_in_c1), a_failure("C2"),
         a_result("C3", (), [a_finding("required_phrase", "thanks", 3, 4, "谢谢观看")])],
    )  # fmt: skip
    found, missed, false_alarms = 2, 2, 2
    assert counted(accuracy, "required_f1") == (2 * found, 2 * found + missed + false_alarms)
    assert accuracy["required_f1"].value == 0.5
    assert accuracy["required_f1"].holds is False
    assert counted(accuracy, "required_precision") == (2, 4)
    assert counted(accuracy, "required_recall") == (2, 4)
    assert counted(accuracy, "required_greeting_f1") == (2, 3)
    assert counted(accuracy, "required_thanks_f1") == (2, 3)
    assert accuracy["required_staff_id_f1"].value is None
    listed = [(c.call_id, c.kind, c.term, c.place, c.said, c.heard) for c in accuracy["required_f1"].cases]
    assert listed == [
        ("C1", "missed", "goodbye", "01:00", "agent: 谢谢来电，再见", "customer: 谢谢来电再间"),
        ("C2", "missed", "greeting", "00:01", "agent: 您好", ""),
        ("C1", "false_alarm", "company", "00:01", "agent: 您好", "agent: …"),
        ("C3", "false_alarm", "thanks", "00:03", "", "agent: 谢谢观看"),
    ]


def test_a_call_without_truth_of_a_term_is_not_measured_for_it(measured):
    truth = a_truth("C1")
    del truth["required"]["thanks"]
    accuracy = measured([truth], [a_result("C1", (), [a_finding("required_phrase", "thanks", 1, 2)])])
    assert accuracy["required_f1"].value is None
    with pytest.raises(StopIteration):
        accuracy["required_thanks_f1"]


def test_banned_wording_is_found_by_a_finding_on_its_line(measured):
    lines = [
        a_line("agent", 10, 12, "这个不归我管"),
        a_line("customer", 13, 15, "什么态度"),
        a_line("agent", 20, 24, "大概吧，可能吧，说不准"),
        a_line("agent", 30, 31, "随便你"),
    ]
    banned = [(0, "不归我管"), (2, "大概"), (2, "可能吧"), (2, "说不准"), (3, "随便你")]
    findings = [
        a_finding("banned_wording", "不归我管", 9.0, 9.5, "不归我馆"),  # half a second before: just found
        a_finding("banned_wording", "可能吧", 22, 23, "可能吧"),
        a_finding("banned_wording", "大概", 20, 21, "大盖"),
        a_finding("banned_wording", "随便你", 31.6, 32, "随便"),  # too far: a false alarm, and 随便你 is missed
        a_finding("banned_wording", "随便你", 30, 31, "随便你", role="customer"),  # not the agent
    ]
    truths = [a_truth("C1", lines, banned=banned), a_truth("C2", lines)]
    accuracy = measured(truths, [a_result("C1", (), findings), a_result("C2")])
    assert counted(accuracy, "banned_precision") == (3, 4)
    assert counted(accuracy, "banned_recall") == (3, 5)
    assert accuracy["banned_f1"].value == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    assert cases(accuracy, "banned_f1") == [
        ("C1", "missed", "说不准"),
        ("C1", "missed", "随便你"),
        ("C1", "false_alarm", "随便你"),
    ]
    assert counted(accuracy, "banned_calls_f1") == (2, 2)


def test_a_second_finding_on_a_banned_line_is_no_false_alarm(measured):
    lines = [a_line("agent", 10, 12, "随便你，爱投诉投诉")]
    findings = [a_finding("banned_wording", "随便投诉", 10, 12, "爱投诉投诉") for _ in range(2)]
    accuracy = measured([a_truth("C1", lines, banned=[(0, "爱投诉投诉")])], [a_result("C1", (), findings)])
    assert accuracy["banned_f1"].value == 1.0


def test_banned_wording_by_call(measured):
    lines = [a_line("agent", 10, 12, "随便你")]
    far = [a_finding("banned_wording", "大概", 40, 41), a_finding("banned_wording", "大概", 50, 51)]
    accuracy = measured(
        [a_truth("C1", lines, banned=[(0, "随便你")]), a_truth("C2", lines, banned=[(0, "随便你")]), a_truth("C3")],
        [a_result("C1", (), far), a_failure("C2"), a_result("C3", (), far)],
    )
    assert counted(accuracy, "banned_calls_f1") == (2, 2 + 1 + 1)
    assert cases(accuracy, "banned_calls_f1") == [], "they are those of the wordings, one by one"
    assert ("C2", "missed", "随便你") in cases(accuracy, "banned_f1")
    assert accuracy["banned_f1"].value == 0.0


def test_apology_and_complaint(measured):
    lines = [
        a_line("agent", 0, 1, "不好意思", apology="social"),
        a_line("customer", 1, 2, "我要投诉", complaint=True),
        a_line("agent", 65, 66, "非常抱歉", apology="complaint"),
    ]
    given = {"apology_present": True, "complaint_made": True, "complaint_lines": [1]}
    social = a_finding("apology", "social", 0, 1)
    sincere, complaint = a_finding("apology", "sincere", 65, 66), a_finding("complaint", "c", 1, 2, role="customer")
    accuracy = measured(
        [a_truth("C1", lines, **given), a_truth("C2", lines, **given), a_truth("C3"), a_truth("C4")],
        [a_result("C1", (), [social, sincere, complaint]), a_result("C2", (), [social]),
         a_result("C3", (), [sincere, complaint]), a_result("C4", (), [social])],
    )  # fmt: skip
    for name in ("apology", "complaint"):
        assert counted(accuracy, f"{name}_f1") == (2, 4)
        assert counted(accuracy, f"{name}_precision") == (1, 2)
        assert counted(accuracy, f"{name}_recall") == (1, 2)
    assert [(c.call_id, c.kind, c.place, c.said) for c in accuracy["apology_f1"].cases] == [
        ("C2", "missed", "01:05", "agent: 非常抱歉"),
        ("C3", "false_alarm", "01:05", ""),
    ]
    assert accuracy["apology_f1"].holds is False
    assert [(c.call_id, c.place) for c in accuracy["complaint_f1"].cases] == [("C2", "00:01"), ("C3", "00:01")]


def test_what_the_customer_says_is_not_the_agents_violation(measured):
    lines = [
        a_line("customer", 10, 14, "什么叫不归我管", traps=[{"kind": "customer_says_banned", "text": "不归我管"}]),
        a_line("agent", 13, 16, "不归我管"),
        a_line("agent", 20, 24, "您大概几点在家", traps=[{"kind": "benign_word", "text": "大概"}]),
    ]
    findings = [
        a_finding("banned_wording", "不归我管", 11, 12, "不规我管"),  # in the customer's words, and the trap
        a_finding("banned_wording", "不归我管", 13, 14, "不归我管"),  # both talk: the agent's
        a_finding("banned_wording", "随便你", 11, 12, "随便你", role="customer"),  # not held against the agent
        a_finding("banned_wording", "不行", 17, 18, "不行"),  # nobody talks
        a_finding("banned_wording", "不行", 21, 22, "不行"),  # on the line of a trap, but another wording
    ]
    accuracy = measured([a_truth("C1", lines, banned=[(1, "不归我管")])], [a_result("C1", (), findings)])
    assert accuracy["in_customers_words"].value == 1
    assert accuracy["in_customers_words"].holds is False
    (case,) = accuracy["in_customers_words"].cases
    assert (case.place, case.heard) == ("00:11", "agent: 不规我管")
    assert case.said == "customer: 什么叫不归我管"
    assert counted(accuracy, "traps") == (1, 2)
    assert cases(accuracy, "traps") == [("C1", "false_alarm", "不归我管")]


def test_the_agents_own_words_can_be_a_trap(measured):
    lines = [a_line("agent", 20, 24, "您大概几点在家", traps=[{"kind": "benign_word", "text": "大概"}])]
    found = a_result("C1", (), [a_finding("banned_wording", "大概", 20, 21, "大概")])
    accuracy = measured([a_truth("C1", lines)], [found])
    assert counted(accuracy, "traps") == (1, 1)
    assert accuracy["in_customers_words"].value == 0


# --- all together


def a_perfect_result(truth):
    """What a pipeline that makes no mistakes would store."""
    role = {"agent": "agent", "customer": "customer", "ivr": "system"}
    turns = [
        a_turn(role[line["speaker"]], *[
            (line["start"] + n * step, line["start"] + (n + 1) * step, character)
            for step in [(line["end"] - line["start"]) / len(line["text"])]
            for n, character in enumerate(line["text"])
        ])
        for line in truth["lines"]
    ]  # fmt: skip

    def at(n):
        return truth["lines"][n]["start"], truth["lines"][n]["end"]

    findings = [
        a_finding("required_phrase", term, *at(phrase["lines"][0]))
        for term, phrase in truth["required"].items()
        if phrase["present"]
    ]
    findings += [a_finding("banned_wording", b["wording"], *at(b["line"]), b["wording"]) for b in truth["banned"]]
    findings += [a_finding("complaint", "complaint", *at(n), role="customer") for n in truth["complaint_lines"]]
    findings += [a_finding("apology", "sincere", *at(0))] if truth["apology_present"] else []
    rings = truth["ringback"]["rings_counted"]
    waited = truth["ring_to_answer_seconds"] if rings and truth["answered"] else None
    return a_result(truth["call_id"], turns, findings, rings=rings, waited=waited)


@st.composite
def truths(draw):
    """A call of lines that follow each other with a second between them, the first one the agent's."""
    speakers = ["agent", *draw(st.lists(st.sampled_from(["agent", "customer", "ivr"]), min_size=1, max_size=5))]
    lengths = draw(st.lists(st.floats(0.5, 5), min_size=len(speakers), max_size=len(speakers)))
    text = st.text("您好我要投诉幺零两百二十。，是的", min_size=1, max_size=9).filter(plain)
    lines = [
        a_line(speaker, 10 + 6 * n, 10 + 6 * n + length, draw(text))
        for n, (speaker, length) in enumerate(zip(speakers, lengths, strict=True))
    ]
    agents = [n for n, speaker in enumerate(speakers) if speaker == "agent"]
    customers = [n for n, speaker in enumerate(speakers) if speaker == "customer"]
    complaints = draw(st.lists(st.sampled_from(customers), max_size=1)) if customers else []
    return a_truth(
        lines=lines,
        present={term: [draw(st.sampled_from(agents))] for term in draw(st.sets(st.sampled_from(REQUIRED)))},
        banned=draw(st.lists(st.tuples(st.sampled_from(agents), st.sampled_from(["随便你", "大概"])), max_size=3)),
        rings=draw(st.none() | st.integers(1, 9)),
        layout=draw(st.sampled_from(["stereo", "mono", "dual_mono"])),
        direction=draw(st.sampled_from(["inbound", "outbound"])),
        apology_present=draw(st.booleans()),
        complaint_made=bool(complaints),
        complaint_lines=complaints,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(truths(), min_size=1, max_size=3))
def test_a_pipeline_without_mistakes_has_perfect_figures(tmp_path, new_file, numbers, drawn):
    folder = tmp_path / f"{next(numbers)}"
    folder.mkdir()
    drawn = [truth | {"call_id": f"C{n}"} for n, truth in enumerate(drawn)]
    with Store.open(f"sqlite:///{shutil.copy(new_file, folder)}") as store:
        for truth in drawn:
            (folder / f"{truth['call_id']}.truth.json").write_text(json.dumps(truth))
            store.calls.save(a_perfect_result(truth))
        accuracy = measure(folder, store.calls.get)
    assert accuracy.holds
    for figure in accuracy.measures:
        if figure.value is not None and figure.name not in ("evaluated", "unscorable", "failed", "confidence_ece"):
            best = 1.0 if figure.name.startswith(("accounted", "rings_exact", "roles")) or (
                figure.name.endswith(("f1", "precision", "recall"))
            ) else 0.0  # fmt: skip
            assert figure.value == best, figure
            assert figure.cases == ()


@pytest.fixture
def numbers():
    return count()


def test_as_json_says_all_and_is_json(measured):
    lines = [a_line("agent", 61.5, 63, "您好")]
    accuracy = measured([a_truth("C1", lines, present={"greeting": [0]})], [])
    document = json.loads(json.dumps(accuracy.as_json(), allow_nan=False))
    assert (document["num_calls"], document["holds"]) == (1, False)
    assert [row["name"] for row in document["measures"]] == [figure.name for figure in accuracy.measures]
    assert len({figure.name for figure in accuracy.measures}) == len(accuracy.measures)
    (row,) = (row for row in document["measures"] if row["name"] == "required_f1")
    assert row == {
        "stage": "detect", "name": "required_f1", "title": "required phrases, F1", "unit": "share",
        "value": 0.0, "interval": [0.0, 0.0], "numerator": 0, "denominator": 1,
        "at_least": 0.96, "at_most": None, "holds": False,
        "cases": [{
            "call_id": "C1", "kind": "missed", "term": "greeting", "at": 61.5, "place": "01:01",
            "said": "agent: 您好", "heard": "",
        }],
    }  # fmt: skip


def test_calls_of_lines_with_other_lists_are_not_compared_together(folder, store, tmp_path, monkeypatch):
    """Each call is in the queue 热线 or 物业; the second line has a list of its own."""
    (tmp_path / "estate").mkdir()
    (tmp_path / "estate" / "ours.yaml").write_text(LIST.format(name="ours", detector="ours"), encoding="utf-8")
    lines = "lines:\n  - {name: 家政, standard: kf01, queues: [热线]}\n"
    lines += "  - {name: 物业线, standard: kf01, queues: [物业], rules: estate}\n"
    (tmp_path / "lines.yaml").write_text(lines, encoding="utf-8")
    monkeypatch.setenv("CALLQA_LINES", str(tmp_path / "lines.yaml"))
    searched: list[list[str]] = []

    def measured(truth, result_of, lexicons, *, left_out):
        searched.append([each.file.name for each in lexicons])
        return measure(truth, result_of)

    monkeypatch.setattr("flows.learning.accuracy.measure", measured)
    for name, queue in (("C0", "物业"), ("C1", "热线")):
        result = a_result(name, [a_turn("agent", (1, 3, "您好"))], [])
        call = replace(result.call, queue=queue)
        store.calls.save(replace(result, call=call, hearing=replace(result.hearing, call=call)))
    (folder / "C0.truth.json").write_text(json.dumps(a_truth("C0", [a_line("agent", 1, 3, "您好")])))
    shown = show_accuracy(folder, str(store.engine.url), None, False, load_settings())
    assert next(shown)
    assert "ours" in searched[0], "the list of the line is searched"
    (folder / "C1.truth.json").write_text(json.dumps(a_truth("C1", [a_line("agent", 1, 3, "您好")])))
    with pytest.raises(ConfigurationError, match=r"（物业线 1 通、家政 1 通）.*分别运行 callqa eval"):
        next(show_accuracy(folder, str(store.engine.url), None, False, load_settings()))


def test_the_tables_fit_their_width(folder, store):
    """With every table there is; a figure, a title or a heading that is cut short ends in …."""
    lines = [
        a_line("agent", 1, 3, "您好"),
        a_line("agent", 60, 63, "谢谢来电，再见"),
        a_line("customer", 9, 11, "我要投诉"),
    ]
    for n in range(20):
        truth = a_truth(f"C{n}", lines, present={"greeting": [0]}, overlaps=[], holds=[], silences=[], scenario="x")
        (folder / f"{n}.truth.json").write_text(json.dumps(truth))
    for n in range(9):
        store.calls.save(a_result(f"C{n}", [a_turn("agent", (1, 3, "您好"))], [], rings=n))
    printed = StringIO()
    console = Console(file=printed, width=WIDTH)
    for part in show_accuracy(folder, str(store.engine.url), folder / "accuracy.json", True, load_settings()):
        if isinstance(part, Table):
            console.print(part)
    text = printed.getvalue()
    assert "…" not in text
    assert "required anything_else" in text
    assert "20 calls" in text
    document = json.loads((folder / "accuracy.json").read_text())
    assert [thing["name"] for thing in document["baselines"]["things"]] == [
        "required",
        "banned",
        "apology",
        "complaint",
    ]
    assert document["left_out"]["taken_out"], "what only one scenario says, and there is only one"
    order = [text.index(title) for title in ("author left out", "category", "scenario left out", "stage by stage")]
    assert order == sorted(order), "what nobody tuned on comes first"


def test_a_scenario_left_out_is_named_less_and_suspected_instead(measured, folder):
    """Two scenarios say one wording each, which no other says; a third has none. What suspects hears 掰扯 alone."""
    said = {"a": "这个不归我管", "b": "你找厂家掰扯去", "c": "好的我帮您查一下"}
    results = {}
    for name, text in said.items():
        lines = [a_line("agent", 1, 4, text)]
        banned = [(0, text)] if name != "c" else []
        for n in range(2):
            truth = a_truth(f"{name}{n}", lines, banned=banned, scenario=name)
            (folder / f"{name}{n}.truth.json").write_text(json.dumps(truth, ensure_ascii=False))
            results[f"{name}{n}"] = a_result(f"{name}{n}", [a_turn("agent", (1, 4, text))])
    phrases = [{"term": "x", "role": "agent", "variants": ["不归我管", "找厂家掰扯"]}]
    file = {"name": "banned", "revision": 1, "detector": "banned_wording", "title": "t", "phrases": phrases}
    lexicon = Lexicon(LexiconFile.model_validate(file), "", {})

    def judge(heard, lexicons):
        yield from detect(heard, lexicons)
        for turn in heard.turns:
            if "掰扯" in turn.text:
                flagged = a_finding("flag", "shirking", 1, 4, turn.text)
                yield replace(flagged, call_id=heard.call.id, turn_index=turn.index)

    omission = measure(folder, results.get, [lexicon], left_out=judge).omission
    (one,) = (each for each in omission.things if each.plain.name == "banned")
    assert len(omission.wordings) == 2
    assert [(x.total.found, len(x.total.missed)) for x in (one.plain, one.named, one.suspected)] == [
        (4, 0),
        (0, 4),
        (2, 2),
    ]


def test_a_floor_and_a_ceiling_hold_at_their_value():
    share = Measure("detect", "x", "x", "share", 9, 10)
    assert share.holds is None
    assert replace(share, at_least=0.9).holds is True
    assert replace(share, at_least=0.91).holds is False
    assert replace(share, at_most=0.9).holds is True
    assert replace(share, at_most=0.89).holds is False
    assert replace(share, at_most=0.89, denominator=0).holds is None
    assert Accuracy(1, (share, replace(share, at_most=0.9, denominator=0)), Reliability(())).holds


def test_the_floors_are_those_of_the_issue(measured):
    limits = {f.name: f.at_least if f.at_least is not None else f.at_most for f in measured([a_truth()]).measures}
    assert {name: limit for name, limit in limits.items() if limit is not None} == {
        "accounted_for": 1.0,
        "rings_exact": 0.95,
        "ring_to_answer_p95": 0.3,
        "cer": 0.23,
        "roles_stereo": 0.99,
        "roles_mono": 0.97,
        "required_f1": 0.96,
        "banned_f1": 0.92,
        "banned_calls_f1": 0.92,
        "apology_f1": 0.95,
        "apology_given_f1": 0.95,
        "complaint_f1": 0.95,
        "interruption_calls_f1": 0.85,
        "interruptions_f1": 0.85,
        "hold_calls_f1": 0.85,
        "holds_f1": 0.85,
        "in_customers_words": 0,
        "traps": 0,
    }


# --- truth files that are wrong


def test_a_folder_without_truth(folder, store):
    with pytest.raises(ConfigurationError, match=r"truth: holds no \*\.truth\.json; give the folder"):
        measure(folder, store.calls.get)
    with pytest.raises(ConfigurationError, match="nowhere: there is no such folder"):
        measure(folder / "nowhere", store.calls.get)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{\n "call_id": "C1",\n "lines": [,]\n}', r"C1\.truth\.json:3: is not valid JSON: Expecting value"),
        (b"", r"C1\.truth\.json:1: is not valid JSON"),
        ("{}".encode("utf-16"), r"C1\.truth\.json: is not UTF-8"),
        (b"[]", r"C1\.truth\.json: the file: Input should be"),
        (b"{}", r"C1\.truth\.json: call_id: Field required"),
        (b'{"bad_input": "empty", "lines": []}', r"C1\.truth\.json: call_id: Field required"),
    ],
)  # fmt: skip
def test_a_truth_file_that_cannot_be_read(folder, store, content, problem):
    (folder / "C1.truth.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem):
        measure(folder, store.calls.get)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"layout": "quad"}, "C1.*: layout: Input should be 'stereo', 'mono' or 'dual_mono'"),
        ({"lines": [a_line("robot", 0, 1, "您好", index=0)]}, r"C1.*: lines\.0\.speaker: Input should be 'agent'"),
        ({"lines": [a_line("agent", 2, 1, "您好", index=0)]}, r"C1.*: lines\.0: .*line 0 ends before it starts"),
        ({"complaint_lines": [7]}, "C1.*: line 7 is named but is not among the lines"),
    ],
)
def test_a_truth_file_that_makes_no_sense(measured, changes, problem):
    with pytest.raises(ConfigurationError, match=problem):
        measured([a_truth("C1", **changes)])


def test_two_truths_of_one_call(folder, store):
    for name in "ab":
        (folder / f"{name}.truth.json").write_text(json.dumps(a_truth("C1")))
    with pytest.raises(ConfigurationError, match=r"b\.truth\.json: call C1 has another truth file"):
        measure(folder, store.calls.get)


def test_a_byte_order_mark_does_no_harm(folder, store):
    (folder / "C1.truth.json").write_text(json.dumps(a_truth("C1")), encoding="utf-8-sig")
    assert measure(folder, store.calls.get).num_calls == 1
