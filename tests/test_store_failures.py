"""Whatever a database raises leaves the store as one sentence: broken files, odd servers, lost connections."""

import sqlite3
from contextlib import suppress

import pytest
from sqlalchemy import create_engine, make_url, text

from pipeline.access.accounts import Account, Post
from pipeline.errors import StoreError
from pipeline.evaluation.fingerprint import Fingerprint
from pipeline.store import Store, export_rows
from pipeline.store.export import EXPORTS
from pipeline.store.schema import SESSION, reading
from tests.mutations import mutants
from tests.test_store import a_result

ODD = {
    "bytea_output": "escape",
    "datestyle": "German",
    "default_transaction_isolation": "serializable",
    "extra_float_digits": "-15",
    "intervalstyle": "sql_standard",
    "default_transaction_deferrable": "on",
    "search_path": "",
    "standard_conforming_strings": "off",
    "statement_timeout": "1ms",
    "timezone": "America/New_York",
    "transform_null_equals": "on",
}
"""Settings of a database that somebody else has made."""


def read_all(store: Store) -> list[object]:
    """What commands and pages read first, all of it."""
    read: list[object] = [list(export_rows(store, what)) for what in EXPORTS]
    read += [
        store.calls.get("C1"),
        store.calls.done(Fingerprint()),
        [each.name for each in store.accounts.all()],
        store.calls.statuses(),
    ]
    read += [
        list(store.hearings.all(None)),
        store.months.history(),
        store.labels.all(None),
        store.roster.memberships(),
    ]
    return read


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a small store."""
    path = tmp_path_factory.mktemp("small") / "callqa.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.calls.save(a_result())
        store.accounts.save(Account("wang", "王芳", Post.QA), "test")
        assert read_all(store)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    return path.read_bytes()


def test_a_broken_file_is_a_store_error_and_nothing_else(content, tmp_path):
    path = tmp_path / "callqa.db"
    for mutant in mutants(content):
        for left in tmp_path.iterdir():
            left.unlink()
        path.write_bytes(mutant)
        with suppress(StoreError), Store.open(f"sqlite:///{path}", create=False) as store:
            read_all(store)
            store.calls.save(a_result("C2"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE calls SET ring_at = 'gestern'", "a row cannot be understood"),
        ("UPDATE calls SET status = 'lost'", "a row cannot be understood"),
        ("DROP TABLE findings", "no such table: findings.*damaged"),
    ],
)
def test_rows_of_somebody_else_are_told(content, tmp_path, change, problem):
    path = tmp_path / "callqa.db"
    path.write_bytes(content)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    with Store.open(f"sqlite:///{path}", create=False) as store, pytest.raises(StoreError, match=problem):
        read_all(store)


@pytest.fixture
def odd(postgres):
    """A PostgreSQL database of which every setting is another."""
    address = postgres()
    name = make_url(address).database
    execute(address, *(f"ALTER DATABASE {name} SET {setting} = '{value}'" for setting, value in ODD.items()))
    return address


def execute(address: str, *statements: str) -> None:
    """Statements of the database's administrator."""
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_an_odd_database_reads_as_any_other(odd, content, tmp_path):
    path = tmp_path / "callqa.db"
    path.write_bytes(content)
    with Store.open(odd) as store:
        store.calls.save(a_result())
        store.accounts.save(Account("wang", "王芳", Post.QA), "test")
    with Store.open(odd, create=False) as store, Store.open(f"sqlite:///{path}", create=False) as usual:
        assert read_all(store) == read_all(usual)
        assert store.calls.get("C1") == a_result()


def test_every_setting_is_pinned_but_the_place_of_the_tables():
    assert ODD.keys() - SESSION.keys() == {"search_path"}


def test_a_connection_that_is_taken_away_is_told_and_the_next_one_works(postgres):
    address = postgres()
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = '{}'"
    )
    with Store.open(address) as store:
        execute(address, others.format(make_url(address).database))
        store.calls.save(a_result())  # one that lay ready is made anew
        with (  # noqa: PT012
            pytest.raises(StoreError, match="run again when it is back"),
            reading(store.engine) as connection,
        ):
            execute(address, others.format(make_url(address).database))
            connection.execute(text("SELECT 1"))


def test_a_database_that_only_allows_reading_says_so(postgres):
    address = postgres()
    with Store.open(address) as store:
        execute(address, f"ALTER DATABASE {make_url(address).database} SET default_transaction_read_only = on")
        store.engine.dispose()
        with pytest.raises(StoreError, match="only allows reading: name one that can be written"):
            store.calls.save(a_result())
