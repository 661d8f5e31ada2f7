"""Calibration in the browser: dealt by the lead, answered blind, closed, and read by those who took part."""

import re
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.desk.visit import BLIND, Visit
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.validation.calibration import NOT_APPLICABLE, Rating, scales_of
from tests.desks import PEOPLE, client, people
from tests.test_calibrations import CARD, a_result

SCALES = scales_of(CARD)
CALLS = tuple(f"C{n:02}" for n in range(12))
NOTE = "语气生硬得很"
FORM = {
    "name": "三月校准",
    "scorecard": "kf01",
    "how": "chosen",
    "calls": " ".join(CALLS),
    "reviewers": ["wang", "li"],
}
FORM |= {"criteria": [scale.criterion for scale in SCALES]}


@pytest.fixture
def store(sqlite_address):
    with Store.open(sqlite_address) as store:
        people(store)
        for call_id in CALLS:
            store.calls.save(a_result(call_id))
        yield store


@pytest.fixture
def dealt(store):
    """A calibration of all calls between wang and li, li being done with it."""
    own = store.calibrations.deal("三月校准", CARD, None, CALLS, ("wang", "li"), "chen")
    worst = [
        Rating(call_id, scale.criterion, "", scale.choices[-1], 33.25, NOTE)
        for call_id in CALLS
        for scale in SCALES
    ]
    store.calibrations.answer(own.id, worst, "li")
    return own


def chosen(*choices):
    return {f"choice-{n}": choice for n, choice in enumerate(choices)}


def told(page):
    """The text of a page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_lead_deals_chosen_calls(store):
    lead = client(store, "chen")
    form = lead.get("/calibration/new")
    assert form.status_code == 200
    assert SCALES[0].title in form.text
    made = lead.post("/calibration", data=FORM)
    assert (made.status_code, made.headers["location"]) == (303, "/calibration/1")
    own = store.calibrations.get(1)
    assert (own.calls, own.reviewers, own.by, own.drawing) == (CALLS, ("wang", "li"), "chen", None)
    assert "三月校准" in lead.get("/calibration").text
    assert "三月校准" in client(store, "wang").get("/calibration").text
    assert "三月校准" not in client(store, "zhou").get("/calibration").text


def test_calls_are_drawn_with_a_seed_that_is_kept(store):
    form = FORM | {"how": "drawn", "month": "2025-03", "num_calls": "5", "seed": "7"}
    for _ in range(2):
        assert client(store, "chen").post("/calibration", data=form).status_code == 303
    first, again = store.calibrations.get(1), store.calibrations.get(2)
    assert first.calls == again.calls
    assert (len(first.calls), first.drawing.seed, first.drawing.drawn_from) == (5, 7, 12)
    assert "种子 7" in client(store, "wang").get("/calibration/1").text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "名字"),
        ({"calls": "C00 X9"}, "X9"),
        ({"calls": ""}, "1 至 200"),
        ({"reviewers": ["wang"]}, "2 至 20"),
        ({"reviewers": ["wang", "lin"]}, "不能参加校准"),
        ({"reviewers": ["wang", "sun"]}, "平时看不到"),
        ({"reviewers": ["wang", "' OR 1=1"]}, "不能参加校准"),
        ({"criteria": ["none"]}, "评分项"),
        ({"scorecard": "kf02"}, "kf02"),
        ({"how": "drawn", "month": "2025-13"}, "月份"),
        ({"how": "drawn", "month": "2025-03", "agent": "1009"}, "没有按"),
    ],
)
def test_what_cannot_be_dealt_is_told_and_nothing_made(store, change, sentence):
    answer = client(store, "chen").post("/calibration", data=FORM | change)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert store.calibrations.progress() == ()


@pytest.mark.parametrize(
    "change", [{"how": "x"}, {"num_calls": "0"}, {"num_calls": "x"}, {"seed": "-1"}, {"name": "x" * 201}]
)
def test_a_form_of_nonsense_is_refused(store, change):
    assert client(store, "chen").post("/calibration", data=FORM | change).status_code == 422


@pytest.mark.parametrize("who", ["wang", "zhou", "sun", "lin", "admin"])
def test_only_the_lead_deals_and_closes(store, dealt, who):
    browser = client(store, who)
    assert browser.get("/calibration/new").status_code == 403
    assert browser.post("/calibration", data=FORM).status_code == 403
    assert browser.post(f"/calibration/{dealt.id}/close", data={"anyway": "1"}).status_code == 403
    assert store.calibrations.get(dealt.id).is_open
    assert len(store.audit.newest(by=who, action="refused")) == 3


@pytest.mark.parametrize("who", ["zhou", "sun", "lin", "admin"])
def test_who_is_not_in_it_sees_nothing_of_it(store, dealt, who):
    browser = client(store, who)
    for path in (f"/calibration/{dealt.id}", f"/calibration/{dealt.id}/next", f"/calibration/{dealt.id}/calls/1"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert dealt.name not in answer.text
    store.calibrations.close(dealt.id, "chen")
    assert browser.get(f"/calibration/{dealt.id}").status_code == 403


@pytest.mark.parametrize(
    "path", ["/calibration/9", "/calibration/9/next", "/calibration/1/calls/13", "/calibration/9/calls/1"]
)
def test_what_is_not_there_is_told(store, dealt, path):
    assert client(store, "wang").get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/calibration/0", "/calibration/x", "/calibration/99999999999999", "/calibration/1/calls/0"]
)
def test_numbers_out_of_range_are_refused(store, dealt, path):
    assert client(store, "wang").get(path).status_code == 422


def test_a_reviewer_answers_call_after_call_in_an_order_of_the_own(store, dealt):
    browser = client(store, "wang")
    assert browser.get(f"/calibration/{dealt.id}/next").headers["location"] == f"/calibration/{dealt.id}/calls/1"
    fields = chosen(*(scale.choices[0] for scale in SCALES)) | {"at-0": "12.5", "note-0": "第一句"}
    saved = browser.post(f"/calibration/{dealt.id}/calls/1", data=fields)
    assert saved.headers["location"] == f"/calibration/{dealt.id}/next?after=1"
    assert browser.get(saved.headers["location"]).headers["location"] == f"/calibration/{dealt.id}/calls/2"
    own = store.calibrations.ratings(dealt.id, "wang")
    assert {rating.call_id for rating in own} == {dealt.order_for("wang")[0]}
    assert (own[0].heard_at, own[0].note) == (12.5, "第一句")
    again = browser.get(f"/calibration/{dealt.id}/calls/1").text
    assert 'value="12.5"' in again
    assert "第一句" in again
    assert again.count("checked") == len(SCALES)


def test_after_the_last_call_the_calibration_is_shown(store, dealt):
    browser = client(store, "wang")
    for number in range(1, len(CALLS) + 1):
        browser.post(f"/calibration/{dealt.id}/calls/{number}", data=chosen(*[NOT_APPLICABLE] * len(SCALES)))
    assert browser.get(f"/calibration/{dealt.id}/next").headers["location"] == f"/calibration/{dealt.id}"
    assert f"{dealt.num_answers}/{dealt.num_answers}" in browser.get(f"/calibration/{dealt.id}").text


def test_what_was_skipped_is_asked_again_at_the_end(store, dealt):
    browser = client(store, "wang")
    browser.post(f"/calibration/{dealt.id}/calls/12", data=chosen(*[NOT_APPLICABLE] * len(SCALES)))
    browser.post(f"/calibration/{dealt.id}/calls/1", data=chosen(NOT_APPLICABLE))
    after = browser.get(f"/calibration/{dealt.id}/next?after=12")
    assert after.headers["location"] == f"/calibration/{dealt.id}/calls/1"


@pytest.mark.parametrize(
    "fields",
    [
        {"choice-0": "很好"},
        {"choice-0": "符合", "at-0": "nan"},
        {"choice-0": "符合", "at-0": "99999"},
        {"choice-0": "符合", "at-0": "-1"},
        {"choice-0": "符合", "note-0": "长" * 301},
    ],
)
def test_answers_that_cannot_be_are_told_and_not_kept(store, dealt, fields):
    answer = client(store, "wang").post(f"/calibration/{dealt.id}/calls/1", data=fields | {"choice-1": "符合"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert store.calibrations.ratings(dealt.id, "wang") == ()


field = st.one_of(
    st.sampled_from(["符合", NOT_APPLICABLE, "nan", "-1", "1e9", "９", "\0", "<b>", "x" * 5000, ""]),
    st.text(max_size=9),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["choice-0", "at-0", "note-0", "choice-99", "x"]), field))
def test_no_answer_makes_the_desk_fail(store, dealt, fields):
    browser = client(store, "wang")
    answer = browser.post(
        f"/calibration/{dealt.id}/calls/1",
        content=urlencode(fields, errors="replace"),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code in (303, 422)


def test_nothing_of_the_machine_or_of_others_is_in_a_reviewers_pages(store, dealt):
    """The machine and li gave every criterion of every call something; wang has answered nothing yet."""
    browser = client(store, "wang")
    paths = [
        "/calibration",
        f"/calibration/{dealt.id}",
        *(f"/calibration/{dealt.id}/calls/{n + 1}" for n in range(12)),
    ]
    pages = {path: browser.get(path) for path in paths}
    result = a_result(CALLS[0])
    secret = [
        NOTE,
        "33.2",
        "00:33",
        "不归我管",
        "banned",
        "0.9",
        *(r for a in result.evaluation.answers for r in a.reasons),
    ]
    secret += [str(round(result.evaluation.score, 1)), f"{result.evaluation.tally.awarded:g} 分"]
    for path, page in pages.items():
        assert page.status_code == 200, path
        for word in secret:
            assert word not in page.text, (path, word)
        assert "checked" not in page.text, path
    card = pages[f"/calibration/{dealt.id}/calls/1"].text
    for scale in SCALES:  # each choice as often as it is offered, and nowhere else
        assert card.count(f'value="{scale.choices[-1]}"') == sum(s.choices[-1] == scale.choices[-1] for s in SCALES)


def test_what_others_answer_changes_nothing_in_a_reviewers_pages_but_the_progress(store, dealt):
    browser, path = client(store, "wang"), f"/calibration/{dealt.id}/calls/1"

    def shown():
        return re.sub(r'(nonce" content=|opening=)[^>]+', "", browser.get(path).text)

    before = shown()
    best = [Rating(call_id, scale.criterion, "", scale.choices[0]) for call_id in CALLS for scale in SCALES]
    store.calibrations.answer(dealt.id, best, "li")
    assert shown() == before


def test_nobody_sees_figures_before_the_calibration_is_closed(store, dealt):
    page = client(store, "chen").get(f"/calibration/{dealt.id}")
    assert "kappa" not in page.text
    assert NOTE not in page.text
    assert (
        client(store, "chen").get(f"/calibration/{dealt.id}/calls/1").status_code == 403
    )  # leads, but does not score


def test_a_call_that_is_scored_blind_is_kept_from_the_reviewers_other_pages(store, dealt):
    wang, chen = PEOPLE["wang"], PEOPLE["chen"]
    assert store.calibrations.blinding(wang.id, CALLS[0]) == dealt.id
    assert store.calibrations.blinding(chen.id, CALLS[0]) is None
    assert store.calibrations.blind_calls(wang.id) == set(CALLS)

    class Here:
        method, url = "GET", None

    visit = Visit(Here(), client(store).app.state.desk, wang, "")
    with pytest.raises(Exception, match="403") as refused:
        visit.call(CALLS[0])
    assert refused.value.detail == BLIND
    assert client(store, "chen").app.state.desk.store.calls.get(CALLS[0]) is not None
    store.calibrations.close(dealt.id, "chen")
    assert visit.call(CALLS[0]).evaluation is not None


def test_hearing_a_call_blind_is_noted(store, dealt):
    client(store, "wang").get(f"/calibration/{dealt.id}/calls/1")
    (line,) = store.audit.newest(by="wang", action="read")
    assert (line.note.about, line.note.new) == (dealt.order_for("wang")[0], {"calibration": dealt.id})


def test_what_was_said_is_shown_and_escaped(store):
    hostile = "<img src=x onerror=alert(1)>"
    store.calibrations.deal(hostile, CARD, None, CALLS[:1], ("wang", "li"), "chen")
    page = client(store, "wang").get("/calibration/1/calls/1")
    assert "您好阳光家政" in page.text
    assert hostile not in page.text
    store.calibrations.answer(1, [Rating(CALLS[0], SCALES[0].criterion, "", "符合", None, hostile)], "wang")
    store.calibrations.answer(1, [Rating(CALLS[0], SCALES[0].criterion, "", "不符合")], "li")
    store.calibrations.close(1, "chen")
    results = client(store, "wang").get("/calibration/1")
    assert "onerror" in results.text
    assert hostile not in results.text


def test_closing_an_unfinished_one_takes_a_word_more(store, dealt):
    lead = client(store, "chen")
    assert lead.post(f"/calibration/{dealt.id}/close", data={"why": "急"}).status_code == 422
    assert store.calibrations.get(dealt.id).is_open
    assert lead.post(f"/calibration/{dealt.id}/close", data={"why": "急", "anyway": "1"}).status_code == 303
    assert not store.calibrations.get(dealt.id).is_open
    assert lead.post(f"/calibration/{dealt.id}/close", data={"anyway": "1"}).status_code == 422
    browser = client(store, "wang")
    assert browser.get(f"/calibration/{dealt.id}/calls/1").status_code == 409
    assert browser.post(f"/calibration/{dealt.id}/calls/1", data=chosen("符合")).status_code == 409


def test_the_results_tell_who_is_off_what_splits_and_what_the_machine_says(store, dealt):
    browser = client(store, "wang")
    for number in range(1, len(CALLS) + 1):
        choices = [scale.choices[0] if n or number > 2 else scale.choices[-1] for n, scale in enumerate(SCALES)]
        browser.post(f"/calibration/{dealt.id}/calls/{number}", data=chosen(*choices))
    assert client(store, "chen").post(f"/calibration/{dealt.id}/close").status_code == 303
    for who in ("wang", "li", "chen"):
        page = client(store, who).get(f"/calibration/{dealt.id}")
        assert page.status_code == 200
        said = told(page)
        assert "偏严" in said
        assert "偏松" in said
        assert "机器与人的多数一致" in said
        assert NOTE in said
        assert f'href="/calls/{CALLS[0]}?at=31.2"' in page.text
    wang = said.split("按评分人")[1].split("王芳")[1].split("李娜")[0]
    assert re.search(r"-\d\.\d\d.*偏松", wang)
    assert "样本不足（0 通）" in wang  # of two reviewers, one without the other agrees with nobody


def test_few_calls_are_told_and_not_counted_upon(store):
    own = store.calibrations.deal("少", CARD, None, CALLS[:3], ("wang", "li"), "chen")
    for who in own.reviewers:
        store.calibrations.answer(
            own.id, [Rating(c, s.criterion, "", "符合") for c in own.calls for s in SCALES], who
        )
    store.calibrations.close(own.id, "chen")
    said = told(client(store, "wang").get(f"/calibration/{own.id}"))
    assert "样本不足（3 通）" in said
    assert "没有分歧" in said
    assert "1.00" not in said


def test_the_standard_is_shown_only_in_the_revision_that_was_dealt(store, dealt):
    sentence = find_scorecard("kf01").criterion(SCALES[0].criterion).standard
    assert sentence[:12] in client(store, "wang").get(f"/calibration/{dealt.id}/calls/1").text
