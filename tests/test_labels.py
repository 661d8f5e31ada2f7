"""A verdict becomes a label; labels go to files and back, and of what is wrong in a file nothing else is lost."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.hearing.turns import Role
from pipeline.ids import bare, read_id
from pipeline.timeline import Span
from pipeline.validation.learning.labelfiles import read_labels, write_labels, write_questions
from pipeline.validation.learning.labels import (
    Judgement,
    Label,
    Question,
    Source,
    label_of,
    label_of_turn,
    majority_labels,
)
from tests.builders import finding, hearing

AT = datetime(2026, 10, 3, 9, 30, 5, 123456, tzinfo=UTC)
HEARD = hearing("坐席：您好", "客户：我要投诉", "坐席：这个不归我管", "坐席：您稍等")


def a_label(call_id="C1", start=1.0, holds=True, by="李质检", criterion="complaint", **changes):
    given_fields = {
        "agent_id": "1001",
        "span": Span(start, start + 2.5),
        "role": Role.CUSTOMER,
        "text": "我要投诉你们",
        "before": "您好",
        "source": Source.REVIEW,
        "at": AT,
    }
    return Label(criterion, holds, call_id, by=by, **given_fields | changes)


# --- what a label is


def test_a_verdict_on_a_finding_becomes_a_label_with_its_turn():
    found = replace(finding("banned_wording", "不归我管"), turn_index=2)
    label = label_of(found, HEARD, Judgement(False, "李质检", AT, Source.DISPUTE))
    turn = HEARD.turns[2]
    assert (label.criterion, label.holds, label.text) == ("banned_wording/不归我管", False, "这个不归我管")
    assert (label.span, label.before, label.agent_id) == (turn.span, "我要投诉", "1001")
    assert label.machine == found.confidence


def test_a_verdict_on_what_the_machine_missed():
    label = label_of_turn(HEARD, 3, "complaint", Judgement(True, "李质检", AT, Source.DISPUTE))
    assert (label.before, label.machine) == ("我要投诉", None), "the other side, not the turn before"


@pytest.mark.parametrize("changes", [{"turn_index": None}, {"call_id": "C2"}])
def test_a_finding_of_no_turn_of_the_call_gives_no_label(changes):
    with pytest.raises(ValueError, match="in no turn of C1"):
        label_of(
            replace(finding("ringing", "rings"), **changes), HEARD, Judgement(True, "李质检", AT, Source.REVIEW)
        )


@pytest.mark.parametrize(
    "changes", [{"rate": 0.0}, {"rate": 1.1}, {"machine": 1.5}, {"at": AT.replace(tzinfo=None)}]
)
def test_a_label_that_cannot_be_is_refused(changes):
    with pytest.raises(ValueError, match=r"probability|time zone"):
        a_label(**changes)


def test_people_who_disagree_are_outvoted_or_nobody_knows():
    two_to_one = [a_label(by="甲"), a_label(by="乙", at=AT + timedelta(1)), a_label(by="丙", holds=False)]
    tied = [a_label("C2", by="甲"), a_label("C2", by="乙", holds=False)]
    assert majority_labels(two_to_one + tied) == (two_to_one[1],)


# --- to files and back

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
ids = st.text("0123456789AZ甲_-", min_size=1, max_size=8).filter(lambda id: read_id(id).id == id)
people = st.text("李王az@.# '=", min_size=1, max_size=8).filter(lambda name: name and bare(name) == name)
shares = st.floats(0, 1)
a_span = st.tuples(st.floats(0, 7200), st.floats(0, 60)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))
some_labels = st.builds(
    Label,
    criterion=names,
    holds=st.booleans(),
    call_id=ids,
    agent_id=st.none() | ids,
    span=a_span,
    role=st.sampled_from(Role),
    text=texts,
    before=texts,
    source=st.sampled_from(Source),
    by=people,
    at=st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])),
    gold=st.booleans(),
    drawn=st.booleans(),
    machine=st.none() | shares,
    rate=st.floats(0.001, 1),
)


def in_utc(label: Label) -> str:
    """All of a label, its instant as a file keeps it."""
    return repr(replace(label, at=label.at.astimezone(UTC)))


@pytest.mark.parametrize("name", ["labels.csv", "labels.json"])
@given(labels=st.lists(some_labels, max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(tmp_path_factory, name, labels):
    path = tmp_path_factory.mktemp("labels") / name
    assert write_labels(path, labels, {}) == len(labels)
    again = read_labels(path, "somebody else", datetime.now(UTC))
    assert (again.problems, again.unanswered) == ((), 0)
    assert sorted(again.labels, key=in_utc) == sorted(labels, key=in_utc)


def test_a_table_is_safe_to_open_and_says_where_to_listen(tmp_path):
    path = tmp_path / "labels.csv"
    write_labels(path, [a_label(text="=1+1", before="'-1")], {"C1": "file:///C1.wav"})
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["text"], row["before"], row["audio"]) == ("'=1+1", "''-1", "file:///C1.wav")
    assert read_labels(path, "", AT).labels[0].text == "=1+1"


def test_wrong_rows_are_named_and_the_others_kept(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "criterion,holds,call_id,start,end,role,text,extra\n"
        "complaint,有,C1,1.0,2.0,customer,我要投诉,x\n"
        "complaint,也许,C2,1.0,2.0,customer,我要投诉,x\n"
        "complaint,没有,C3,5.0,2.0,customer,谢谢,x\n"
        "complaint,,C4,1.0,2.0,customer,谢谢,x\n"
        "complaint,no,C5,1.0\n"
        "complaint,no,C6,1.0,2.0,boss,谢谢,x\n"
        "complaint,no,C7,1.0,2.0,customer,谢谢,x\n",
        encoding="utf-8",
    )
    imported = read_labels(path, "王芳", AT)
    assert [(label.call_id, label.holds, label.by, label.at) for label in imported.labels] == [
        ("C1", True, "王芳", AT),
        ("C7", False, "王芳", AT),
    ]
    assert imported.unanswered == 1
    told = {problem.removeprefix(str(path)) for problem in imported.problems}
    assert any(each.startswith(": row 3: holds is '也许': should be 有 or 没有") for each in told)
    assert any(each.startswith(": row 4: the end, 2, lies before the start, 5") for each in told)
    assert any(each.startswith(": row 6 has not as many fields") for each in told)
    assert any(each.startswith(": row 7: role is 'boss'") for each in told)
    assert len(told) == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "criterion,holds\n", "columns missing: call_id, start, end, role, text"),
        ("a.csv", 'criterion,holds,call_id,start,end,role,text\n"a', "is no CSV"),
        ("a.json", "{", "is no JSON"),
        ("a.json", "{}", "is no list of tasks"),
        ("a.txt", "", "must end in .json"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        read_labels(tmp_path / name, "王芳", AT)


# --- Label Studio

DATA = {"criterion": "complaint", "call_id": "C1", "start": 1.0, "end": 3.5, "role": "customer", "text": "我要投诉"}


def choice(value, **more):
    return {"id": "x1", "from_name": "verdict", "to_name": "audio", "type": "choices", "value": value, **more}


def test_what_people_did_in_label_studio_is_read(tmp_path):
    """As Label Studio 1.x exports it: own ids, regions apart from choices, people by number or e-mail address."""
    region = {
        "id": "x1",
        "from_name": "turn",
        "to_name": "audio",
        "type": "labels",
        "original_length": 61.3,
        "value": {"start": 1.5, "end": 3.0, "channel": 0, "labels": ["话轮"]},
        "origin": "manual",
    }
    moved = choice({"start": 1.5, "end": 3.0, "choices": ["有"]}, meta={"text": ["loud"]})
    made_at = "2026-10-03T09:30:05.123456Z"
    tasks = [
        {"id": 7, "data": DATA, "annotations": [{"completed_by": {"email": "li@x.cn"}, "created_at": made_at,
         "result": [region, moved], "lead_time": 4.2}]},
        {"id": 8, "data": DATA | {"call_id": "C2"}, "annotations": [{"completed_by": 10,
         "result": [choice({"choices": ["没有"]})]}]},
        {"id": 9, "data": DATA, "annotations": [{"was_cancelled": True, "result": [choice({"choices": ["有"]})]}]},
        {"id": 10, "data": DATA, "annotations": []},
        {"id": 11, "data": DATA, "annotations": [{"result": [choice({"choices": ["有", "没有"]})]}]},
        {"id": 12, "data": {"audio": "x.wav"}, "annotations": []},
    ]  # fmt: skip
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    imported = read_labels(path, "王芳", AT + timedelta(days=1))
    first, second = imported.labels
    assert (first.span, first.by, first.at, first.source) == (Span(1.5, 3.0), "li@x.cn", AT, Source.IMPORT)
    assert (second.span, second.by, second.holds) == (Span(1.0, 3.5), "王芳#10", False)
    assert second.at == AT + timedelta(days=1)
    assert imported.unanswered == 2
    assert [problem.removeprefix(f"{path}: ")[:7] for problem in imported.problems] == ["task 5:", "task 6:"]


@pytest.mark.parametrize("name", ["queue.json", "queue.csv"])
def test_questions_are_answered_in_the_file_and_keep_how_they_were_drawn(tmp_path, name):
    asked = replace(Question.of(a_label(drawn=True, rate=0.25, machine=0.75)), why="random")
    path = tmp_path / name
    assert write_questions(path, [asked], {"C1": "file:///C1.wav"}) == 1
    assert read_labels(path, "王芳", AT).unanswered == 1
    content = path.read_text(encoding="utf-8-sig")
    if name.endswith("json"):
        tasks = json.loads(content)
        (region,) = tasks[0]["predictions"][0]["result"]
        assert (region["value"]["start"], tasks[0]["data"]["audio"]) == (1.0, "file:///C1.wav")
        tasks[0]["annotations"] = [{"completed_by": 1, "result": [choice({"choices": ["没有"]})]}]
        path.write_text(json.dumps(tasks), encoding="utf-8")
    else:
        path.write_text(content.replace("complaint,,", "complaint,没有,"), encoding="utf-8")
    (label,) = read_labels(path, "王芳", AT).labels
    assert (label.holds, label.drawn, label.rate, label.machine) == (False, True, 0.25, 0.75)
