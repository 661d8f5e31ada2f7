"""An agent reads the own closed month or objects; whoever signs answers; an open objection holds the payroll."""

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from flows.month.month import reopen_month
from flows.month.payroll import payroll_of
from pipeline.indicators import Feeds
from pipeline.month.acknowledgement import Word
from pipeline.scorecard import find_scorecard
from pipeline.store.months.acknowledgements import acknowledgements
from tests.desks import client
from tests.test_desk_disputes import night  # noqa: F401  the fixture is found by its name
from tests.test_desk_nameless import MONTH, desk  # noqa: F401


def speak(desk, who, word, last=0, agent="1001", note="", closing=None):  # noqa: F811
    if closing is None:
        closing = desk.store.months.closing("2025-03", "kf01").id
    form = {"month": "2025-03", "standard": "kf01", "agent": agent, "word": word, "last": last, "note": note}
    return client(desk, who).post("/months/acknowledge", data=form | {"closing": closing})


def said(desk, agent="1001"):  # noqa: F811
    closing = desk.store.months.closing("2025-03", "kf01")
    return desk.store.acknowledgements.of_agent(closing.id, agent)


def open_objections(desk):  # noqa: F811
    made = payroll_of(desk.store, find_scorecard("kf01"), "2025-03", Feeds.read(None))
    return [(each.agent_id, each.why) for each in made.pending if each.item == "本人确认"]


def test_an_agent_objects_and_is_answered_and_then_reads(desk):  # noqa: F811
    assert "还没有确认" in client(desk, "lin").get(f"/months/agent?{MONTH}").text
    assert speak(desk, "lin", "objects").status_code == 422, "an objection says why"
    assert speak(desk, "lin", "objects", note="漏计一通").status_code == 303
    ((agent, why),) = open_objections(desk)
    assert agent == "1001"
    assert why.endswith("提出异议，没有答复")
    first = said(desk)[-1]
    assert speak(desk, "chen", "answered", note="已核对").status_code in (409, 422), (
        "chen has not seen the objection"
    )
    assert speak(desk, "chen", "answered", last=first.id, note="已核对，无漏计").status_code == 303
    assert not open_objections(desk)
    assert speak(desk, "lin", "seen", last=said(desk)[-1].id).status_code == 303
    assert [each.word for each in said(desk)] == [Word.OBJECTS, Word.ANSWERED, Word.SEEN]
    page = client(desk, "lin").get(f"/months/agent?{MONTH}").text
    assert "已核对，无漏计" in page
    assert "陈主管" not in page, "the answer names nobody"
    assert "陈主管" in client(desk, "chen").get(f"/months/agent?{MONTH}").text


@pytest.mark.parametrize(
    ("who", "word"),
    [("zhao", "seen"), ("wang", "seen"), ("chen", "seen"), ("lin", "answered"), ("wang", "answered")],
)
def test_nobody_speaks_for_the_agent_or_answers_without_the_right(desk, who, word):  # noqa: F811
    speak(desk, "lin", "objects", note="漏计一通")
    assert speak(desk, who, word, last=said(desk)[-1].id, note="x").status_code == 403
    assert len(said(desk)) == 1


def test_it_is_about_one_closing(desk):  # noqa: F811
    closing = desk.store.months.closing("2025-03", "kf01").id
    assert speak(desk, "lin", "seen", closing=closing + 1).status_code == 409
    reopen_month(str(desk.store.engine.url), "2025-03", "kf01", "王主管", "更正")
    assert speak(desk, "lin", "seen", closing=closing).status_code in (404, 409)


def test_the_database_keeps_every_word(desk):  # noqa: F811
    speak(desk, "lin", "seen")
    for statement in (update(acknowledgements).values(note="x"), delete(acknowledgements)):
        with pytest.raises(DatabaseError, match="append-only"), desk.store.engine.begin() as connection:
            connection.execute(statement)
