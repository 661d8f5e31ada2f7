"""One night, many lines: each call by the standard, the company, the lists and the hotwords of its line."""

import json
import wave
from collections import Counter
from copy import copy
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.desk.server import desk_of
from flows.desk.verdicts import judge_of
from flows.month.month import monthly
from flows.night import night as nights
from flows.night.rescore import rescore_calls
from flows.night.unclaimed import REASON
from flows.policy.claims import doubts_of, lines_in_force, lines_of
from flows.policy.library import scorecard_of, titles_in_force
from flows.settings import Settings
from models.ears import Ears
from pipeline.audio.audio import open_recording
from pipeline.call import Status
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.hearing.transcript import Segment, Word
from pipeline.hearing.turns import SpeakerSegment
from pipeline.indicators import Feeds
from pipeline.notices import NoticeKind
from pipeline.store import Store
from pipeline.timeline import Span
from tests.desks import client, people
from tests.nights import night_of

CALLS = Path(__file__).parent / "calls"
HOME, ESTATE, CALLBACK = "家政服务热线", "物业服务热线", "外呼回访"
ROWS = """call_id,agent_id,agent_name,queue,direction,started_at,answered_at,ended_at,recording
H1,1003,王磊,家政服务热线,inbound,2025-03-05 09:00:00,2025-03-05 09:00:05,2025-03-05 09:00:19,H1.wav
H2,1003,王磊,家政服务热线,inbound,2025-03-06 09:00:00,2025-03-06 09:00:05,2025-03-06 09:00:19,H2.wav
E1,2001,陈建国,物业服务热线,inbound,2025-03-05 10:00:00,2025-03-05 10:00:05,2025-03-05 10:00:19,E1.wav
E2,,,物业服务热线,inbound,2025-03-05 10:10:00,,2025-03-05 10:10:40,
B1,1002,周敏,外呼回访,outbound,2025-03-05 11:00:00,2025-03-05 11:00:05,2025-03-05 11:00:19,B1.wav
"""
SAID = "您好青禾请问有什么可以帮您请您先把垃圾分类"
LINES = """
lines:
  - {name: 家政, standard: kf01, queues: [家政服务热线], companies: [青禾], hotwords: [保洁, 月嫂]}
  - {name: 物业, standard: estate.yaml, queues: [物业服务热线], companies: [锦绣家园], rules: estate}
"""
STANDARD = """
name: estate
title: 物业热线
revision: 1
effective_from: 2025-01-01
source: 《物业热线考核》
lexicons: [required, green]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
total: 100
criteria:
  - id: 单位
    title: 报单位
    standard: 接通后报单位。
    source_class: A
    points: 50
    parts: [{title: 单位, rule: {kind: heard, detector: required_phrase, terms: [company]}}]
  - id: 环保
    title: 环保提示
    standard: 提醒垃圾分类。
    source_class: A
    points: 50
    parts: [{title: 分类, rule: {kind: heard, detector: green, terms: [sort]}}]
"""
GREEN = """
name: green
revision: 1
detector: green
title: 环保提示
phrases:
  - {term: sort, title: 提醒垃圾分类, role: agent, variants: [请您先把垃圾分类]}
"""


class Telling:
    """Ears that hear the same two sentences in everything, and note what they expected."""

    name = "telling"

    def __init__(self):
        self.settings, self.hotwords, self.listened = "1", (), []

    def with_hotwords(self, expected):
        twin = copy(self)
        twin.hotwords, twin.settings = tuple(expected), f"1-{'-'.join(expected)}"
        return twin

    def transcribe(self, _audio, spans, channel):
        """The sentence in the first stretch of speech, and a word in each other one."""
        self.listened.append(self.hotwords)
        texts = [SAID if channel == 0 else "我想问一下", *["好的"] * len(spans)]
        return tuple(Segment(channel, spread(*pair)) for pair in zip(texts, spans, strict=False))

    def second_opinion(self):
        return self

    def diarize(self, _audio, _speech):
        return (SpeakerSegment(0, Span(1.0, 7.0)), SpeakerSegment(1, Span(9.0, 11.0)))


def spread(text, span):
    """The characters of a text, evenly over a stretch."""
    each = span.duration / len(text)
    return tuple(
        Word(one, Span(span.start + n * each, span.start + (n + 1) * each), 0.95) for n, one in enumerate(text)
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with records and 14 s of a real call for each, a little softer every time."""
    place = tmp_path_factory.mktemp("recorded")
    (place / "cdr.csv").write_text(ROWS, encoding="utf-8")
    _, audio = open_recording((CALLS / "D04.wav").read_bytes(), "file:///D04.wav")
    sound = audio[:, 288_000:520_000:2]
    for n, name in enumerate(("H1", "H2", "E1", "B1")):
        with wave.open(str(place / f"{name}.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes((sound.T * 32_767 * (1 - n / 100)).astype("<i2").tobytes())
    return place


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lines.yaml").write_text(LINES, encoding="utf-8")
    (tmp_path / "estate.yaml").write_text(STANDARD, encoding="utf-8")
    (tmp_path / "estate").mkdir()
    (tmp_path / "estate" / "green.yaml").write_text(GREEN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def settings(folder, monkeypatch):
    monkeypatch.setenv("CALLQA_LINES", str(folder / "lines.yaml"))
    return Settings()


@pytest.fixture
def ears():
    telling = Telling()
    return Ears(telling, telling)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/callqa.db"


@pytest.fixture
def night(url, ears, settings, recorded):
    def run():
        with Store.open(url) as store:
            place = str(recorded)
            return night_of(store, place, f"{place}/cdr.csv", ears, lines=lines_in_force(Settings()))

    return run


def by_queue(url):
    """The results of the calls, by queue."""
    with Store.open(url) as store:
        every = [store.calls.get(call_id) for call_id in store.calls.statuses()]
    return {queue: [each for each in every if each.call.queue == queue] for queue in (HOME, ESTATE, CALLBACK)}


def heard(result):
    return {(f.detector, f.term) for f in result.findings if f.detector in ("required_phrase", "green")}


def test_one_night_judges_each_call_by_its_own_line(night, url, ears):
    intake = night()
    results = by_queue(url)
    judged = {queue: [r for r in results[queue] if r.evaluation] for queue in results}
    assert {r.evaluation.scorecard for r in judged[HOME]} == {"kf01"}
    assert {r.evaluation.scorecard for r in judged[ESTATE]} == {"estate"}
    assert {r.call.id for r in judged[HOME]} == {"H1", "H2"}
    assert {r.call.id for r in judged[ESTATE]} == {"E1"}, "nobody answered E2"
    assert all(("required_phrase", "company") in heard(r) for r in judged[HOME])
    assert not any(("required_phrase", "company") in heard(r) for r in judged[ESTATE]), "青禾 is not its company"
    assert all(("green", "sort") in heard(r) for r in judged[ESTATE])
    assert not any(("green", "sort") in heard(r) for r in judged[HOME]), "the list of another line"
    assert {r.evaluation.score for r in judged[ESTATE]} == {50.0}
    assert set(ears.recognizer.listened) == {("保洁", "月嫂"), ()}
    kept = {r.fingerprint.ears.recognizer_settings for r in judged[HOME]}
    assert all("保洁" in each for each in kept)
    assert {r.status for r in results[CALLBACK]} == {Status.UNSCORABLE}
    assert {r.reason for r in results[CALLBACK]} == {REASON}
    assert {r.hearing for r in results[CALLBACK]} == {None}, "nobody said how it is to be heard"
    told = [str(n) for n in intake.notices if n.kind is NoticeKind.RECORD_UNCLAIMED]
    assert told == ["没有适用的考核标准（队列 外呼回访）：1 通通话没有适用的考核标准，没有评分"]


def test_a_line_that_changes_has_its_own_calls_judged_again_and_none_heard(night, url, ears, folder):
    night()
    before, num_heard = by_queue(url), len(ears.recognizer.listened)
    night()
    assert by_queue(url) == before
    path = folder / "lines.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("锦绣家园", "青禾"), encoding="utf-8")
    night()
    after = by_queue(url)
    assert after[HOME] == before[HOME]
    assert {r.evaluation.score for r in after[ESTATE] if r.evaluation} == {100.0}
    assert len(ears.recognizer.listened) == num_heard


def test_calls_that_a_line_claims_later_are_heard_then_and_lose_their_judgement_when_none_does(night, url, folder):
    night()
    path = folder / "lines.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "  - {name: 其他, standard: kf01}\n", encoding="utf-8")
    night()
    assert {r.status for r in by_queue(url)[CALLBACK]} == {Status.EVALUATED}
    path.write_text(text, encoding="utf-8")
    night()
    left = by_queue(url)[CALLBACK]
    assert {(r.status, r.reason, r.evaluation) for r in left} == {(Status.UNSCORABLE, REASON, None)}
    assert all(r.hearing is not None for r in left), "what was heard stays"


def test_rescore_month_and_desk_go_by_the_line(night, url, settings, folder):
    night()
    path = folder / "lines.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("锦绣家园", "青禾"), encoding="utf-8")
    only = rescore_calls("estate", url, None, Settings())
    assert (only.judged, only.unclaimed) == (1, 0)
    assert {r.evaluation.score for r in by_queue(url)[ESTATE] if r.evaluation} == {100.0}
    assert rescore_calls((), url, None, Settings()).judged == 3
    with pytest.raises(ConfigurationError, match="没有业务线用标准 table1"):
        rescore_calls("table1", url, None, Settings())
    home, estate = (monthly(url, "2025-03", standard=name) for name in ("kf01", "estate"))
    assert sum(row.evaluated for row in home.months) == 2
    assert sum(row.evaluated for row in estate.months) == 1
    assert sum(row.unscorable for row in estate.months) == 1, "E2"
    with Store.open(url) as store:
        judge = judge_of(store, Settings())
        again = {judge(r.hearing).evaluation.score for r in by_queue(url)[ESTATE] if r.evaluation}
        people(store)
        desk, call = desk_of(store, Settings()), next(r.call.id for r in by_queue(url)[ESTATE] if r.evaluation)
        for page in ("/queue", f"/calls/{call}"):
            assert "业务线：物业　物业热线" in client(desk, "wang").get(page).text, page
        assert "业务线：家政　" in client(desk, "wang").get("/queue").text
        path.write_text("lines: [", encoding="utf-8")
        assert "业务线" not in client(desk, "wang").get(f"/calls/{call}").text, "a wrong file takes no page away"
        path.write_text(LINES.replace("锦绣家园", "青禾"), encoding="utf-8")
    assert again == {100.0}
    assert titles_in_force(Settings()).term("green", "sort") == "提醒垃圾分类"
    assert scorecard_of("estate", Settings()).applies_to.queues == (ESTATE,)


def test_findings_of_another_company_name_are_not_judged_for_the_line(night, url, settings, folder):
    night()
    path = folder / "lines.yaml"
    moved = path.read_text(encoding="utf-8").replace(f"queues: [{HOME}]", "queues: [别处]")
    path.write_text(moved.replace(f"queues: [{ESTATE}]", f"queues: [{ESTATE}, {HOME}]"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="rescore"):
        monthly(url, "2025-03", standard="estate")


def test_a_team_claims_by_the_roster_of_the_day_and_without_one_nothing_is_run(url, ears, recorded, tmp_path):
    (tmp_path / "teams.yaml").write_text(
        "lines:\n  - {name: 甲, standard: table1, teams: [甲组]}\n  - {name: 其他, standard: kf01}\n",
        encoding="utf-8",
    )
    lines = lines_in_force(Settings(lines=tmp_path / "teams.yaml"))
    with Store.open(url) as store, pytest.raises(ConfigurationError, match="没有班组名册"):
        night_of(store, str(recorded), str(recorded / "cdr.csv"), ears, lines=lines)
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    rows = [
        "工号,姓名,班组,起始日期,结束日期",
        "1003,王磊,甲组,2025-03-01,2025-03-05",
        "1003,王磊,乙组,2025-03-06,",
    ]
    (feeds / "花名册.csv").write_text("\n".join(rows), encoding="utf-8")
    with Store.open(url) as store:
        store.roster.save(Feeds.read(feeds).memberships, "test")
        night_of(store, str(recorded), str(recorded / "cdr.csv"), ears, lines=lines)
        cards = {id: store.calls.get(id).evaluation.scorecard for id in ("H1", "H2", "E1")}
    assert cards == {"H1": "table1", "H2": "kf01", "E1": "kf01"}


def written(tmp_path, *entries):
    path = tmp_path / "some.yaml"
    path.write_text("lines:\n" + "".join(f"  - {json.dumps(e, ensure_ascii=False)}\n" for e in entries))
    return Settings(lines=path)


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ({"queues": ["售后", "售前"]}, {"queues": ["售后"]}, "都认领售后"),
        ({}, {}, "都认领全部通话"),
        ({"teams": ["甲组"]}, {"teams": ["甲组", "乙组"]}, "都认领甲组"),
        ({}, {"queues": ["售后"]}, "永远分不到通话"),
        ({"queues": ["售后"]}, {"queues": ["售后"], "teams": ["甲组"]}, "永远分不到通话"),
        ({"queues": ["售后"]}, {"teams": ["甲组"], "standard": "kf01"}, "同样按队列"),
    ],
)
def test_lines_that_cannot_stand_beside_each_other_are_refused(tmp_path, first, second, problem):
    settings = written(
        tmp_path, {"name": "一", "standard": "kf01", **first}, {"name": "二", "standard": "table1"} | second
    )
    with pytest.raises(PolicyError, match=problem):
        lines_in_force(settings)


def test_lines_that_may_meet_go_by_their_order_and_that_is_told(tmp_path):
    settings = written(
        tmp_path,
        {"name": "一", "standard": "kf01", "queues": ["售后"]},
        {"name": "二", "standard": "table1", "teams": ["甲组"]},
    )
    told = list(doubts_of(lines_in_force(settings)))
    assert "归“一”" in told[0]
    assert "不评分" in told[1]
    only = written(
        tmp_path, {"name": "一", "standard": "kf01", "queues": ["售后"]}, {"name": "二", "standard": "kf01"}
    )
    assert list(doubts_of(lines_in_force(only))) == []


def test_standards_on_the_command_line_must_be_for_different_calls(tmp_path):
    for name, queue in (("one", "售前"), ("two", "售后")):
        text = STANDARD.replace("name: estate", f"name: {name}").replace("lexicons: [required, green]", "")
        (tmp_path / f"{name}.yaml").write_text(text + f"applies_to: {{queues: [{queue}]}}\n", encoding="utf-8")
    one, two = (str(tmp_path / f"{name}.yaml") for name in ("one", "two"))
    assert [line.scope.queues for line in lines_of((one, two), Settings()).lines] == [("售前",), ("售后",)]
    with pytest.raises(ConfigurationError, match="可能包含同一通电话"):
        lines_of((one, "kf01"), Settings())
    with pytest.raises(ConfigurationError, match="去掉 --standard"):
        lines_of(("kf01",), written(tmp_path, {"name": "一", "standard": "kf01"}))


def test_hotwords_need_an_engine_that_takes_them():
    class Deaf:
        name, settings = "deaf", "1"

    assert Ears(Deaf(), Deaf()).with_hotwords(()).recognizer.name == "deaf"
    with pytest.raises(ConfigurationError, match="不能设热词"):
        Ears(Deaf(), Deaf()).with_hotwords(("保洁",))


def test_the_flow_of_a_night_with_two_lines_adds_up(url, ears, settings, monkeypatch, recorded):
    monkeypatch.setattr(nights, "load_ears", lambda *_: ears)
    monkeypatch.setattr(nights, "hear_shard", SimpleNamespace(submit=partial(at_once, nights.hear_shard.fn)))
    night = nights.nightly.fn(str(recorded), str(recorded / "cdr.csv"), url, settings=settings)
    assert night.unclaimed == Counter({"队列 外呼回访": 1})
    assert night.by_status == Counter({Status.EVALUATED: 3, Status.UNSCORABLE: 2})
    assert [count.num_notices for count in night.doubts if count.kind is NoticeKind.RECORD_UNCLAIMED] == [1]


def at_once(function, *arguments):
    """A task that is done where it is asked for, without an orchestrator."""
    return SimpleNamespace(result=partial(function, *arguments))


def test_the_example_of_the_docs_is_read(tmp_path):
    text = (Path(__file__).parent.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "lines.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "aftersales.yaml").write_text(STANDARD, encoding="utf-8")
    lines = lines_in_force(Settings(lines=tmp_path / "lines.yaml")).lines
    assert [(line.name, line.card.name) for line in lines] == [
        ("售后", "estate"),
        ("外呼", "table1"),
        ("其他", "kf01"),
    ]
    assert lines[0].settings.more_rules == (tmp_path / "aftersales",)
    assert lines[0].settings.companies == ("青禾电器", "青禾")
