"""What a page of the month reads: no more than the scope reaches; on SQLite and PostgreSQL alike."""

import pytest

from pipeline.access.accounts import Scope
from pipeline.desk import Desk
from pipeline.store import Store
from tests.desks import TEAM, client, people
from tests.test_store import a_result
from tests.test_store_months import a_closing, a_month

ROWS = (
    a_month("1001", awarded=90, team=TEAM),
    a_month("1002", awarded=80, team="热线二组"),
    a_month("1003", awarded=90.001, team=TEAM),
    a_month("1004", criteria=(), team=None),
    a_month(None, agent_name="未分配"),
    a_month(None, agent_name=TEAM, team=TEAM),
    a_month(None, agent_name="热线二组", team="热线二组"),
)


@pytest.fixture
def store(address):
    with Store.open(address) as opened:
        opened.months.save_trial(a_closing(by=""), [a_month("1009")])
        opened.months.close(a_closing(), ROWS)
        yield opened


def names(rows):
    return [row.agent_id or row.agent_name for row in rows]


def test_a_scope_reaches_as_far_as_it_says(store):
    (closing,) = store.months.closings(Scope())
    assert names(store.months.ranking(closing.id, Scope())) == names(ROWS)
    assert names(store.months.ranking(closing.id, Scope(team=TEAM))) == ["1001", "1003", TEAM]
    assert names(store.months.ranking(closing.id, Scope(agent_id="1002"))) == ["1002"]
    assert store.months.closings(Scope(team=TEAM)) == (closing,)
    assert store.months.closings(Scope(team="无")) == store.months.closings(Scope(agent_id="1009")) == ()
    assert store.months.ranking(999, Scope()) == ()


def test_a_rank_needs_no_names(store):
    (closing,) = store.months.closings(Scope())
    ranks = {agent: store.months.rank(closing.id, agent) for agent in ("1001", "1002", "1003", "1004", "无")}
    assert ranks == {"1001": (1, 3), "1003": (1, 3), "1002": (3, 3), "1004": None, "无": None}


def test_a_year_is_twelve_months_of_the_calendar(store):
    for month in "2024-03", "2024-04", "2024-12":
        store.months.close(a_closing(month=month), [a_month("1001", month=month)])
    store.months.save_trial(a_closing(month="2025-02", by=""), [a_month("1001", month="2025-02")])
    store.months.close(
        a_closing(month="2025-02", standard="表1"), [a_month("1001", month="2025-02", standard="表1")]
    )
    found = store.months.year("1001", "KF01", "2025-03")
    assert [(c.month, c.state.value) for c, _ in found] == [
        ("2024-04", "closed"), ("2024-12", "closed"), ("2025-02", "trial"), ("2025-03", "closed")
    ]  # fmt: skip


def test_the_rows_of_one_agent_are_read_alone(store):
    assert [row.agent_id for _, row in store.months.shown("2025-03", "1002")] == ["1002"]
    assert store.months.shown("2025-03", "无") == ()


def test_an_agents_month_is_another_state_after_each_saving(store):
    states = [store.calls.state("2025-03", "1001")]
    for call_id in "C0", "C1", "C0":
        store.calls.save(a_result(call_id))
        states.append(store.calls.state("2025-03", "1001"))
    assert len(set(states)) == 4
    store.calls.save_evaluation(a_result("C1"))
    assert store.calls.state("2025-03", "1001") not in states
    assert store.calls.state("2025-03", "1002") == states[0]


def test_lost_calls_are_those_of_the_last_judgement_by_that_revision(store):
    for number in range(3):
        store.calls.save(a_result(f"C{number}"))
    answer = next(a for a in a_result("C0").evaluation.answers if a.tally.awarded < a.tally.possible)
    found = store.evaluations.losses("2025-03", ("KF01", 1), "1001", answer.criterion_id, 0, 2)
    again = store.evaluations.losses("2025-03", ("KF01", 1), "1001", answer.criterion_id, 2, 2)
    assert [call.call_id for call in (*found, *again)] == ["C0", "C1", "C2"]
    assert (found[0].tally, found[0].reasons) == (answer.tally, answer.reasons)
    spans = [f.span.start for n, f in enumerate(a_result("C0").findings) if n in answer.findings]
    assert found[0].at == min(spans, default=None)
    assert store.calls.ids("2025-03") == ("C0", "C1", "C2")
    for wrong in (
        ("2025-04", ("KF01", 1), "1001"),
        ("2025-03", ("KF01", 2), "1001"),
        ("2025-03", ("KF01", 1), "1002"),
    ):
        assert store.evaluations.losses(*wrong, answer.criterion_id, 0, 2) == ()


def test_a_team_lead_sees_the_own_team_and_no_other(store):
    people(store)
    lead, desk = client(Desk(store), "sun"), "/months?month=2025-03&standard=KF01"
    page = lead.get(desk).text
    assert ">1001<" in page
    assert ">1003<" in page
    assert ">1002<" not in page
    assert "热线二组" not in page
    assert "下载工作簿" not in page
    other = "/months/agent?month=2025-03&standard=KF01&agent="
    assert lead.get(f"{other}1001").status_code == 200
    assert lead.get(f"{other}1002").status_code == 403
    assert client(Desk(store), "wang").get(f"{other}1002").status_code == 200
