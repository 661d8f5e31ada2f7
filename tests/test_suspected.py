"""Suspicions as people meet them: a yes counts at once and everywhere, a no is kept, and both are labels."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
import yaml
from openpyxl import load_workbook

from flows.desk.server import desk_of
from flows.month.calls import scored_calls
from flows.month.month import monthly
from flows.month.whatif import WhatIf, what_if
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from flows.show import show_call
from pipeline.errors import StaleError
from pipeline.evaluation import Outcome, evaluate
from pipeline.findings import Finding
from pipeline.findings.titles import shipped_titles
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind, Mark, Occasion, PersonAnswer, counting_findings, last_acts
from pipeline.review.overlay import overlay
from pipeline.review.suspected import Standing, suspected
from pipeline.scorecard import find_scorecard
from pipeline.scorecard.drafts import Kind as RuleKind
from pipeline.store import Store
from pipeline.store.export import export_rows
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Source
from pipeline.validation.learning.lessons import labels_of
from tests.builders import CALL, EARS, RECORDING, hearing
from tests.desks import client, people

KF01, KF02 = find_scorecard("kf01"), find_scorecard("kf02")
AT = datetime(2025, 4, 1, tzinfo=UTC)
MONTH = "2025-03"
SETTINGS = load_settings(companies=("阳光家政",))
SAID = (
    "坐席：这里是阳光家政1001号客服员为您服务有什么可以帮到您",
    "客户：我家水管漏了都三天了你们给我个说法",
    "坐席：这个您找物业去啊",
    "客户：行吧",
    "坐席：请问还有其他可以帮到您的吗感谢您的来电再见",
)
HTMX = {"HX-Request": "true"}


def suspicion(term, turn, quote, confidence=0.72, like="这不是我们管的", at=None) -> Finding:
    heard = HEARD.turns[turn].span if at is None else Span(at, at + 2.0)
    role = HEARD.turns[turn].role
    return Finding("C1", "flag", term, turn, role, heard, quote, like, confidence, "suspect-1")


HEARD = hearing(*SAID, call=CALL, recording=RECORDING)
SHIRKING = suspicion("shirking", 2, "您找物业去啊")
COMPLAINT = suspicion("complaint", 1, "你们给我个说法", 0.9, "")
GREETING = suspicion("greeting", 0, "为您服务", 0.6)
DEMOTED = suspicion("banned_wording/不归我管", 2, "您找物业去啊")


def a_call(*flags):
    """The call as a night leaves it that suspects these things."""
    result = result_of(HEARD, policy_of("kf01", SETTINGS), EARS)
    named = [
        f for f in result.findings if f.detector not in ("banned_wording", "complaint") and f.term != "greeting"
    ]
    found = (*named, *flags)  # whatever lists may hear there one day
    return replace(result, findings=found, evaluation=evaluate(HEARD, found, KF01, result.evaluation.lexicons))


CALLED = a_call(SHIRKING, COMPLAINT, GREETING)


def word(finding, so=True, by="wang", at=AT, **more):
    (own,) = suspected([finding])
    return replace(own.act(so=so, by=by, at=at), **more)


def outcomes(*acts, card=KF01, result=CALLED):
    counts = overlay(result, card, acts).evaluation
    return {item.id: item.outcome for answer in counts.answers for item in answer.items}


# --- what a yes and a no do


def test_before_anybody_spoke_a_suspicion_costs_nothing():
    """Of faults and of the customer; what was suspected of a required phrase may wait for a person."""
    without, with_flags = a_call(), a_call(SHIRKING, COMPLAINT)
    assert with_flags.evaluation.score == without.evaluation.score


def test_a_fault_that_is_affirmed_loses_its_item_by_its_own_rule_with_the_place():
    before, after = (overlay(CALLED, KF01, acts) for acts in ((), (word(SHIRKING),)))
    assert after.evaluation.score < before.evaluation.score
    lost = [
        a for a, b in zip(after.evaluation.answers, before.evaluation.answers, strict=True) if a.tally != b.tally
    ]
    assert {answer.criterion_id for answer in lost} == {"KF01-4"}
    assert any("“您找物业去啊”" in reason for answer in lost for reason in answer.reasons)
    assert (answer := lost[0]).source == "machine", answer  # judged by the rule, not given by hand


def test_a_greeting_that_is_affirmed_meets_its_item_and_a_no_leaves_it_missed():
    parts = [i.id for c in KF01.call_criteria for i in c.items if suspected([GREETING])[0].bears_on(i)]
    assert parts
    yes, no = outcomes(word(GREETING)), outcomes(word(GREETING, so=False))
    assert {no[id] for id in parts} <= {Outcome.NOT_MET, Outcome.PARTLY_MET}
    better = overlay(CALLED, KF01, [word(GREETING)]).evaluation.score
    assert better > overlay(CALLED, KF01, [word(GREETING, so=False)]).evaluation.score
    assert yes != no


def test_a_complaint_that_is_affirmed_makes_an_apology_due():
    alone = outcomes()
    due = outcomes(word(COMPLAINT))
    owed = {id for id, outcome in due.items() if outcome is Outcome.NOT_MET and alone[id] is Outcome.NOT_APPLICABLE}
    assert owed
    counts = overlay(CALLED, KF01, [word(COMPLAINT)]).evaluation
    assert any("致歉" in reason for answer in counts.answers for reason in answer.reasons)


def test_it_counts_by_every_scorecard():
    before, after = (
        overlay(CALLED, KF02, acts).evaluation for acts in ((word(SHIRKING, so=False),), (word(SHIRKING),))
    )
    assert after.score < before.score


def test_a_term_that_was_demoted_counts_again_where_a_person_affirms_it():
    found = counting_findings([DEMOTED], [word(DEMOTED)])
    assert [(f.detector, f.term, f.confidence) for f in found] == [("banned_wording", "不归我管", 1.0)]
    assert counting_findings([DEMOTED], [word(DEMOTED, so=False)]) == ()


def test_heard_a_second_time_a_little_later_it_is_the_same():
    moved = replace(SHIRKING, span=Span(SHIRKING.span.start + 0.1, SHIRKING.span.end + 0.1))
    assert suspected([moved], [word(SHIRKING)])[0].standing is Standing.AFFIRMED
    assert suspected([replace(moved, span=Span(60.0, 61.0))], [word(SHIRKING)])[0].standing is Standing.OPEN


def test_of_two_who_contradict_each_other_the_later_counts_and_a_ruling_before_both():
    yes, no = word(SHIRKING, id=1), word(SHIRKING, so=False, by="li", id=2)
    assert suspected([SHIRKING], [no, yes])[0].standing is Standing.REJECTED
    assert suspected([SHIRKING], list(last_acts([yes, no]).values()))[0].standing is Standing.REJECTED
    ruling = replace(yes, kind=Kind.LEVEL, scorecard="kf01", criterion_id="KF01-4", level="符合", affirmed=())
    ruling = replace(ruling, denied=(Mark.of(SHIRKING),), source=Occasion.DISPUTE, id=1)
    again = word(SHIRKING, id=3)
    assert suspected([SHIRKING], [ruling, again])[0].standing is Standing.REJECTED
    assert suspected([SHIRKING], [ruling, again])[0].is_settled


def test_findings_stay_in_the_order_of_time():
    found = counting_findings([*a_call().findings, SHIRKING, GREETING], [word(SHIRKING), word(GREETING)])
    assert [f.span.start for f in found] == sorted(f.span.start for f in found)


# --- kept


@pytest.fixture
def store(address):
    with Store.open(address) as opened:
        opened.calls.save(CALLED)
        people(opened)
        yield opened


@pytest.fixture
def one(sqlite_address):
    with Store.open(sqlite_address) as opened:
        opened.calls.save(CALLED)
        people(opened)
        yield opened


def test_a_yes_comes_back_as_it_was_and_is_undone_with_its_labels(store):
    act = word(SHIRKING)
    labels = labels_of(act, None, [SHIRKING], HEARD)
    written = store.answers.save(act, store.answers.seen("C1"), labels)
    assert replace(written, id=0) == act
    (label,) = store.labels.all()
    assert (label.criterion, label.holds, label.source, label.machine) == ("shirking", True, Source.REVIEW, 0.72)
    (line,) = store.audit.newest(about="C1")
    assert line.note.new["affirmed"] == [["flag", "shirking", SHIRKING.span.start, SHIRKING.span.end]]
    store.answers.undo("C1", written.id, "wang", AT, store.answers.seen("C1"))
    assert store.labels.all() == ()
    assert store.answers.standing(["C1"]) == {}


def test_who_has_not_seen_the_others_word_is_told(one):
    seen = one.answers.seen("C1")
    one.answers.save(word(SHIRKING, by="li"), seen)
    with pytest.raises(StaleError, match=r"li 已于 .* 对 这一处 作出“确认疑似”|这一处作出|对 这一处"):
        one.answers.save(word(SHIRKING, so=False), seen)
    one.answers.save(word(SHIRKING, so=False), one.answers.seen("C1"))
    one.answers.save(word(COMPLAINT), seen)  # another place is nobody's business
    assert suspected(CALLED.findings, one.answers.standing(["C1"])["C1"])[0].standing is Standing.OPEN


def test_a_ruling_that_denies_it_is_changed_by_no_review(one):
    ruling = PersonAnswer(
        "C1", "kf01", "KF01-4", KF01.criterion("KF01-4").digest, Kind.LEVEL, Outcome.MET, "符合", "chen", AT,
        Outcome.MET, denied=(Mark.of(SHIRKING),), reason="misheard", source=Occasion.DISPUTE,
    )  # fmt: skip
    one.answers.save(ruling, LastAct())
    with pytest.raises(ValueError, match=r"已由申诉裁定（chen）"):
        one.answers.save(word(SHIRKING), one.answers.seen("C1"))


def test_the_month_and_a_trial_of_another_standard_count_it(one, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    (alone,) = scored_calls(one, KF01, MONTH)
    asked = WhatIf(MONTH, "kf01", "kf01")
    (before,) = what_if(str(one.engine.url), asked)
    one.answers.save(word(SHIRKING), LastAct())
    (counts,) = scored_calls(one, KF01, MONTH)
    assert counts.evaluation.score < alone.evaluation.score
    assert counts.evaluation.score == overlay(CALLED, KF01, [word(SHIRKING)]).evaluation.score
    (after,) = what_if(str(one.engine.url), asked)
    assert after.after.score < before.after.score


def test_the_terminal_tells_it_in_words(one):
    one.answers.save(word(SHIRKING), LastAct())
    told = "".join(str(cell) for table in show_call(str(one.engine.url), "C1") for cell in _cells(table))
    assert "疑似推诿" in told
    assert "shirking@" not in told


def _cells(table):
    return [cell for column in getattr(table, "columns", ()) for cell in column.cells]


# --- which tier


def test_a_month_counts_what_was_named_suspected_and_judged_by_agent(one):
    judged = replace(SHIRKING, detector="judged", term="KF01-7-1", value="不符合")
    named = replace(SHIRKING, detector="banned_wording", term="不归我管", span=Span(30.0, 31.0))
    found = (*CALLED.findings, named, judged, replace(judged, span=Span(1.0, 2.0)))
    one.calls.save(replace(CALLED, findings=found))
    one.answers.save(word(SHIRKING), LastAct())
    one.answers.save(word(GREETING, so=False), LastAct())
    rows = {(row.detector, row.term): row for row in one.tiers.of_month(MONTH, shipped_titles(), KF01)}
    shirking, complaint = rows["banned_wording", "推诿"], rows["complaint", "complaint"]
    assert (shirking.named, shirking.open, shirking.affirmed, shirking.rejected) == (0, 0, 1, 0)
    assert (complaint.named, complaint.open, complaint.title) == (0, 1, "客户投诉")
    assert (rows["required_phrase", "greeting"].rejected, rows["banned_wording", "不归我管"].named) == (1, 1)
    assert rows["judged", "KF01-7-1"].judged == 1, "a call, however many places it quotes"
    assert rows["judged", "KF01-7-1"].title == KF01.call_criterion("KF01-7-1").title("KF01-7-1")
    assert one.tiers.of_month(MONTH, shipped_titles(), KF02) == ()
    assert one.tiers.of_month(MONTH, shipped_titles(), agent_id="1002") == ()
    exported = [row for row in export_rows(one, "tiers") if row["term"] == "推诿"]
    assert [(row["agent_id"], row["suspected_affirmed"]) for row in exported] == [("1001", 1)]


def test_the_desk_and_the_workbook_tell_the_tiers(one, monkeypatch, tmp_path):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    monthly(str(one.engine.url), MONTH, tmp_path / "month.xlsx", "kf01")
    one.answers.save(word(SHIRKING), LastAct())
    desk = desk_of(one, SETTINGS)
    asked = f"/months/tiers?month={MONTH}&standard=kf01"
    assert asked.replace("&", "&amp;") in client(desk, "wang").get(f"/months?month={MONTH}&standard=kf01").text
    page = client(desk, "wang").get(asked, headers=HTMX).text
    assert re.search(r"推诿</td>(<td class=.number.>\d+</td>){5}", page)
    assert re.findall(r"推诿</td>.*?</tr>", page)[0].count(">1<") == 1
    assert client(desk, "lin").get(asked).status_code == 403
    assert "推诿" not in client(desk, "sun").get(asked).text, "an agent of another team"
    told = {sheet.title: sheet for sheet in load_workbook(BytesIO(desk.months.workbook(MONTH, "kf01")))}
    lines = [[cell.value for cell in line] for line in told["三层来源"].iter_rows()]
    assert ["1001", "禁用语：推诿", 0, 0, 1, 0, 0] in [line[:7] for line in lines]


# --- at the desk


def posted(one, who, **fields):
    data = {
        "about": f"shirking@{SHIRKING.span.start:.2f}",
        "so": "yes",
        "seen": str(one.answers.seen("C1")),
    } | fields
    return client(one, who).post("/calls/C1/suspicions", data=data, headers=HTMX)


def test_the_page_lists_it_at_its_item_with_how_likely_and_what_it_is_like(one):
    page = client(one, "wang").get("/calls/C1").text
    entry = page[page.index(f'data-item="KF01-4-2/shirking@{SHIRKING.span.start:.2f}"') :]
    entry = entry[: entry.index("</li>")]
    for told in ("疑似推诿", "多半是，72%", "“您找物业去啊”", "像：“这不是我们管的”", "本通得分"):
        assert told in entry, told
    assert f'data-play="{SHIRKING.span.start:.2f}"' in entry or f'data-play="{SHIRKING.span.start:.1f}"' in entry
    assert re.search(r"是：[\d.]+ → [\d.]+ 分；不是：不变", entry), entry
    assert "shirking" not in re.sub(r'(data-item|value)="[^"]*"', "", entry), "no engineering words"


def test_a_yes_on_the_page_counts_at_once_and_is_undone(one):
    before = client(one, "wang").get("/calls/C1/scorecard").text
    page = posted(one, "wang")
    assert page.status_code == 200, page.text
    assert "已确认疑似“推诿”" in page.text
    assert _score(page.text) < _score(before)
    (act,) = one.answers.acts("C1")
    assert (act.kind, act.affirmed, act.by) == (Kind.AFFIRM, (Mark.of(SHIRKING),), "wang")
    assert [(label.criterion, label.holds) for label in one.labels.all()] == [("shirking", True)]
    assert one.queue.get("C1").score == pytest.approx(_score(page.text), abs=0.01)
    undo = {"what": "answer", "id": act.id, "seen": str(one.answers.seen("C1"))}
    back = client(one, "wang").post("/calls/C1/undo", data=undo, headers=HTMX)
    assert _score(back.text) == _score(before)
    assert one.labels.all() == ()


def test_a_no_is_kept_and_another_who_did_not_look_is_told(one):
    seen = str(one.answers.seen("C1"))
    assert posted(one, "li", so="no").status_code == 200
    stale = posted(one, "wang", seen=seen)
    assert stale.status_code == 409
    assert [(label.criterion, label.holds) for label in one.labels.all()] == [("shirking", False)]
    assert "人工排除" in client(one, "wang").get("/calls/C1").text


@pytest.mark.parametrize(("who", "status"), [("sun", 403), ("zhao", 403), ("lin", 403), ("zhou", 403)])
def test_who_may_not_review_may_not_say_so(one, who, status):
    assert posted(one, who).status_code == status
    assert one.answers.acts("C1") == ()


@pytest.mark.parametrize("fields", [{"about": "shirking@99.00"}, {"about": "x"}, {"so": "maybe"}])
def test_what_is_not_there_is_refused(one, fields):
    assert posted(one, "wang", **fields).status_code == 422


def test_an_agent_sees_what_was_affirmed_with_its_place_and_not_who_said_so(one):
    assert "推诿" not in client(one, "lin").get("/calls/C1").text
    posted(one, "wang")
    page = client(one, "lin").get("/calls/C1").text
    assert "人工确认" in page
    assert "推诿" in page
    assert f'data-play="{SHIRKING.span.start:.1f}' in page
    assert "wang" not in page
    assert "王芳" not in page
    assert page.count('class="item suspect') == 1, "what nobody affirmed is not shown"


def test_a_dispute_overturns_it_and_whoever_affirmed_it_does_not_rule(one):
    lost = posted(one, "wang")
    made = client(one, "lin").post(
        "/calls/C1/disputes", data={"criterion": "KF01-4", "reason": "other", "words": "我没有推"}
    )
    assert made.status_code == 303, made.text
    assert "自己" in client(one, "wang").get("/disputes/1").text
    ruling = {"seen": 1, "acts": str(one.answers.seen("C1")), "ruling": "level:符合", "reason": "misheard"}
    ruling["words"] = "听过了，没有这样说"
    assert client(one, "wang").post("/disputes/1/rule", data=ruling).status_code == 422
    ruled = client(one, "li").post("/disputes/1/rule", data=ruling)
    assert ruled.status_code == 303, ruled.text
    (first, *_) = suspected([SHIRKING], one.answers.standing(["C1"])["C1"])
    assert (first.standing, first.is_settled) == (Standing.REJECTED, True)
    assert posted(one, "wang").status_code == 422
    assert _score(client(one, "wang").get("/calls/C1/scorecard").text) > _score(lost.text)


def test_the_queue_says_what_is_suspected_filters_by_it_and_forgets_what_was_settled(one):
    page = client(one, "wang").get("/queue?reason=suspected").text
    assert "疑似推诿 72%" in page
    assert 'data-call="C1"' in page
    posted(one, "wang")
    for finding in (COMPLAINT, GREETING):
        posted(one, "wang", about=f"{finding.term}@{finding.span.start:.2f}", so="no")
    assert 'data-call="C1"' not in client(one, "wang").get("/queue?reason=suspected").text
    assert "听到禁用语" in client(one, "wang").get("/queue").text, "what was affirmed is banned wording now"


def test_what_was_affirmed_becomes_a_draft_of_its_list_filled_in_and_taken_by_the_check(one):
    desk = desk_of(one, SETTINGS)
    asked = f"/rules/wording?call=C1&about=shirking@{SHIRKING.span.start:.2f}"
    assert client(desk, "chen").get(asked).status_code == 422, "nobody affirmed it"
    posted(one, "wang")
    assert f'href="{asked.replace("@", "%40")}"'.replace("&", "&amp;") in client(desk, "chen").get("/calls/C1").text
    page = html.unescape(client(desk, "chen").get(asked).text)
    (text,) = re.findall(r"<textarea id=.text.*?>\n(.*?)</textarea>", page, re.DOTALL)
    written = yaml.safe_load(text)
    in_force = yaml.safe_load(desk.rules.in_force(RuleKind.LEXICON, written["name"]).text)
    assert (written["detector"], written["revision"]) == ("banned_wording", in_force["revision"] + 1)
    added = written["phrases"][len(in_force["phrases"]) :]
    assert [(each["term"], each["role"], each["variants"], each["examples"]) for each in added] == [
        ("推诿", "agent", ["您找物业去啊"], ["您找物业去啊"])
    ]
    assert "推诿“您找物业去啊”" in page
    assert "第 " not in page[page.index('id="checked"') :][:400], "the check finds no mistake"
    kept = client(desk, "chen").post("/rules/drafts", data={"text": text, "why": "复核确认"})
    assert kept.status_code == 303, kept.text[-3000:]
    assert client(desk, "lin").get(asked).status_code == 403


def _score(page):
    return float(re.search(r'id="score">([\d.]+)<', page)[1])
