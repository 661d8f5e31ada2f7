"""Labels, classifiers and demotions as they are kept, on SQLite and PostgreSQL; then all of it, end to end."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flows.learning.classifiers import promote
from flows.learning.gate import check_gate, demote_term, restore_term
from flows.learning.labels import QueueRequest, field_line, import_labels, labels_table, write_queue
from flows.learning.registry import with_registry
from flows.learning.shadow import shadow_disagreements, shadow_line
from flows.month.month import monthly, reopen_month
from flows.night.judgement import result_of
from flows.night.rescore import rescore_calls
from flows.policy.policy import policy_of, search_digest
from flows.settings import load_settings
from models.classifiers import train
from models.classifiers.bundled import bundled
from pipeline.errors import ClassifierError, ConfigurationError, StoreError
from pipeline.findings.finding import FLAG, SHADOW
from pipeline.findings.suspicion import suspicions
from pipeline.hearing.turns import Role
from pipeline.month.assessment.closing import ClosingState
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.validation.learning.labelfiles import read_labels
from pipeline.validation.learning.labels import Source
from pipeline.validation.learning.registry import GATE, Stage, phrase_criterion
from pipeline.validation.learning.shadow import disagreement
from tests.builders import CALL, EARS, RINGING, finding, hearing
from tests.test_labels import AT, a_label
from tests.test_month import MONTH, STANDARD

# --- labels


def test_labels_come_back_and_the_newest_of_one_person_counts(store):
    first, other = a_label(machine=0.1 + 0.2, rate=1 / 3, drawn=True, gold=True), a_label(by="王芳", agent_id=None)
    assert store.labels.add([first, other, a_label(criterion="empathy")]) == 3
    corrected = replace(first, holds=False, at=AT + timedelta(hours=1))
    assert store.labels.add([corrected, other]) == 1, "what is known is not added again"
    assert store.labels.all("complaint") == (other, corrected)
    assert len(store.labels.all()) == 3
    back = replace(first, at=AT + timedelta(hours=2))
    assert store.labels.add([first, back]) == 1, "changed one's mind twice, in one file: the latest counts"
    assert store.labels.all("complaint") == (other, back)


def test_no_label_is_changed_but_personal_data_may_go(store):
    store.labels.add([a_label()])
    with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text("UPDATE labels SET holds = 1 = 0"))
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM labels"))
    assert store.labels.all() == ()


# --- the registry


def register(store, version, criterion="complaint", card="{}", artifact=b"\x00\xff bytes"):
    return store.classifiers.register(criterion, version, card, artifact, "数据组")


def stages(store):
    return {each.version: each.stage for each in store.classifiers.versions(criterion="complaint")}


def test_a_version_is_registered_once_and_its_bytes_come_back(store):
    made = register(store, "v1")
    assert (made.stage, made.registered_by, made.card) == (Stage.DRAFT, "数据组", "{}")
    assert register(store, "v1") == made
    assert store.classifiers.artifact("complaint", "v1") == b"\x00\xff bytes"
    with pytest.raises(StoreError, match="registered already, by 数据组"):
        register(store, "v1", artifact=b"other")
    with pytest.raises(StoreError, match="no version v2"):
        store.classifiers.artifact("complaint", "v2")
    with pytest.raises(StoreError, match="--by NAME"):
        store.classifiers.register("complaint", "v2", "{}", b"", " ")


def test_one_version_of_a_criterion_at_most_is_live(store):
    for version in ("v1", "v2"):
        register(store, version)
    register(store, "v1", criterion="empathy")
    for criterion in ("complaint", "empathy"):
        store.classifiers.stage(criterion, "v1", Stage.LIVE, "王主管")
    changes = store.classifiers.stage("complaint", "v2", Stage.LIVE, "王主管", "召回更高")
    assert [(each.version, each.stage) for each in changes] == [("v2", Stage.LIVE), ("v1", Stage.RETIRED)]
    assert stages(store) == {"v1": Stage.RETIRED, "v2": Stage.LIVE}
    assert [(each.criterion, each.version) for each in store.classifiers.versions({Stage.LIVE})] == [
        ("complaint", "v2"),
        ("empathy", "v1"),
    ]
    assert [each.stage for each in store.classifiers.stages("complaint", "v1")] == [
        Stage.DRAFT,
        Stage.LIVE,
        Stage.RETIRED,
    ]
    assert store.classifiers.stage("complaint", "v2", Stage.LIVE, "王主管") == ()


def test_stages_have_an_order_and_the_gate_only_demotes(store):
    register(store, "v1")
    with pytest.raises(StoreError, match="is draft and cannot become flag"):
        store.classifiers.stage("complaint", "v1", Stage.FLAG, "王主管")
    with pytest.raises(StoreError, match="no version v9; registered: v1"):
        store.classifiers.stage("complaint", "v9", Stage.LIVE, "王主管")
    store.classifiers.stage("complaint", "v1", Stage.LIVE, "王主管")
    store.classifiers.stage("complaint", "v1", Stage.FLAG, GATE, "查准率低")
    with pytest.raises(StoreError, match="a person must say so"):
        store.classifiers.stage("complaint", "v1", Stage.LIVE, GATE)
    with pytest.raises(StoreError, match="--by NAME"):
        store.classifiers.stage("complaint", "v1", Stage.LIVE, "")


def test_a_term_is_demoted_and_restored_by_a_person(store):
    assert store.demotions.add("banned_wording", "不归我管", GATE, "查准率低")
    assert not store.demotions.add("banned_wording", "不归我管", "王主管", "再说一次")
    assert store.demotions.terms() == {("banned_wording", "不归我管")}
    with pytest.raises(StoreError, match="a person must restore it"):
        store.demotions.restore("banned_wording", "不归我管", GATE, "")
    assert store.demotions.restore("banned_wording", "不归我管", "王主管", "已改词")
    assert not store.demotions.restore("banned_wording", "不归我管", "王主管", "")
    assert store.demotions.terms() == frozenset()
    assert [(each.restored, each.by) for each in store.demotions.history()] == [(False, GATE), (True, "王主管")]


@pytest.mark.parametrize("table", ["classifiers", "classifier_stages", "demotions"])
def test_the_database_refuses_to_change_who_decided(store, table):
    register(store, "v1")
    store.demotions.add("banned_wording", "不归我管", GATE, "查准率低")
    replacing = "TRUNCATE {} CASCADE" if store.engine.dialect.name == "postgresql" else (
        "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"
    )  # fmt: skip
    for statement in ("UPDATE {} SET by = '我'", "DELETE FROM {}", replacing):
        with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
            connection.execute(text(statement.format(table)))
    assert stages(store) == {"v1": Stage.DRAFT}


# --- shadow


def test_a_shadow_is_compared_turn_by_turn():
    def said(call_id, turn, detector, term, version="lexicon"):
        each = replace(finding(detector, term), call_id=call_id, turn_index=turn)
        return replace(each, detector_version=version)

    found = {
        "C1": (said("C1", 1, "complaint", "complaint"), said("C1", 1, SHADOW, "complaint", "v2")),
        "C2": (said("C2", 3, SHADOW, "complaint", "v2"), said("C2", 3, SHADOW, "complaint", "v1")),
        "C3": (said("C3", 5, "complaint", "complaint"), said("C3", None, SHADOW, "complaint", "v2")),
        "C4": (),
    }
    compared = disagreement("complaint", "v2", ("complaint", "complaint"), found)
    assert (compared.calls, compared.both) == (4, 1)
    assert (compared.only_shadow, compared.only_live) == ((("C2", 3),), (("C3", 5),))
    assert shadow_line([compared]).startswith("影子模型：客户投诉 一致 1、只有影子 1、只有在用 1")
    assert shadow_line([]) == ""


# --- end to end: labels, training, the gate, points, the fall, the months that it touched

RUDE = ("您上隔壁那边打听打听吧", "那您得上别的地方打听", "隔壁那边兴许晓得您打听去", "您不如到别处打听打听")
"""Shirking in words that no phrase list has: what the classifier finds there, nothing else does."""
KIND = ("我帮您登记马上派人上门", "我现在就替您转给维修组", "您稍等我帮您查一下记录", "已经为您安排师傅下午去")
POLITE = "坐席：您好这里是阳光家政1001号客服员为您服务请问有什么可以帮到您"


def shirking(number, holds, gold=False, agents=8, words=None, **changes):
    said = (words or (RUDE if holds else KIND))[number % 4] + "零一二三四五六七八九"[number % 10]
    return a_label(
        f"L{number}-{holds}-{gold}", holds=holds, gold=gold, criterion="shirking", role=Role.AGENT, text=said,
        agent_id=f"{2000 + number % agents}", before="水管漏了怎么办", **changes,
    )  # fmt: skip


def some(number, holds, **changes):
    return [shirking(n, holds, **changes) for n in range(number)]


@pytest.fixture
def url(tmp_path):
    """A store in which 1001 shirks in three calls of a month, in words that no phrase list has; 1002 does not."""
    address = f"sqlite:///{tmp_path}/callqa.db"
    rules = policy_of("kf01", load_settings())
    with Store.open(address) as store:
        for agent, said in (("1001", RUDE), ("1002", KIND)):
            for n in range(3):
                at = RINGING + timedelta(minutes=n)
                ended = {
                    "ring_at": at,
                    "answered_at": at + timedelta(seconds=8),
                    "ended_at": at + timedelta(seconds=68),
                }
                call = replace(CALL, id=f"{agent}-{n}", agent_id=agent, **ended)
                heard = hearing(
                    POLITE, "客户：水管漏了怎么办", f"坐席：{said[n]}", "坐席：感谢您的来电再见", call=call
                )
                heard = replace(heard, recording=replace(heard.recording, id=call.id, uri=f"file:///{call.id}.wav"))
                store.calls.save(result_of(heard, rules, EARS))
    return address


@pytest.fixture
def standard(tmp_path):
    path = tmp_path / "hotline.yaml"
    path.write_text(STANDARD.replace("E\n    points: 40", "M\n    points: 40"), encoding="utf-8")
    return str(path)


def test_from_labels_to_points_and_back(url, standard, tmp_path, monkeypatch):
    trained = train("shirking", [*some(40, True), *some(40, False)], at=AT)
    version = trained.classifier.version
    with Store.open(url) as store:
        store.labels.add(
            [*some(40, True), *some(40, False), *some(5, True, gold=True), *some(40, False, gold=True)]
        )
        store.classifiers.register("shirking", version, trained.card.to_json(), trained.artifact, "数据组")

    refused, changes = promote(url, "shirking", version, Stage.LIVE, "王主管", "")
    assert not refused.passes
    assert not changes
    assert "检出的只有 5 条，至少需要 35 条，还缺 30 条" in refused.reasons[0]

    card = find_scorecard(standard)
    before = search_digest(card, load_settings())
    rescore_calls(standard, url, None, load_settings())
    with Store.open(url) as store:
        assert search_digest(card, load_settings(), store) == before, "a draft changes nothing that counts"
        (compared,) = shadow_disagreements(store)
        assert (compared.calls, compared.both, len(compared.only_shadow)) == (6, 0, 3)
        store.labels.add(some(40, True, gold=True))
    passed, changes = promote(url, "shirking", version, Stage.LIVE, "王主管", "")
    assert passed.passes, passed.reasons
    assert changes == (f"shirking {version}：在用",)

    rescore_calls(standard, url, None, load_settings())
    report = monthly(url, MONTH, standard=standard, close_by="王主管")
    assert report.closing.state is ClosingState.CLOSED
    assert {row.agent_id: row.tally.awarded for row in report.months} == {"1001": 0.0, "1002": 180.0}

    shutil.copy(tmp_path / "callqa.db", tmp_path / "updated.db")
    with Store.open(f"sqlite:///{tmp_path}/updated.db") as store, monkeypatch.context() as updated:
        updated.setattr("models.classifiers.artifact.bundled", lambda: replace(bundled(), version="bundled-next"))
        with pytest.raises(ClassifierError, match="on top of"):
            with_registry(policy_of("kf01", load_settings()), store)
        (fallen,) = [each for each in check_gate(store) if each.demoted]
        assert fallen.decision.reasons[0].startswith("无法加载，须重新训练：callqa train shirking")
        assert [row.lost for row in fallen.affected] == [180.0]
        assert not with_registry(policy_of("kf01", load_settings()), store).classifiers, "the night goes on without"

    with Store.open(url) as store:
        assert not [each for each in check_gate(store) if each.demoted]
        store.labels.add(some(40, False, gold=True, words=RUDE, by="复核员", source=Source.DISPUTE, start=60.0))
        (fallen,) = [each for each in check_gate(store) if each.demoted]
        assert fallen.decision.reasons[0].startswith("查准率 50.0%（40/80")
        (row,) = fallen.affected
        assert (row.month, row.standard, row.agent_id, row.calls, row.lost) == (MONTH, "hotline", "1001", 3, 180.0)
        assert store.classifiers.stages("shirking", version)[-1].by == GATE
        assert not [each for each in check_gate(store) if each.demoted], "once"
    reopen_month(url, MONTH, standard, "王主管", "推诿误判")
    with pytest.raises(ConfigurationError, match="仍计入已降级的 banned_wording/推诿，不能关账"):
        monthly(url, MONTH, standard=standard, close_by="王主管", reason="推诿误判")
    rescore_calls(standard, url, None, load_settings())
    report = monthly(url, MONTH, standard=standard, close_by="王主管", reason="推诿误判")
    assert {row.agent_id: row.tally.awarded for row in report.months} == {"1001": 180.0, "1002": 180.0}
    with Store.open(url) as store:
        found = store.evaluations.findings(["1001-0"])["1001-0"]
        assert [f.term for f in found if f.detector == FLAG] == ["shirking"]
        assert not [f for f in found if f.detector == "banned_wording"]
        assert store.calls.get("1001-0").evaluation.tally.awarded == 60.0
    queued, machine = write_queue(url, QueueRequest("shirking", 4, 0.5, 1), tmp_path / "queue.csv")
    assert (queued, machine) == (4, f"按 {version}（flag）")
    again, _ = promote(url, "shirking", version, Stage.LIVE, "王主管", "")
    assert not again.passes


def test_a_phrase_that_is_often_wrong_costs_nothing_and_comes_back_by_a_person(url, standard):
    term, criterion = "不归我管", phrase_criterion("banned_wording", "不归我管")
    rules = policy_of(standard, load_settings())
    with Store.open(url) as store:
        for n in range(6):
            call = replace(CALL, id=f"W{n}", agent_id="1003")
            heard = hearing(POLITE, "客户：谁管", "坐席：这个不归我管", call=call)
            store.calls.save(result_of(replace(heard, recording=replace(heard.recording, id=call.id)), rules, EARS))
        turn = heard.turns[2]
        gold = {"criterion": criterion, "span": turn.span, "role": Role.AGENT, "text": turn.text, "gold": True}
        store.labels.add([a_label(f"W{n}", holds=n == 0, **gold) for n in range(6)])
    report = monthly(url, MONTH, standard=standard, close_by="王主管")
    assert {row.agent_id: row.tally.awarded for row in report.months}["1003"] == 0.0
    with Store.open(url) as store:
        (fallen,) = check_gate(store)
        assert (fallen.name, fallen.demoted) == (criterion, True)
        assert "查准率 16.7%（1/6" in fallen.decision.reasons[0]
        (row,) = fallen.affected
        assert (row.agent_id, row.calls, row.lost, row.given) == ("1003", 6, 360.0, 0.0)
        heard = result_of(heard, with_registry(rules, store), EARS)
        flagged = [f.term for f in heard.findings if f.detector == FLAG and f.term not in suspicions()]
        assert flagged == [criterion]
        assert heard.evaluation.tally.awarded == 60.0, "seen in review, and costs nothing"
        assert not restore_term(store, "banned_wording", term, "王主管", "").passes
        store.labels.add([a_label(f"W{n}", holds=True, at=AT + timedelta(1), **gold) for n in range(6)])
        assert restore_term(store, "banned_wording", term, "王主管", "改判").passes
        assert store.demotions.terms() == frozenset()
        assert [each.agent_id for each in demote_term(store, "banned_wording", term, "王主管", "停用")] == ["1003"]
        with pytest.raises(ConfigurationError, match="没有降级"):
            restore_term(store, "banned_wording", "投诉也没用", "王主管", "")


def test_files_go_in_and_are_counted_and_the_field_is_estimated(url, tmp_path):
    path = tmp_path / "labels.csv"
    queued, machine = write_queue(url, QueueRequest("complaint", 6, 1.0), path)
    assert (queued, machine) == (6, "按 complaint/complaint 的命中和疑似（没有分类器）")
    assert all(each.drawn for each in read_labels(path, "x", AT).labels)
    path.write_text(path.read_text(encoding="utf-8").replace("complaint,,", "complaint,没有,"), encoding="utf-8")
    said, problems = import_labels(url, path, "李质检", None)
    assert (said, problems) == ("新增标签 6，已有 0，未答 0，有误 0", ())
    assert import_labels(url, path, "李质检", None)[0].startswith("新增标签 6"), (
        "the file names no time: said again"
    )
    assert labels_table(url).row_count == 1
    assert field_line(url, "complaint", None) == "complaint：随机抽取 6 条，查准率 —，查全率 —"
    assert write_queue(url, QueueRequest("complaint", 6, 1.0), path)[0] == 0, "all of them are labelled"
