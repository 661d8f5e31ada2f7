"""The audit log: every line hangs on the one before, and a break is found."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from pipeline.access import audit
from pipeline.access.audit import FIRST, Action, Note, chained, first_break
from pipeline.review.disputes.dispute import DisputeState
from pipeline.store import Store

AT = datetime(2025, 3, 3, 1, 2, 3, 456789, tzinfo=UTC)


def chain(count):
    lines, before = [], FIRST
    for n in range(1, count + 1):
        lines.append(
            chained(n, AT, Note("wang", "answer", f"D{n}", {"outcome": "met"}, {"outcome": "not_met"}), before)
        )
        before = lines[-1].hash
    return lines


def test_a_chain_holds_with_and_without_a_line_noted_elsewhere():
    lines = chain(5)
    assert first_break(lines) is None
    assert first_break(lines, (3, lines[2].hash)) is None
    assert first_break([]) is None


@pytest.mark.parametrize(
    ("change", "id"),
    [
        (lambda lines: lines[:2] + lines[3:], 3),
        (lambda lines: [*lines[:2], replace(lines[2], note=replace(lines[2].note, by="li")), *lines[3:]], 3),
        (lambda lines: [*lines[:2], replace(lines[2], at=AT.replace(year=2026)), *lines[3:]], 3),
        (lambda lines: [*lines[:2], chained(3, AT, Note("li", "answer"), lines[1].hash), *lines[3:]], 4),
        (lambda lines: lines[1:], 1),
    ],
    ids=["taken out", "changed", "dated anew", "forged", "beheaded"],
)
def test_a_break_is_found_where_it_is(change, id):
    found = first_break(change(chain(5)))
    assert found is not None
    assert found.id == id


def test_an_end_cut_off_is_seen_by_a_line_noted_elsewhere():
    lines = chain(5)
    assert first_break(lines[:3]) is None
    cut = first_break(lines[:3], (5, lines[4].hash))
    assert cut is not None
    assert "截去" in cut.problem


def test_lines_of_the_store_make_a_chain(address):
    with Store.open(address) as store:
        for n in range(7):
            store.audit.append(
                Note("wang", "answer", f"D{n}", ("a", 1.5, None), {"等级": "符合\0", "b": [True]}, "听错了\0")
            )
        lines = list(store.audit.lines())
        assert [line.id for line in lines] == list(range(1, 8))
        assert lines[0].note.old == ["a", 1.5, None]
        assert lines[0].note.new == {"等级": "符合", "b": [True]}
        assert first_break(lines) is None
        assert [line.id for line in store.audit.newest(about="D3")] == [4]
        assert [line.id for line in store.audit.newest(by="wang", limit=2)] == [7, 6]


def test_writers_at_once_make_one_chain(address):
    with Store.open(address) as store:
        threads = [
            Thread(target=lambda: [store.audit.append(Note("wang", "listen", str(n))) for n in range(10)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = list(store.audit.lines())
    assert len(lines) == 40
    assert first_break(lines) is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET why = ''", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_line(address, statement):
    with Store.open(address) as store:
        store.audit.append(Note("wang", "listen", "D04"))
        with (
            pytest.raises(DatabaseError, match=r"append-only|never changed|kept"),
            store.engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_a_line_changed_behind_the_database_is_found(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        for n in range(3):
            store.audit.append(Note("wang", "listen", f"D{n}"))
        with store.engine.begin() as connection:
            connection.execute(text("DROP TRIGGER audit_kept_on_update"))
            connection.execute(text("UPDATE audit SET \"by\" = 'li' WHERE id = 2"))
        broken = first_break(store.audit.lines())
    assert broken is not None
    assert broken.id == 2


def test_every_note_names_an_action_of_the_table():
    folder = Path(audit.__file__).parents[1]
    literal = re.compile(r'\bNote\([^",()]+,\s*f?"')
    assert not [path for path in folder.rglob("*.py") if literal.search(path.read_text(encoding="utf-8"))]
    assert {Action(f"dispute_{state}") for state in DisputeState} < set(Action)
