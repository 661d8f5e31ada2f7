"""The standard as it is printed, and every way in which a file of it can be wrong."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.errors import PolicyError
from pipeline.scorecard import find_scorecard, load_scorecard
from tests.builders import bundled

KF01 = find_scorecard("kf01")
WRITTEN = (files("pipeline") / "scorecards" / "kf01.yaml").read_text(encoding="utf-8")


def test_kf01_has_the_items_and_points_of_the_printed_standard():
    assert [(criterion.id, criterion.title, criterion.points) for criterion in KF01.criteria] == [
        ("KF01-1", "服务时间", 10),
        ("KF01-2", "服务资源", 10),
        ("KF01-3", "接听速度", 5),
        ("KF01-4", "电话礼仪", 15),
        ("KF01-5", "聆听技巧", 10),
        ("KF01-6", "电话记录", 10),
        ("KF01-7", "回应诉求", 25),
        ("KF01-8", "主动协助", 5),
        ("KF01-9", "感谢致电", 5),
        ("KF01-10", "结束通话", 5),
    ]
    assert KF01.points == 100
    assert KF01.levels == (("符合", 1.0), ("基本符合", 0.8), ("一般符合", 0.6), ("不符合", 0.0))


def test_kf01_asks_only_for_what_its_phrase_lists_can_find():
    listed = [bundled()[name] for name in KF01.lexicons]
    terms = {(each.detector, phrase.term) for each in listed for phrase in each.file.phrases}
    rules = [part.rule for criterion in KF01.criteria for part in criterion.parts]
    assert {(rule.detector, term) for rule in rules for term in rule.terms} <= terms
    named = {rule.detector for rule in rules} | {rule.trigger for rule in rules}
    assert named - {""} == {each.detector for each in listed}


def test_what_is_left_open_says_what_it_waits_for():
    assert all(criterion.note for criterion in KF01.criteria if criterion.answered_by != "calls")


@pytest.mark.parametrize(
    ("share", "level"),
    [
        *((1.0, "符合"), (1 / 3 + 2 / 3, "符合"), (1 - 1e-12, "符合"), (0.99, "基本符合"), (0.75, "基本符合")),
        *((0.74, "一般符合"), (0.5, "一般符合"), (0.1 + 0.4, "一般符合"), (0.49, "不符合"), (0.0, "不符合")),
    ],
)
def test_a_share_of_what_was_asked_earns_a_level(share, level):
    assert KF01.level(share) == (level, dict(KF01.levels)[level])


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_never_earns_less(one, other):
    assert KF01.level(max(one, other))[1] >= KF01.level(min(one, other))[1]


# --- files


@pytest.fixture
def rewritten(tmp_path):
    """KF01 with one passage replaced, as a file."""

    def write(old: str, new: str):
        assert WRITTEN.count(old) >= 1, old
        path = tmp_path / "kf01.yaml"
        path.write_text(WRITTEN.replace(old, new, 1), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("old", "new", "at", "problem"),
    [
        ("review_below:", "reveiw_below:", "reveiw_below", "reveiw_below"),
        ("    note: 需要工单记录", "    notes: 需要工单记录", "notes:", "criteria.5.notes"),
        ("at_most: 3", "atmost: 3", "atmost", "criteria.2.parts.0.rule.atmost"),
        ("revision: 1\n", "", None, "revision: Field required"),
        ("    points: 15\n", "", "id: KF01-4", "criteria.3.points: Field required"),
        ("    points: 15", "    points: 15\n    points: 20", "points: 20", "duplicate key"),
        ("points: 15", "points: 十五", "points: 十五", "criteria.3.points"),
        ("points: 15", "points: 0", "points: 0", "greater than 0"),
        ("points: 15", "points: .inf", "points: .inf", "finite"),
        ("weight: 3", "weight: -3", "weight: -3", "greater than 0"),
        ("revision: 1", "revision: 1.5", "revision: 1.5", "integer"),
        ("2025-01-01", "2025-02-30", "2025-02-30", "effective_from"),
        ("answered_by: person", "answered_by: boss", "answered_by: boss", "'calls', 'feed' or 'person'"),
        ("kind: hangup", "kind: hangupp", "hangupp", "'hangup'"),
        ("kind: rings, at_most: 3", "kind: rings", "kind: rings", "needs at_most"),
        ("detector: banned_wording", "terms: [说]", "kind: absent", "needs detector"),
        ("trigger: complaint, ", "", "kind: duty", "needs trigger"),
        ("answered_by: feed", "answered_by: calls", "id: KF01-1", "KF01-1: parts belong"),
        ("answered_by: calls", "answered_by: feed", "id: KF01-3", "KF01-3: parts belong"),
        ("id: KF01-2", "id: KF01-1", None, "criterion KF01-1 stands twice"),
        ("  基本符合: 0.8", "  基本符合: 0.5", None, "fall from best to worst"),
        ("  基本符合: 0.8", "  基本符合: 1.8", "levels:", "less than or equal to 1"),
        ("  一般符合: 0.5\n", "", None, "cutoffs must name every level but the last"),
        ("  一般符合: 0.5\n", "  一般: 0.5\n", None, "cutoffs must name every level but the last"),
        ("  coverage: 0.5", "  coverage: 50", "coverage: 50", "less than or equal to 1"),
        ("lexicons: [required", "lexicons: [required]\nlexicon: [x", "lexicon:", "lexicon"),
        ("lexicons: [required, banned, apology, complaint]", "lexicons: required", "lexicons:", "tuple"),
        ("    title: 感谢致电", "\ttitle: 感谢致电", "\ttitle", r"'\t'"),
    ],
)
def test_a_mistake_names_file_line_and_field(rewritten, old, new, at, problem):
    path = rewritten(old, new)
    with pytest.raises(PolicyError) as caught:
        load_scorecard(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert caught.value.path == str(path)
    assert caught.value.line == (at and 1 + next(n for n, line in enumerate(lines) if at in line))
    assert problem in caught.value.problem


def test_a_scorecard_is_found_by_name_or_by_path(rewritten):
    assert find_scorecard("kf01") == KF01
    assert find_scorecard(str(rewritten("revision: 1", "revision: 7"))).revision == 7


@pytest.mark.parametrize("name", ["kf99", "KF01.yaml", "", "."])
def test_a_scorecard_that_is_not_there_names_those_that_are(name):
    with pytest.raises(PolicyError, match="no such scorecard; choose kf01 or give a file"):
        find_scorecard(name)


def test_a_signed_off_scorecard_is_not_changed():
    with pytest.raises(ValidationError, match="frozen"):
        KF01.revision = 2
