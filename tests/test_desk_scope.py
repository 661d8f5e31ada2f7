"""Every address of the desk as everybody: nothing of others' calls comes back, and what does is never code."""

from __future__ import annotations

import logging
import re
from collections import Counter
from html.parser import HTMLParser
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.store.tables import metadata
from pipeline.validation.calibration import scales_of
from tests.desks import client
from tests.planted import PHONE, SIDES, addressed, api_routes, desk_at, evil, planted, values
from tests.test_desk_fuzz import ROUTES

ONE, TWO = (frozenset(side.markers) for side in SIDES)
DRAFT, FILTER = frozenset({"Mdraft"}), frozenset({"Mfilter"})
RATED = frozenset({"Mcalibration", "Mrating"})
CALLS = ONE | TWO
DOUBTS = frozenset({"Mdoubtone", "Mdoubttwo"})
UNSEEN = {
    "lin": TWO | DOUBTS | DRAFT | FILTER | RATED | {"Msampletwo"},
    "zhao": ONE | DOUBTS | DRAFT | FILTER | RATED | {"Msampleone"},
    "sun": TWO | DRAFT | FILTER | RATED | {"Msampletwo"},
    "qian": ONE | DRAFT | FILTER | RATED | {"Msampleone"},
    "wang": DRAFT | FILTER | RATED,
    "li": DRAFT,
    "zhou": FILTER | RATED | DOUBTS | {"Mplanone", "Mplantwo", "Mflagone", "Mflagtwo", "Mwordone", "Mwordtwo"},
    "admin": (CALLS - DOUBTS) | DRAFT | FILTER | RATED | {"Msampleone", "Msampletwo"},
}
"""What must never come back to whom, wherever it is asked for."""
REASONS = CALLS - {"Mturnone", "Mturntwo", "Mnameone", "Mnametwo"} | DRAFT | RATED | {"Msampleone", "Msampletwo"}
"""The reasons that people gave, which stand in the log for who may read it."""
OWN = {"lin": SIDES[0], "sun": SIDES[0], "zhao": SIDES[1], "qian": SIDES[1]}
MARKER = re.compile("M(?:turn|name|word|note|plan|flag|sample|doubt|draft|filter|calibration|rating|account)[a-z]*")
REFUSED = "本次访问已记入审计日志"
SEEN_ONLY = {"audit", "sessions"}
"""Tables that reading writes to."""
KEEPS = {"GET /queue/next": {"worklist"}, "GET /calls/{call_id}/peaks": {"waveforms"}}
"""Addresses by which more changes: the call that one goes on to is taken; a drawn waveform is kept."""
PERSONAL = {"POST /queue/filters", "POST /queue/filters/{number}/delete"}
"""Forms that change what only the account itself sees, and are not worth a line in the log."""
FORMS = {str(asked): asked for asked in ROUTES}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    path = planted(tmp_path_factory.mktemp("planted"))
    with Store.open(f"sqlite:///{path}") as store, store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def desk(world, tmp_path):
    (tmp_path / "callqa.db").write_bytes(world.read_bytes())
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        yield desk_at(world, store)


def content(store, of=None):
    """What stands in every table, as a number each."""
    with store.engine.connect() as connection:
        return {
            name: hash(tuple(map(str, connection.execute(text(f"SELECT * FROM {name} ORDER BY rowid")))))
            for name in (of or metadata.tables)
        }


def changed(before, after):
    return {name for name in after if before[name] != after[name]}


def walk(store, sides=SIDES):
    """Every address with its form, filled in from each side: with all of its query, and with what it needs."""
    for method, route in api_routes():
        name = f"{method} {route.path}"
        for side in sides:
            given = values(store, side, route.path)
            asked = FORMS[name]
            query = {key: given[key] for key in asked.query if key in given}
            needed = {each.alias for each in route.dependant.query_params if each.field_info.is_required()}
            form = {key: given[key] for key in asked.form if key in given} or None
            if method == "POST" and route.path.startswith("/calibration/{id}/calls"):
                form = {"choice-0": given["choice-0"], "note-0": "n"}
            for chosen in (query, {key: query[key] for key in query if key in needed}):
                yield name, side, addressed(route.path, given), chosen, form
                if chosen.keys() <= needed:
                    break


def readable(answer):
    """What an answer says, the cells of a workbook among it."""
    if "spreadsheet" not in answer.headers.get("content-type", ""):
        return answer.text
    book = load_workbook(BytesIO(answer.content))
    return "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)


class Elements(HTMLParser):
    """Collects what text made of a page that the templates did not mean."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if not re.fullmatch(r"[a-z][a-z0-9:_-]*", name) or name.startswith("on") or name == "style":
                self.made.append(self.get_starttag_text())
            if name in ("href", "src", "action", "formaction") and not re.match(r"[/#]|$", value or ""):
                self.made.append(self.get_starttag_text())
        if tag in ("img", "iframe", "object", "embed") or MARKER.search(tag):
            self.made.append(self.get_starttag_text())


def elements(page):
    parser = Elements()
    parser.feed(page)
    return parser.made


@pytest.mark.parametrize("who", UNSEEN)
def test_nothing_of_others_calls_comes_back_by_any_address(desk, who, caplog):
    store = desk.store
    browser, shown, statuses = client(desk, who), Counter(), Counter()
    before = content(store)
    with caplog.at_level(logging.DEBUG, "pipeline"), caplog.at_level(logging.DEBUG, "flows"):
        for name, side, path, query, form in walk(store):
            method = name.split()[0]
            if store.sessions.account(browser.cookies.get("callqa") or "", desk.idle) is None:
                browser = client(desk, who)
            lines = store.audit.newest(limit=1)[0].id
            answer = browser.request(method, path, params=query, data=form)
            said, where = readable(answer), (who, name, side.agent, answer.status_code)
            after = content(store)
            new = [line.note for line in store.audit.newest(limit=50) if line.id > lines]
            statuses[answer.status_code] += 1

            assert answer.status_code < 500, (where, said)
            unseen = UNSEEN[who] - (REASONS if name == "GET /audit" else set())
            assert not unseen & set(MARKER.findall(said + str(answer.headers))), where
            shown.update(set(MARKER.findall(said)))
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert not elements(said), where
                assert "<img" not in said, where
            assert answer.headers["content-security-policy"].startswith("default-src 'self'"), where
            assert answer.headers["cache-control"] == "no-store", where
            if REFUSED in said:
                assert (answer.status_code, [note.action for note in new]) == (403, ["refused"]), where
            if who in OWN and OWN[who] is not side and "{call_id}" in name:
                assert answer.status_code in (403, 422), where
            if answer.status_code in (403, 404):
                assert changed(before, after) <= SEEN_ONLY, where
            if method == "GET":
                assert changed(before, after) <= SEEN_ONLY | KEEPS.get(name, set()), where
            elif changed(before, after) - SEEN_ONLY and name not in PERSONAL:
                assert new, where
            before = after
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert not [line for line in logged if MARKER.search(line) or PHONE in line]
    assert statuses[200] > 5
    if who != "admin":
        assert shown, "who sees nothing at all proves nothing"


def test_what_is_planted_is_seen_by_who_may(desk):
    """Else the test above would prove nothing."""
    seen = set[str]()
    for who in ("chen", "zhou", "li"):
        browser = client(desk, who)
        for name, _, path, query, _ in walk(desk.store):
            if name.startswith("GET") and "/next" not in name:
                seen |= set(MARKER.findall(readable(browser.get(path, params=query))))
    names = {"Maccount", "Msampleone", "Msampletwo"}
    assert seen >= CALLS | DRAFT | FILTER | RATED | names, (CALLS | DRAFT | FILTER | RATED | names) - seen


def test_the_workbook_holds_hostile_text_as_text(desk):
    answer = client(desk, "chen").get("/months/workbook?month=2025-03&standard=kf01")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].isascii()
    cells = [cell for sheet in load_workbook(BytesIO(answer.content)) for row in sheet.iter_rows() for cell in row]
    hostile = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "@"))]
    assert hostile, "an agent's name begins like a formula"
    assert {cell.data_type for cell in hostile} == {"s"}
    assert not [cell for cell in cells if cell.data_type == "f"]


@pytest.fixture
def blinded(desk):
    """The desk in which wang scores the bad call of 1002 blind, with a verdict and a dispute on it."""
    desk.store.calibrations.deal("盲评", find_scorecard("kf01"), None, ["1002-bad"], ["wang", "li"], "chen")
    return desk


def test_who_scores_a_call_blind_learns_nothing_of_it_by_any_address(blinded):
    store, side = blinded.store, SIDES[1]
    scale = scales_of(find_scorecard("kf01"))[0]
    browser, before = client(blinded, "wang"), store.disputes.get(2)
    score = store.calls.get(side.call).evaluation.score
    for name, _, path, query, form in walk(store, (side,)):
        method = name.split()[0]
        if "sign-out" in path or path in ("/queue/finish", "/queue/take", "/queue/back", "/queue/batch"):
            continue  # who has the call tells nothing of it
        answer = browser.request(method, path, params=query, data=form)
        said = readable(answer)
        assert not {"Mwordtwo", "Mnotetwo", "Mdoubttwo"} & set(MARKER.findall(said)), name
        if "/calls/{call_id}" in name and not name.endswith(("/audio", "/peaks")):
            assert answer.status_code in (403, 422), name
    assert store.disputes.get(2).version == before.version, "nor is a dispute about it decided"
    for query in (
        f"item={side.call and values(store, side, '')['item']}",
        f"least={score}",
        f"most={score}",
        "reason=low",
        "plan=1",
    ):
        assert side.call not in browser.get(f"/queue?status=all&{query}").text, query
        assert side.call in browser.get("/queue?status=all").text
    tried = {"kind": "lexicon", "name": "banned", "calls": side.call}
    assert browser.post("/rules/try", data=tried).status_code == 403
    assert side.call not in browser.post("/rules/try", data=tried | {"calls": "", "month": "2025-03"}).text
    assert browser.get("/months/workbook?month=2025-03&standard=kf01").status_code == 403
    assert client(blinded, "sun").get("/queue").status_code == 200
    disputes = browser.get("/disputes").text
    assert "校准中" in disputes
    for _ in range(4):
        there = browser.get("/queue/next?status=open").headers["location"]
        assert "1002-bad" not in there, "nobody is sent to a call that then refuses"
    store.calibrations.close(2, "chen")
    assert "Mnotetwo" in browser.get(f"/calls/{side.call}").text
    assert scale.criterion


def test_calls_of_others_sent_in_a_batch_are_noted(desk):
    form = {"act": "take", "call": ["1001-good", "1002-good", "nowhere"]}
    assert client(desk, "sun").post("/queue/batch", data=form).status_code == 303
    assert desk.store.queue.get("1001-good").assignee == "sun"
    assert desk.store.queue.get("1002-good").assignee is None
    (line,) = desk.store.audit.newest(by="sun", action="refused")
    assert line.note.about == "1002-good"


def test_the_planted_text_is_hostile():
    assert elements(f"<p>{evil('x')}</p>")
    assert elements(f'<p title="{evil("x")}">')
