"""Drafts of policy files: who may say what of them, and how they are kept; on SQLite and PostgreSQL alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipeline.errors import ConfigurationError
from pipeline.scorecard.drafts import (
    Draft,
    DraftState,
    Kind,
    Report,
    check_stem,
    difference,
    newest_first,
    sha256_of,
)
from tests.test_store_months import AT

REPORT = Report("2025-03 抽样 2 通", (("新增命中", "1"),), ("变化", "通话"), (("新增", "=1+1"),), ("C1@12.3",), 3)


def a_draft(by="zhou", text="name: a\n", **changes):
    given = {"kind": Kind.LEXICON, "name": "a", "base": "name: b\n", "why": "漏了一句", "at": AT}
    return Draft(**given | {"by": by, "text": text} | changes)


def test_a_draft_is_released_by_a_second_person_only_and_once(store):
    draft = store.drafts.propose(a_draft(text="名称: '\U0001f600'\n"))
    assert store.drafts.get(draft.id) == draft
    assert draft.state is DraftState.PROPOSED
    put = []
    with pytest.raises(ConfigurationError, match="由您本人提出，须由另一人"):
        store.drafts.decide(draft.id, "released", "zhou", put=put.append)
    with pytest.raises(ConfigurationError, match="只能由本人撤回"):
        store.drafts.decide(draft.id, "withdrawn", "chen")
    assert store.drafts.add_report(draft.id, "zhou", REPORT).reports[0].report == REPORT
    released = store.drafts.decide(draft.id, "released", "chen", "同意", put=put.append)
    assert [one.id for one in put] == [draft.id]
    assert (released.state, store.drafts.get(draft.id)) == (DraftState.RELEASED, released)
    for said, by in ("released", "li"), ("rejected", "li"), ("withdrawn", "zhou"):
        with pytest.raises(ConfigurationError, match="已发布，不能再改"):
            store.drafts.decide(draft.id, said, by)
    proposed, measured, done = [line.note for line in store.audit.lines()]
    assert (measured.action, measured.by) == ("draft_measured", "zhou")
    assert (proposed.action, done.action, done.by, done.why) == ("draft_proposed", "draft_released", "chen", "同意")
    assert (done.old["sha256"], done.new["sha256"]) == (sha256_of(draft.base), draft.sha256)


def test_what_cannot_be_written_is_not_released(store):
    def full(_):
        raise ConfigurationError("磁盘已满")

    draft = store.drafts.propose(a_draft())
    with pytest.raises(ConfigurationError, match="磁盘已满"):
        store.drafts.decide(draft.id, "released", "chen", put=full)
    assert store.drafts.get(draft.id).state is DraftState.PROPOSED
    assert [line.note.action for line in store.audit.lines()] == ["draft_proposed"]


def test_drafts_are_kept_by_the_database_itself(store):
    draft = store.drafts.propose(a_draft())
    store.drafts.decide(draft.id, "rejected", "chen", "不妥")
    for table in "drafts", "draft_events":
        for statement in f"UPDATE {table} SET id = 9", f"DELETE FROM {table}":
            with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
                connection.execute(text(statement))


def test_those_that_wait_are_listed_first(store):
    for name in "abc":
        store.drafts.propose(a_draft(name=name))
    last = store.drafts.all()[-1]
    store.drafts.decide(last.id, "withdrawn", "zhou")
    assert [draft.name for draft in store.drafts.all()] == ["a", "b", "c"]
    assert [draft.name for draft in newest_first(store.drafts.all())] == ["b", "a", "c"]
    assert [draft.name for draft in store.drafts.all("b")] == ["b"]
    assert store.drafts.get(999) is None
    for say in (
        lambda: store.drafts.decide(999, "rejected", "chen"),
        lambda: store.drafts.add_report(999, "chen", REPORT),
    ):
        with pytest.raises(ConfigurationError, match="没有草案 999"):
            say()
    with pytest.raises(ValueError, match="decides nothing"):
        store.drafts.decide(last.id, "reported", "chen")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", "a.yaml", "-a", "a b", "a\n", "CON", "lpt1", "一" * 65, "a\0"]
)
def test_a_name_that_is_no_file_stem_is_refused(name):
    with pytest.raises(ConfigurationError, match="不能作文件名"):
        check_stem(name)


@given(st.text(max_size=80))
def test_whatever_passes_is_one_plain_file_name(name):
    try:
        check_stem(name)
    except ConfigurationError:
        return
    assert name
    assert not set(name) & set("/\\.:\0\n ")
    assert len(name) <= 64


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_a_difference_names_every_line_that_differs(before, after):
    found = difference("\n".join(before), "\n".join(after), context=99)
    if before == after:
        assert found == ()
        return
    lines = [line for sign, line in found if sign in "+ "]
    assert lines == after
    assert [line for sign, line in found if sign in "- "] == before
