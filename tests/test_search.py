"""What is found in a store: all turns in which the words stand, nobody else's, and nothing of what was erased."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from pipeline.access.accounts import Scope
from pipeline.call import SHANGHAI, Status
from pipeline.evaluation.result import CallResult
from pipeline.hearing.search_terms import By, parse
from pipeline.hearing.turns import Role
from pipeline.indicators.roster import Membership
from pipeline.store import Store, schema, search, tables
from pipeline.store.search import Filters, SearchPage
from tests.builders import CALL, RECORDING, WORD_S, dialogue, hearing
from tests.test_search_terms import HAN, heard

EVERYBODY = Scope()
AT = datetime(2026, 9, 30, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai


def saved(store, call_id, *lines, at=AT, **changes):
    """A call in the store, with these lines."""
    call = replace(CALL, id=call_id, ring_at=at, answered_at=None, ended_at=None, **changes)
    result = CallResult(
        call, Status.UNSCORABLE, recording=RECORDING, hearing=hearing(*lines, call=call) if lines else None
    )
    store.calls.save(result)
    return result


def found(store, typed, scope=EVERYBODY, by=By.TEXT, **filters):
    page = store.search.find(parse(typed, by), scope, Filters(**filters), limit=100)
    assert not page.more
    return [(hit.call_id, hit.turn_index) for hit in page.hits]


def test_a_hit_says_where_to_listen_and_what_was_said(store):
    saved(store, "C1", "坐席：您好，请问有什么可以帮您？", "客户：我要投诉。")
    (hit,) = store.search.find(parse("可以帮"), EVERYBODY).hits
    assert (hit.call_id, hit.agent_id, hit.turn_index, hit.role) == ("C1", "1001", 0, Role.AGENT)
    assert hit.at == AT
    assert hit.start == pytest.approx(8.7 + 8 * WORD_S)
    assert [piece for piece, marked in hit.snippet.pieces() if marked] == ["可以帮"]


def test_words_of_one_turn_and_by_whom(store):
    saved(store, "C1", "坐席：您好，投诉请讲", "客户：您好，我要投诉你们", "坐席：好的")
    assert found(store, "您好 投诉") == [("C1", 1), ("C1", 0)]
    assert found(store, "投诉 -请讲") == [("C1", 1)]
    assert found(store, "投诉 -要投诉你") == [("C1", 0)]
    assert found(store, "好", role=Role.CUSTOMER) == [("C1", 1)]
    assert found(store, "好") == [("C1", 2), ("C1", 1), ("C1", 0)]
    assert found(store, "tousu", by=By.SOUND) == [("C1", 1), ("C1", 0)]
    assert found(store, "讲投") == []


def test_the_newest_day_comes_first_and_days_are_those_of_shanghai(store):
    saved(store, "late", "客户：投诉", at=AT + timedelta(days=3))
    saved(store, "unknown", "客户：投诉", at=None)
    saved(store, "early", "客户：投诉")
    saved(store, "next", "客户：投诉", at=AT + timedelta(hours=1))
    assert [call_id for call_id, _ in found(store, "投诉")] == ["late", "next", "early", "unknown"]
    assert found(store, "投诉", last_day=date(2026, 9, 30)) == [("early", 0), ("unknown", 0)]
    assert found(store, "投诉", first_day=date(2026, 10, 1), last_day=date(2026, 10, 1)) == [("next", 0)]
    assert found(store, "投诉", first_day=date.min, last_day=date.max)[0] == ("late", 0)
    assert found(store, "投诉", first_day=date(2026, 10, 2), last_day=date(2026, 10, 1)) == []


def test_pages_follow_each_other_without_a_gap(store, monkeypatch):
    monkeypatch.setattr(search, "WINDOWS", (2, 5))
    for n in range(13):
        saved(store, f"C{n}", "客户：投诉", "坐席：好", "客户：我要投诉", at=AT + timedelta(days=n))
    whole = found(store, "投诉")
    assert whole == [(f"C{n}", turn) for n in reversed(range(13)) for turn in (2, 0)]
    pages, after = [], None
    while True:
        page = store.search.find(parse("投诉"), EVERYBODY, after=after, limit=4)
        pages += [(hit.call_id, hit.turn_index) for hit in page.hits]
        if (after := page.after) is None:
            break
        assert len(page.hits) == 4
    assert pages == whole


def test_enough_is_read_for_one_page(store, monkeypatch):
    monkeypatch.setattr(search, "LOOKED_AT", 8)
    monkeypatch.setattr(search, "WINDOWS", (2, 5))
    for n in range(10):
        saved(
            store,
            f"C{n}",
            "客户：好投诉电",
            "坐席：啊",
            "客户：投诉电话打不通，投诉" if n == 2 else "客户：投诉，电话投诉",
        )
    pages, after = [], None
    for _ in range(20):
        page = store.search.find(parse("投诉 -电话投诉 -好投诉"), EVERYBODY, after=after, limit=2)
        pages += page.hits
        if (after := page.after) is None:
            break
    assert [(hit.call_id, hit.turn_index) for hit in pages] == [("C2", 2)]


def test_an_agent_finds_own_calls_and_a_lead_those_of_the_team_on_their_day(store):
    store.roster.save(
        [
            Membership("1001", "林", "一组", date(2026, 1, 1), date(2026, 9, 30)),
            Membership("1001", "林", "二组", date(2026, 10, 1), None),
            Membership("1002", "赵", "二组", date(2026, 1, 1), None),
        ],
        "test",
    )
    saved(store, "A1", "客户：投诉")
    saved(store, "A2", "客户：投诉", at=AT + timedelta(hours=1))
    saved(store, "B1", "客户：投诉", agent_id="1002")
    saved(store, "N1", "客户：投诉", agent_id=None)
    assert [call for call, _ in found(store, "投诉", Scope(agent_id="1001"))] == ["A2", "A1"]
    assert [call for call, _ in found(store, "投诉", Scope(team="一组"))] == ["A1"]
    assert [call for call, _ in found(store, "投诉", Scope(team="二组"))] == ["A2", "B1"]
    assert found(store, "投诉", Scope(team="三组")) == []
    assert found(store, "投诉", Scope(team="一组"), agent_id="1002") == []
    assert [call for call, _ in found(store, "投诉", team="二组", agent_id="1001")] == ["A2"]
    assert found(store, "投诉", Scope(agent_id="' OR 1 = 1 --")) == []
    assert found(store, "投诉", Scope(agent_id="1001"), team="二组", agent_id="1002") == []


def test_queues(store):
    saved(store, "A", "客户：投诉", queue="热线")
    saved(store, "B", "客户：投诉", queue=None)
    assert found(store, "投诉", queue="热线") == [("A", 0)]
    assert found(store, "投诉", queue="") == []


def left(store):
    with store.engine.connect() as connection:
        return [
            connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("search_terms", "search_calls")
        ]


def test_a_call_that_is_erased_leaves_nothing_in_the_index(store):
    saved(store, "C1", "客户：投诉", "坐席：您好")
    saved(store, "C2", "客户：投诉")
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM calls WHERE id = 'C1'"))
    assert left(store) == [1, 1]
    assert found(store, "投诉") == [("C2", 0)]
    if store.engine.dialect.name == "sqlite":
        with store.engine.begin() as connection:  # raises where the index and what was indexed differ
            connection.execute(text("INSERT INTO search_terms (search_terms) VALUES ('integrity-check')"))


def test_a_call_heard_again_is_found_by_what_was_heard_last(store):
    saved(store, "C1", "客户：投诉", "坐席：您好")
    saved(store, "C1", "客户：头数", agent_id="1002")
    assert (found(store, "投诉"), found(store, "头数"), left(store)) == ([], [("C1", 0)], [1, 1])
    assert found(store, "头数", Scope(agent_id="1001")) == []
    saved(store, "C1")
    assert (found(store, "头数"), left(store)) == ([], [0, 0])


def test_a_corrected_call_is_found_by_what_counts(store):
    saved(store, "C1", "客户：头数", "坐席：您好")
    store.search.reindex("C1", dialogue("坐席：好的，我要投诉", "客户：您好", "坐席：再见", start=5.0))
    assert found(store, "头数") == []
    assert found(store, "您好", role=Role.CUSTOMER) == [("C1", 1)]
    assert found(store, "您好", role=Role.AGENT) == []
    assert found(store, "再见") == [("C1", 2)]  # more turns than were heard
    (hit,) = store.search.find(parse("投诉"), EVERYBODY).hits
    assert hit.start == 5.0 + 5 * WORD_S
    store.search.reindex("C1")
    assert found(store, "头数") == [("C1", 0)]
    assert found(store, "投诉") == []
    store.search.reindex("nobody")
    assert left(store) == [2, 1]


def test_a_store_from_before_is_indexed_when_it_is_opened(empty_address):
    engine = schema._engine(schema._parse(empty_address))
    with engine.begin() as connection:
        config = schema.alembic_config(connection)
        command.upgrade(config, ScriptDirectory.from_config(config).get_revision("0013").down_revision)
    rows = {"code_version": "test", "created_at": AT}
    with engine.begin() as connection:
        for n, at in enumerate((AT, None, AT + timedelta(hours=1))):
            call = {"id": f"C{n}", "agent_id": "1001", "direction": "inbound", "source": "", "status": "failed"}
            call |= {"stage": "", "reason": "", "problem": "", "fingerprint": "", "judged": False, "ring_at": at}
            connection.execute(insert(tables.calls), call | rows)
            measured = ("speech_seconds", "transcribed_seconds", "word_confidence", "role_confidence")
            connection.execute(
                insert(tables.hearings), {"call_id": f"C{n}", "bursts": []} | dict.fromkeys(measured, 1.0)
            )
            for turn in dialogue("客户：投诉", "坐席：您好"):
                said = {"call_id": f"C{n}", "position": turn.index, "role": turn.role, "text": turn.text}
                said |= {"span_start": 1.0, "span_end": 2.0, "words": [], "confidence": 1.0}
                connection.execute(insert(tables.turns), said)
    engine.dispose()
    with Store.open(empty_address) as store:
        assert [call for call, _ in found(store, "投诉")] == ["C2", "C0", "C1"]
        assert found(store, "您好", Scope(agent_id="1001"), first_day=date(2026, 10, 1)) == [("C2", 1)]
        saved(store, "C3", "客户：投诉")  # its number follows those of its day
        assert [call for call, _ in found(store, "投诉")] == ["C2", "C3", "C0", "C1"]


TALK = st.text(HAN + "aZ19，。 ", min_size=1, max_size=12)
CALLS = 30


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full(request, tmp_path_factory):
    """A store of many short calls of two agents, with the texts of its turns."""
    sqlite_file = f"sqlite:///{tmp_path_factory.mktemp('search')}/callqa.db"
    address = sqlite_file if request.param == "sqlite" else request.getfixturevalue("postgres")()
    texts = {}
    with Store.open(address) as store:
        for n in range(CALLS):
            pieces = [
                "".join(HAN[(n * 7 + k * k + turn * 5) % len(HAN)] for k in range(2 + n % 9)) for turn in range(4)
            ]
            pieces[1] += "，Za9" if n % 3 == 0 else "投诉电话"
            saved(
                store,
                f"C{n:02d}",
                *(f"{'坐席' if turn % 2 else '客户'}：{said}" for turn, said in enumerate(pieces)),
                agent_id=f"100{1 + n % 2}",
                at=AT + timedelta(days=n % 5),
            )
            texts |= {(f"C{n:02d}", turn): said for turn, said in enumerate(pieces)}
        yield store, texts


def everything(store, query, scope, **filters):
    hits, after = [], None
    while True:
        page = store.search.find(query, scope, Filters(**filters), after, limit=7)
        assert isinstance(page, SearchPage)
        hits += page.hits
        if (after := page.after) is None:
            return hits


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(HAN + "aZ", min_size=1, max_size=4), min_size=1, max_size=3), st.sampled_from(["1001", None])
)
def test_what_is_found_is_what_python_finds_in_the_turns(full, words, agent_id):
    store, texts = full
    hits = everything(store, parse(" ".join(words)), Scope(agent_id=agent_id))
    own = {key for key, said in texts.items() if all(heard(word) in heard(said) for word in words)}
    if agent_id is not None:
        own = {(call_id, turn) for call_id, turn in own if int(call_id[1:]) % 2 == 0}
    assert sorted((hit.call_id, hit.turn_index) for hit in hits) == sorted(own)
    assert [hit.id for hit in hits] == sorted((hit.id for hit in hits), reverse=True)
    days = [hit.at.astimezone(SHANGHAI).date() for hit in hits]
    assert days == sorted(days, reverse=True)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.text(max_size=60), st.text("投诉电话 -\"“”'*():&|!<>%_\\ANDORTtousu123", max_size=60)),
    st.sampled_from(By),
    st.booleans(),
    st.one_of(st.none(), st.text(max_size=10)),
    st.sampled_from(Role),
)
def test_whatever_is_typed_nothing_breaks_and_nothing_outside_the_scope_is_found(
    full, typed, by, similar, queue, role
):
    store, texts = full
    try:
        query = parse(typed, by, similar=similar)
    except ValueError:
        return
    hits = everything(store, query, Scope(agent_id="1002"), role=role, queue=queue)
    for hit in hits:
        assert (hit.agent_id, hit.role) == ("1002", role)
        assert queue in (None, hit.queue)
        assert query.places(texts[hit.call_id, hit.turn_index])
    assert everything(store, query, Scope(team="一组")) == []


def test_many_alternatives_are_no_trouble(full):
    store, _ = full
    for typed in (
        "shi zhi zi si chi ci zheng zhen lin ling nan lan",
        "xianxianxianxianxian",
        "1" * 100,
        "'shi' 'shi' zheng zhen -lin -'ling zhen' xian fangan",
    ):
        everything(store, parse(typed, By.SOUND, similar=True), EVERYBODY)


def test_calls_saved_at_once_take_numbers_of_their_own(store):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: saved(store, f"C{n}", "客户：投诉", "坐席：您好"), range(24)))
    assert sorted(found(store, "投诉")) == sorted((f"C{n}", 0) for n in range(24))
    assert left(store) == [48, 24]
