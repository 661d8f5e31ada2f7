"""What Label Studio and people write of labels: nobody's answer is lost or another's, and counts are true."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from flows.learning.labels import import_labels
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.errors import CallqaError, ConfigurationError
from pipeline.store import Store
from pipeline.store.learning.labels import _values
from pipeline.store.learning.labels import labels as kept_labels
from pipeline.timeline import Span
from pipeline.validation.learning.labelfiles import read_labels, write_labels
from pipeline.validation.learning.labels import Source
from tests.builders import EARS, hearing
from tests.mutations import mutants
from tests.test_labels import AT, a_label

DATA = {"criterion": "complaint", "call_id": "C1", "start": 1.0, "end": 3.5, "role": "customer", "text": "我要投诉"}
EARLY, LATE = "2025-04-01T02:00:00.000000Z", "2025-04-01T03:00:00Z"


def choice(word, name="verdict", region="turn", **more):
    value = {"start": 1.0, "end": 3.5, "choices": [word]}
    return {"id": region, "from_name": name, "to_name": "audio", "type": "choices", "value": value, **more}


def answer(word, by=1, at=EARLY, **more):
    return {"completed_by": by, "created_at": at, "updated_at": at, "result": [choice(word)], **more}


def task(*annotations, **data):
    return {"id": 1, "data": DATA | data, "annotations": list(annotations), "predictions": []}


def read(folder, *tasks):
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return read_labels(path, "王芳", AT)


@pytest.fixture
def url(tmp_path):
    """The address of a store that has heard one call, C1."""
    url = f"sqlite:///{tmp_path}/callqa.db"
    with Store.open(url) as store:
        heard = hearing("坐席：您好", "客户：我要投诉")
        store.calls.save(result_of(heard, policy_of("kf01", load_settings()), EARS))
    return url


def told(imported):
    return "\n".join((*imported.problems, *map(str, getattr(imported, "notices", ()))))


class TestPeople:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (1, 2),
            ({"id": 1}, {"id": 2}),
            ({"id": 1, "email": "a@x.cn"}, {"id": 2, "email": "b@x.cn"}),
            ("a@x.cn", "b@x.cn"),
            ({"id": 1, "email": "a@x.cn"}, 2),
            ({"id": 1, "email": ""}, {"id": 2, "email": ""}),
        ],
    )
    def test_two_are_two(self, tmp_path, one, other):
        labels = read(tmp_path, task(answer("没有", other, LATE), answer("有", one))).labels
        assert {label.holds for label in labels} == {True, False}
        assert len({label.by for label in labels}) == 2

    @pytest.mark.parametrize(
        ("one", "again"),
        [
            (1, {"id": 1}),
            ("A@X.cn", {"id": 1, "email": "a@x.cn "}),
            (1, {"id": 1, "email": "a@x.cn"}),
            (1, 1.0),
            (1, "1"),
        ],
    )
    def test_one_is_one(self, tmp_path, one, again):
        labels = read(tmp_path, task(answer("有", one)), task(answer("没有", again, LATE), call_id="C2")).labels
        assert len({label.by for label in labels}) == 1

    def test_who_changed_an_answer_of_ours_in_label_studio(self, tmp_path):
        """Label Studio keeps our note of who judged when a person changes the choice."""
        own = {"by": "李质检", "at": "2025-03-01T00:00:00+00:00", "source": "review"}
        kept = answer("有", 7, result=[choice("有", meta=own)])
        changed = answer("没有", 7, updated_at=LATE, result=[choice("没有", meta=own)])
        first, second = read(tmp_path, task(kept), task(changed, call_id="C2")).labels
        assert (first.by, first.source, first.at) == ("李质检", Source.REVIEW, datetime(2025, 3, 1, tzinfo=UTC))
        assert (second.by != "李质检", second.source) == (True, Source.IMPORT)
        assert second.at == datetime.fromisoformat(LATE)


class TestTime:
    def test_the_later_change_is_the_time(self, tmp_path):
        (label,) = read(tmp_path, task(answer("有", updated_at=LATE))).labels
        assert label.at == datetime.fromisoformat(LATE)

    @pytest.mark.parametrize("later_first", [True, False])
    def test_the_later_answer_of_one_person_counts(self, tmp_path, url, later_first):
        answers = [answer("没有", 1, LATE), answer("有", 1)]
        path = tmp_path / "a.json"
        path.write_text(json.dumps([task(*(answers if later_first else answers[::-1]))]), encoding="utf-8")
        said, _ = import_labels(url, path, "王芳", None)
        with Store.open(url) as store:
            assert [label.holds for label in store.labels.all()] == [False]
        assert said.startswith("新增标签 1，已有 0")
        assert "取代 1" in said
        assert import_labels(url, path, "王芳", None)[0].startswith("新增标签 0，已有 1")

    def test_an_older_export_does_not_win(self, store):
        newer = a_label(holds=False, at=AT + timedelta(days=1))
        assert store.labels.add([newer]) == 1
        assert store.labels.add([a_label()]) == 0
        assert store.labels.all() == (newer,)

    def test_what_came_in_the_wrong_order_before(self, store):
        """Stores written before time decided have the older row behind the newer."""
        newer, older = a_label(holds=False, at=AT + timedelta(days=1)), a_label()
        rows = [_values(newer), _values(older)]
        with store.engine.begin() as connection:
            connection.execute(insert(kept_labels), rows)
        assert store.labels.all() == (newer,)

    def test_without_a_time(self, tmp_path):
        imported = read(tmp_path, task({"completed_by": 1, "result": [choice("有")]}))
        assert imported.labels[0].at == AT
        assert "时间" in told(imported)


class TestControls:
    """What else a project asks for is let through."""

    @pytest.mark.parametrize(
        "other",
        [
            choice("音质差", "quality"),
            choice("没有", "noise"),
            {"type": "rating", "from_name": "stars", "value": {"rating": 3}},
            {"type": "textarea", "from_name": "note", "value": {"text": ["x"], "start": "0:00"}},
            {"type": "hypertextlabels", "from_name": "x", "value": {"start": "/div[1]/text()[1]", "end": "/p"}},
            {"type": "taxonomy", "from_name": "t", "value": {"taxonomy": [["a", "b"]]}},
            {"type": "choices", "from_name": "many", "value": {"choices": "一个"}},
            {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
            {"from_name": "odd"},
            None,
        ],
    )
    def test_beside_the_verdict(self, tmp_path, other):
        imported = read(tmp_path, task(answer("有", result=[choice("有"), other])))
        assert (len(imported.labels), imported.problems) == (1, ())
        assert imported.labels[0].holds

    def test_no_verdict_beside_another_choice_is_no_answer(self, tmp_path):
        imported = read(tmp_path, task(answer("有", result=[choice("没有", "noise")])))
        assert (imported.labels, imported.unanswered) == ((), 1)

    @pytest.mark.parametrize("meta", [None, [], "x", {"text": ["laut"]}, {"by": None, "at": None}])
    def test_notes_on_a_region(self, tmp_path, meta):
        imported = read(tmp_path, task(answer("有", result=[choice("有", meta=meta)])))
        assert (len(imported.labels), imported.problems) == (1, ())

    def test_cancelled_drafts_and_predictions_are_no_answers_and_told(self, tmp_path):
        skipped = task(answer("有", was_cancelled=True)) | {
            "drafts": [{"result": [choice("有")]}],
            "predictions": [{"result": [choice("有")]}],
        }
        imported = read(tmp_path, skipped)
        assert (imported.labels, imported.unanswered) == ((), 1)
        assert "跳过" in told(imported)
        assert "草稿" in told(imported)

    def test_both_answers_for_one_stretch(self, tmp_path):
        imported = read(tmp_path, task(answer("有", result=[choice("有"), choice("没有", region="t2")])))
        assert not imported.labels
        assert len(imported.problems) == 1

    def test_a_standard_answer_is_gold(self, tmp_path):
        gold, plain = read(
            tmp_path, task(answer("有", ground_truth=True)), task(answer("有", ground_truth=False), call_id="C2")
        ).labels
        assert (gold.gold, plain.gold) == (True, False)


class TestFields:
    @pytest.mark.parametrize("id", [1003, 1003.0, "1003", "１００３", "1003 ", '="1003"'])
    def test_ids(self, tmp_path, id):
        (label,) = read(tmp_path, task(answer("有"), agent_id=id, call_id=id)).labels
        assert (label.agent_id, label.call_id) == ("1003", "1003")

    @pytest.mark.parametrize("id", [None, float("nan"), "", "NULL"])
    def test_no_agent(self, tmp_path, id):
        assert read(tmp_path, task(answer("有"), agent_id=id)).labels[0].agent_id is None

    @pytest.mark.parametrize("id", [2.02503e17, "2E+17", True, {"a": 1}, "2025-03-01"])
    def test_doubtful_ids(self, tmp_path, id):
        imported = read(tmp_path, task(answer("有"), call_id=id), task(answer("有")))
        assert len(imported.labels) == 1
        assert "task 1" in imported.problems[0]

    def test_what_a_table_makes_of_the_other_fields(self, tmp_path):
        odd = {"start": "1.0", "end": "3.5", "text": 8888, "before": None, "gold": "False", "machine": float("nan")}
        (label,) = read(tmp_path, task(answer("有"), **odd, rate=None, why=None, audio=None)).labels
        assert (label.text, label.before, label.gold, label.machine, label.rate) == ("8888", "", False, None, 1.0)
        assert label.span == Span(1.0, 3.5)

    @pytest.mark.parametrize("text", ["\ud800", "a\0b"])
    def test_text_that_no_database_takes(self, tmp_path, text):
        imported = read(tmp_path, task(answer("有"), text=text))
        assert not imported.labels
        assert len(imported.problems) == 1


class TestFiles:
    def test_json_min(self, tmp_path):
        short = DATA | {"verdict": "有", "annotator": 1, "annotation_id": 1, "created_at": EARLY, "id": 1}
        with pytest.raises(ConfigurationError, match="JSON-MIN") as caught:
            read(tmp_path, short, short)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "content",
        [
            b"[" * 100_000,
            b'[{"data": ' * 50_000,
            b"[" + b"9" * 5000 + b"]",
            b"\xff\xfe[\x00",
            b'[1, null, [], "x"]',
        ],
    )
    def test_what_is_no_export(self, tmp_path, content):
        path = tmp_path / "a.json"
        path.write_bytes(content)
        try:
            imported = read_labels(path, "王芳", AT)
        except ConfigurationError as error:
            assert "a.json" in str(error)  # noqa: PT017
        else:
            assert not imported.labels
            assert imported.problems

    def test_a_table_with_two_columns_of_one_name(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("criterion,holds,holds,call_id,start,end,role,text\nc,有,没有,C1,1,2,agent,x\n")
        with pytest.raises(ConfigurationError, match="holds"):
            read_labels(path, "王芳", AT)

    @pytest.mark.parametrize("line", ["sep=;\n", ""])
    def test_a_table_that_excel_has_saved(self, tmp_path, line):
        path = tmp_path / "a.csv"
        text = f"{line}criterion;holds;call_id;start;end;role;text;;\ncomplaint;有;1003.0;1;2;customer;我要投诉;;\n"
        path.write_bytes(text.encode("gb18030"))
        imported = read_labels(path, "王芳", AT)
        assert imported.problems == ()
        assert [(label.call_id, label.text) for label in imported.labels] == [("1003", "我要投诉")]

    @pytest.mark.parametrize("name", ["a.csv", "a.json"])
    def test_mutants(self, tmp_path, name):
        path = tmp_path / name
        write_labels(path, [a_label(f"C{n}", by=f"李{n}") for n in range(5)], {})
        if name == "a.json":
            tasks = [
                *json.loads(path.read_bytes()),
                task(answer("有"), answer("没有", {"id": 2, "email": "a@x.cn"})),
            ]
            path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
        for content in mutants(path.read_bytes()):
            path.write_bytes(content)
            try:
                imported = read_labels(path, "王芳", AT)
            except CallqaError as error:
                assert name in str(error)  # noqa: PT017  many mutants are refused, and say where
            else:
                assert "\ud800" not in repr(imported.problems)


class TestStore:
    def run(self, tmp_path, url, *tasks):
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return import_labels(url, path, "王芳", None)

    def test_a_call_that_the_store_has_not(self, tmp_path, url):
        said, problems = self.run(tmp_path, url, task(answer("有")), task(answer("有"), call_id="NOSUCH"))
        assert said.startswith("新增标签 1，已有 0，未答 0，有误 1")
        assert len(problems) == 1
        assert "task 2" in problems[0]
        assert "NOSUCH" in problems[0]

    def test_two_people_are_stored_and_counted(self, tmp_path, url):
        asked = task(answer("没有", 2, LATE), answer("有", 1))
        assert self.run(tmp_path, url, asked)[0].startswith("新增标签 2，已有 0")
        with Store.open(url) as store:
            assert {label.holds for label in store.labels.all()} == {True, False}
        assert self.run(tmp_path, url, asked)[0].startswith("新增标签 0，已有 2")

    def test_the_agent_of_the_call_counts(self, tmp_path, url):
        said, _ = self.run(tmp_path, url, task(answer("有"), agent_id=999))
        with Store.open(url) as store:
            (label,) = store.labels.all()
            assert label.agent_id == hearing("坐席：您好").call.agent_id
        assert "工号" in said
