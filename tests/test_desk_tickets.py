"""Tickets beside the items of a call's page: each difference, its place, what it suggests, and who sees it."""

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.desk.server import desk_of
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.errors import PolicyError
from pipeline.hearing.dialogue import hearing_of
from pipeline.scorecard import Criterion, Part, bundled_scorecards, find_scorecard, load_scorecard
from pipeline.store import Store
from tests.builders import EARS
from tests.desks import client, people

RECORD = "（话单：开始=2025-03-05 10:00，时长=120）"
SAID = ("坐席：您好阳光家政", "客户：我电话是幺三八零零幺三二二零幺", "坐席：一三八零零一三二二零一对吗")
HEADER = "工单号,工号,创建时间,通话编号,联系电话"
ROWS = (
    "T1,1001,2025-03-05 10:05:00,WRONG,13800132209",
    "T2,1001,2025-03-05 10:05:00,RIGHT,13800132201",
    "T3,1001,2025-04-01 00:05:00,RIGHT,",  # of another month than the call
)


def judged(call_id, standard):
    heard = hearing_of([RECORD, *SAID], call_id)
    at = datetime(2025, 3, 5, 2, tzinfo=UTC)
    call = replace(heard.call, agent_id="1001", source="cdr.csv:2", ring_at=at)
    return result_of(replace(heard, call=call), policy_of(standard, load_settings()), EARS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with calls whose ticket has another number, the right one, or that have none; and the feed."""
    folder = tmp_path_factory.mktemp("tickets")
    (folder / "feeds").mkdir()
    (folder / "feeds" / "tickets.csv").write_text("\n".join([HEADER, *ROWS]), encoding="utf-8")
    url = f"sqlite:///{folder}/callqa.db"
    with Store.open(url) as store:
        people(store)
        for call_id, standard in (("WRONG", "kf01"), ("RIGHT", "kf01"), ("NONE", "kf01"), ("MONTHLY", "table1")):
            store.calls.save(judged(call_id, standard))
        yield url, folder / "feeds", store


@pytest.fixture(scope="module")
def desk(made):
    _, feeds, store = made
    return desk_of(store, load_settings(), feeds)


class Numbers:
    """Masks every digit."""

    def text(self, said):
        return re.sub(r"\d", "*", said)

    def spans(self, hearing):
        return ()


def beside(desk, call_id, who="wang", item="KF01-6-1"):
    """What stands of tickets beside an item, in HTML; empty for nothing."""
    text = client(desk, who).get(f"/calls/{call_id}").text
    own = text.partition(f'data-item="{item}"')[2].partition("data-item=")[0]
    found = re.search(r'<div class="tickets".*?</div>', own, re.DOTALL)
    return found[0] if found else ""


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


def test_another_number_is_told_with_its_place_and_suggests_not_met(desk):
    html = beside(desk, "WRONG")
    assert "联系电话：工单上是“13800132209”，00:03 处听到“13800132201”；请听录音核对" in words(html)
    assert re.search(r'data-play="3\.\d+" data-end="\d+\.\d+" data-lead="2"', html), html
    assert "工单 T1：与通话有 1 处差异 建议：不符合 只作线索，须人工确认" in words(html)


def test_what_agrees_suggests_met_and_an_empty_ticket_nothing(desk):
    told = words(beside(desk, "RIGHT"))
    assert "工单 T2：联系电话与通话一致 建议：符合 只作线索" in told
    assert "工单 T3：与通话有 1 处差异 建议：不符合" in told, "the customer said a number, and it has none"


def test_a_call_without_a_ticket_and_a_desk_without_feeds_say_so(desk, made):
    assert words(beside(desk, "NONE")) == "没有工单：工单里没有写本通的通话编号"
    without = desk_of(made[2], load_settings())
    assert words(beside(without, "WRONG")) == "没有工单：复核台没有接入写明通话编号的工单"


def test_it_stands_beside_the_items_that_ask_for_it_alone(desk):
    assert client(desk, "wang").get("/calls/WRONG").text.count('class="tickets"') == 1
    assert not beside(desk, "WRONG", item="KF01-6-2")
    assert words(beside(desk, "MONTHLY", item="T1-4")) == "没有工单：工单里没有写本通的通话编号"


def test_numbers_are_masked_for_who_may_not_see_them(desk):
    masked = replace(desk, privacy=Numbers())
    assert "13800132209" in beside(masked, "WRONG", "wang")
    assert "13800132209" in beside(masked, "WRONG", "lin"), "whose call it is, as the transcript"
    html = beside(masked, "WRONG", "zhou")
    assert "工单上是“***********”" in words(html)
    assert "1380013" not in html
    assert client(masked, "zhao").get("/calls/WRONG").status_code == 403


def test_nothing_counts_by_it(desk, made):
    store = made[2]
    text = client(desk, "wang").get("/calls/WRONG").text
    score = re.search(r'id="score">([^<]*)<', text)[1]
    assert score == re.search(r'id="score">([^<]*)<', client(store, "wang").get("/calls/WRONG").text)[1]
    assert 'name="criterion" value="KF01-6-1"' in text, "a person answers it"
    wrong, none = (store.calls.get(each).evaluation for each in ("WRONG", "NONE"))
    assert (wrong.score, wrong.answers) == (none.score, none.answers)


def test_it_is_shipped_where_the_printed_sentence_asks_for_a_record():
    shown = {
        id
        for card in map(find_scorecard, bundled_scorecards())
        for each in card.call_criteria
        for id in [each.criterion.id] * bool(each.criterion.evidence) + [i.id for i in each.items if i.evidence]
    }
    assert shown == {"KF01-6-1", "KF02-5-1", "KF03-五-1-3", "T1-4", "SM-2-1", "SM-4-3"}


def test_answers_stand_when_evidence_is_added():
    criterion = find_scorecard("kf01").criterion("KF01-6")
    parts = tuple(part.model_copy(update={"evidence": ""}) for part in criterion.parts)
    assert criterion.parts[0].evidence == "tickets"
    assert criterion.model_copy(update={"parts": parts}).digest == criterion.digest
    monthly = find_scorecard("table1").criterion("T1-4")
    assert monthly.model_copy(update={"evidence": ""}).digest == monthly.digest


RULE = {"kind": "heard", "detector": "required_phrase", "terms": ["thanks"]}
ERRORS = {"kind": "errors", "deduct": 3, "zero_at": 3}


@pytest.mark.parametrize(
    ("part", "refused"),
    [
        ({}, False),
        ({"rule": RULE, "needs_person": "all"}, False),
        ({"rule": RULE, "needs_person": "hits"}, False),
        ({"indicator": "tickets.closed"}, False),
        ({"rule": RULE}, True),
        ({"indicator": "calls.satisfied"}, True),
    ],
)
def test_a_part_that_calls_answer_by_themselves_shows_none(part, refused):
    written = {"title": "记录", "evidence": "tickets", **part}
    if refused:
        with pytest.raises(ValueError, match="evidence is shown to the person who answers"):
            Part.model_validate(written)
    else:
        assert Part.model_validate(written).evidence == "tickets"


@pytest.mark.parametrize(
    ("criterion", "why"),
    [
        ({"evidence": "tickets", "parts": [{"title": "记录"}]}, "A: evidence is written at the part"),
        ({"evidence": "tickets", "indicator": "calls.satisfied"}, "A: evidence is shown to the person"),
        ({"scoring": ERRORS, "parts": [{"title": "记录", "evidence": "tickets"}]}, "no call is asked a part"),
        ({"evidence": "orders"}, "evidence"),
    ],
)
def test_a_criterion_where_nobody_would_see_it_is_refused(criterion, why):
    with pytest.raises(ValueError, match=why):
        Criterion.model_validate({"id": "A", "title": "", "standard": "", "points": 10, **criterion})


def test_a_file_that_is_refused_names_the_line(tmp_path):
    path = tmp_path / "ours.yaml"
    shipped = find_scorecard("kf01").text.replace(
        "      - {title: 不臆测、不匆忙下结论}", "      - {title: 不臆测, evidence: calls}"
    )
    path.write_text(shipped, encoding="utf-8")
    with pytest.raises(PolicyError, match="evidence"):
        load_scorecard(path)


def test_the_rows_of_a_month_are_exported(made, tmp_path):
    url, feeds, _ = made
    out = tmp_path / "tickets.csv"
    asked = ["export", "tickets", "2025-03", "--feeds", str(feeds), "--store", url, "--out", str(out)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    (row,) = csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines())
    assert (row["ticket_id"], row["call_id"], row["difference"]) == ("T1", "WRONG", "otherwise")
    assert (row["written"], row["said"]) == ("13800132209", "13800132201")
    assert CliRunner().invoke(app, [*asked[:3], *asked[5:]]).exit_code != 0, "without feeds there are no tickets"
