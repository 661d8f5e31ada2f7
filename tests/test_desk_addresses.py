"""Whatever a call is called, its pages are where the desk's own links lead."""

import html
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio.playback import BrowserCopies
from pipeline.desk import Desk
from pipeline.desk.addresses import call_address
from pipeline.store import Store
from tests.builders import CALL
from tests.desks import client, people
from tests.test_desk_call import CONTENT, evaluated

ODD = (
    "20250308/0001",
    "9a%2Fb?c=1#2;x@host",
    "..",
    ".",
    "~..",
    "a/../b",
    "/0001",
    "0001/",
    "a//b",
    "20250308/audio",
    "通话 1&+'\"",
    "%2e%2e",
    "\\x",
    "0001@2025-03-09",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk with a call of each odd id, all of them with a recording."""
    folder: Path = tmp_path_factory.mktemp("desk")
    with Store.open(f"sqlite:///{folder}/callqa.db") as store:
        people(store)
        for call_id in ODD:
            call = CALL.__class__(**{name: getattr(CALL, name) for name in CALL.__slots__} | {"id": call_id})
            store.calls.save(evaluated(call))
        yield Desk(store, copies=BrowserCopies(folder / "copies", lambda uri: CONTENT))


@pytest.mark.parametrize("call_id", ODD)
def test_the_pages_of_a_call_are_where_the_links_lead(desk, call_id):
    browser = client(desk, "wang")
    page = browser.get(call_address(call_id))
    assert page.status_code == 200
    assert desk.store.audit.newest(about=call_id)[0].note.by == "wang"
    links = {
        html.unescape(link) for link in re.findall(r'(?:href|src|data-peaks|hx-get|action)="([^"]+)"', page.text)
    }
    own = {link for link in links if link.startswith("/calls/")}
    assert any("/audio" in link for link in own)
    assert any("/peaks" in link for link in own)
    for link in own:
        if not link.endswith(("/answers", "/corrections", "/undo")):
            answer = browser.get(link)
            assert answer.status_code in (200, 403), link
            assert "没有这个页面" not in answer.text


@pytest.mark.parametrize("call_id", ODD)
def test_an_answer_reaches_its_call(desk, call_id):
    form = {"criterion": "nothing", "kind": "confirm", "seen": "0"}
    said = client(desk, "wang").post(f"{call_address(call_id)}/answers", data=form)
    assert said.status_code == 422, "the call is there, and the item is not"
    assert "没有这通" not in said.text


@pytest.mark.parametrize("call_id", [call_id for call_id in ODD if call_id not in (".", "..", "~..")])
def test_an_address_that_somebody_else_wrote_leads_there_too(desk, call_id):
    assert client(desk, "wang").get(f"/calls/{quote(call_id, safe='')}").status_code == 200


def test_the_queue_and_signing_in_lead_there(desk):
    queue = client(desk, "wang").get("/queue?status=all").text
    for call_id in ODD:
        assert html.escape(call_address(call_id), quote=True) in queue
    away = client(desk).get(call_address("20250308/0001"))
    assert "next=%2Fcalls%2F20250308%252F0001" in away.headers["location"]


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_no_two_calls_share_an_address(call_id):
    segment = call_address(call_id).removeprefix("/calls/")
    assert segment not in (".", "..")
    assert "/" not in segment
    assert call_address(call_id) != call_address("~" + call_id)
