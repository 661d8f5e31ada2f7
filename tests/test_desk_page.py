"""Pages that other packages declare: in the navigation and open to those who have the right, and to nobody else."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from pipeline.access.accounts import Right
from pipeline.desk.pages import OWN, pages
from pipeline.errors import ConfigurationError
from pipeline.store import Store
from tests.desks import PEOPLE, client, people
from tests.strangers import stranger

TODAY = """
from fastapi import APIRouter
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.desk.page import Page
from pipeline.desk.visit import Visitor

router = APIRouter()
PAGE = Page(router, "/today", "今日概况", Right.SEARCH, landing=0, templates="ours_desk")


@router.get("/today")
def today(visit: Visitor) -> Response:
    return visit.page("ours_desk/today.html", teams=visit.scope.team)


@router.post("/today/secret")
def secret(visit: Visitor) -> Response:
    return visit.page("ours_desk/today.html", teams="")
"""
TEMPLATE = """{% extends "base.html" %}
{% block title %}今日概况{% endblock %}
{% block main %}<h1>{{ visit.account.name }}的今日</h1>{{ "<b>" }}{% endblock %}
"""


@pytest.fixture
def declared(tmp_path):
    """A package `ours_desk`, installed as far as the interpreter can tell, with a module and a template."""

    with ExitStack() as stack:

        def declare(module=TODAY, template=TEMPLATE):
            files = {"ours_desk/__init__.py": "", "ours_desk/today.py": module}
            if template:
                files["ours_desk/templates/today.html"] = template
            entry = "[callqa.pages]\ntoday = ours_desk.today:PAGE\n"
            stack.enter_context(stranger(tmp_path, files, entry))

        pages.cache_clear()
        yield declare
    pages.cache_clear()


@pytest.fixture
def store(sqlite_address):
    with Store.open(sqlite_address) as store:
        people(store)
        yield store


@pytest.mark.parametrize("who", PEOPLE)
def test_a_page_of_another_package_is_found_by_those_who_have_its_right(declared, store, who):
    declared()
    browser = client(store, who)
    home, page, form = browser.get("/me"), browser.get("/today"), browser.post("/today/secret")
    if Right.SEARCH in PEOPLE[who].rights:
        assert '<a href="/today" >今日概况</a>' in home.text
        assert (page.status_code, form.status_code) == (200, 200)
        assert 'aria-current="page">今日概况</a>' in page.text
        assert f"<h1>{PEOPLE[who].name}的今日</h1>&lt;b&gt;" in page.text
        assert browser.get("/").headers["location"] == "/today"
    else:
        assert "今日概况" not in home.text
        assert (page.status_code, form.status_code) == (403, 403)
        lines = store.audit.newest(by=who, action="refused")
        assert [line.note.about for line in lines] == ["/today/secret", "/today"]
    assert "/sign-in?" in client(store).get("/today").headers["location"]


def test_without_it_there_is_no_such_page(store):
    assert pages() == OWN
    assert client(store, "wang").get("/today").status_code == 404


@pytest.mark.parametrize(
    ("module", "template", "told"),
    [
        (TODAY.replace('get("/today")', 'get("/queue")'), TEMPLATE, "no GET /today"),
        (
            TODAY.replace("/today", "/queue"),
            TEMPLATE,
            "GET /queue, .* address of pipeline.desk.pages.queue",
        ),
        (TODAY.replace("landing=0", "landing=1"), TEMPLATE, "/today has the landing 1 of /queue"),
        (TODAY, "", "ours_desk has no folder of templates"),
        ("PAGE = 1", TEMPLATE, "is a int, not a Page"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(declared, store, module, template, told):
    declared(module, template)
    with pytest.raises(ConfigurationError, match=told):
        client(store)
