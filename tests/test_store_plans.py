"""Improvement plans as people leave them: edits lie over the draft, nothing is lost, all is noted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipeline.errors import ConfigurationError
from pipeline.month.plan import LONGEST, PlanEdit, actions_of, apply_edits, lay_edits
from pipeline.store import Store
from tests.test_store_months import AT, a_closing, a_month, a_plan_row


def an_edit(**changes):
    row = a_plan_row()
    given = {
        "month": "2025-03",
        "standard": "KF01",
        "agent_id": row.agent_id,
        "criterion_id": row.criterion_id,
        "number": 0,
        "cause": '=HYPERLINK("http://x") 话术不熟',
        "actions": ("每周听两通录音",),
        "owner": "王班长",
        "due": "2025-04-20",
        "by": "wang",
        "at": AT,
    }
    return PlanEdit(**given | changes)


@pytest.fixture
def store(address):
    with Store.open(address) as opened:
        opened.plans.save(opened.months.close(a_closing(), [a_month()]), [a_plan_row(), a_plan_row(problem="二")])
        yield opened


def test_an_edit_lies_over_the_draft_and_both_stay(store):
    assert [row.last for row in store.plans.of_agent("2025-03", "KF01", "1001")] == [0, 0]
    first = store.plans.edit(an_edit(), seen=0)
    second = store.plans.edit(an_edit(cause="班次太满"), seen=first.id)
    row, other = store.plans.of_agent("2025-03", "KF01", "1001")
    assert (row.row.cause, row.row.owner, row.row.actions) == ("班次太满", "王班长", ("每周听两通录音",))
    assert (row.draft, row.last, row.edits) == (a_plan_row(), second.id, (first, second))
    assert other.row == other.draft, "the second measure of the same item is a row of its own"
    assert store.plans.rows("2025-03", "KF01")[0] == a_plan_row(), "the draft is what it was"
    old, new = [line.note for line in store.audit.lines()]
    assert (old.action, old.by, old.old) == ("plan_edit", "wang", None)
    assert (new.old["cause"], new.new["cause"]) == (an_edit().cause, "班次太满")


def test_nobodys_edit_is_lost_unseen(store):
    store.plans.edit(an_edit(), seen=0)
    with pytest.raises(ConfigurationError, match="wang 刚刚改过这一行"):
        store.plans.edit(an_edit(by="li"), seen=0)
    for unknown in {"number": 7}, {"agent_id": "1002"}, {"month": "2025-04"}, {"criterion_id": "无"}:
        with pytest.raises(ConfigurationError, match="没有"):
            store.plans.edit(an_edit(**unknown), seen=0)
    assert len(list(store.audit.lines())) == 1


def test_an_edit_outlives_a_new_draft_of_the_same_month(store):
    edit = store.plans.edit(an_edit(), seen=0)
    store.months.reopen("2025-03", "KF01", "李强", "更正")
    store.plans.save(store.months.close(a_closing(), [a_month()]), [a_plan_row(problem="失 3 分")])
    (row,) = store.plans.of_agent("2025-03", "KF01", "1001")
    assert (row.row.problem, row.row.cause, row.edits) == ("失 3 分", edit.cause, (edit,))


def test_edits_are_kept_by_the_database_itself(store):
    store.plans.edit(an_edit(), seen=0)
    for statement in "UPDATE plan_edits SET cause = ''", "DELETE FROM plan_edits":
        with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cause": "一" * (LONGEST + 1)}, "最多 500 字"),
        ({"actions": ("一",) * 13}, "12 条"),
        ({"owner": "王" * 41}, "40 字"),
        ({"due": "明天"}, "不是日期"),
        ({"due": "20250420"}, "请写成"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_chinese(changes, said):
    with pytest.raises(ValueError, match=said):
        an_edit(**changes)


@given(st.text(max_size=200))
def test_actions_are_lines_that_say_something(written):
    assert all(action.strip() == action != "" for action in actions_of(written))


def test_edits_of_others_change_nothing():
    rows = (a_plan_row(), replace(a_plan_row(), agent_id="1002"))
    edits = (an_edit(agent_id="1003"), an_edit(number=1))
    assert apply_edits(rows, edits) == rows
    assert [each.number for each in lay_edits((*rows, rows[0]), ())] == [0, 0, 1]
    assert apply_edits(rows, (replace(an_edit(), cause="一"), an_edit(cause="二")))[0].cause == "二"
