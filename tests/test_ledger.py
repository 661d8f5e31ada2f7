"""Consequences follow from the months, all of them and no others; a signature never disappears."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin, grade_month
from pipeline.month.ledger import (
    MACHINE,
    Entry,
    Evidence,
    entries_in_force,
    entry_statuses,
    find_changes,
    machine_entries,
    propose,
)
from pipeline.scorecard import Consequence, Criterion, Grade, Scorecard, Target, Trigger
from pipeline.tally import Tally

AT = datetime(2027, 1, 5, tzinfo=UTC)
YEAR = tuple(f"2026-{number:02d}" for number in range(1, 13))
GOOD, FAIR, BAD = "优秀", "合格", "不合格"


def consequence(id: str, title: str, coefficient: float | None = None, **when) -> Consequence:
    return Consequence(id=id, title=title, when=Trigger(**when), coefficient=coefficient)


CARD = Scorecard(
    name="家政",
    title="家政考核",
    revision=1,
    effective_from=date(2026, 1, 1),
    source="test",
    criteria=(
        Criterion(
            id="H",
            title="指标",
            standard="",
            points=100,
            scoring=Target(kind="target", at_least=100),
            indicator="x.y",
        ),
    ),
    grades=(
        Grade(name=GOOD, least=90),
        Grade(name=FAIR, least=80),
        Grade(name=BAD, least=0, failing=True),
    ),
    consequences=(
        consequence("plus", "奖金上浮", 1.1, grade=GOOD),
        consequence("base", "基础奖金", 1.0, grade=FAIR),
        consequence("minus", "奖金扣减", 0.95, grade=BAD),
        consequence("lead", "客服主管候选", grade=GOOD, months=3),
        consequence("transfer", "转岗培训", grade=BAD, months=2),
        consequence("dismissal", "淘汰", grade=BAD, after="transfer"),
        consequence("training", "专项培训", grade=BAD, quarters=2),
        consequence("move", "调岗", grade=BAD, quarters=1, after="training"),
        consequence("star", "服务之星", top=0.1, period="year"),
        consequence("best", "季度之星", top=0.2, period="quarter"),
    ),
)

# One letter a month. u: in doubt, 89 between 88 and 91; s: too little scored; n: no score; -: not there.
SCORES = {"A": 95, "B": 85, "C": 70, "u": 89, "s": 95, "n": 0}
GRADES = {"A": GOOD, "B": FAIR, "C": BAD}


def month(agent: str, of: str, score: float | None, *, points: int = 100, low=None, high=None, scored=1.0, **more):
    """A closed month of one item; `points` is how much it weighs in a quarter."""
    possible = 0 if score is None else points
    item = CriterionMonth(
        criterion_id="H",
        title="指标",
        points=100,
        tally=Tally((score or 0) * possible / 100, possible),
        answered=1,
        not_applicable=0,
        open=0,
        origins=((Origin.CALLS, 100 * scored), (Origin.NO_FEED, 100 * (1 - scored))),
    )
    row = AgentMonth(
        agent_id=agent,
        agent_name=None,
        month=of,
        scorecard=more.pop("scorecard", CARD.name),
        revision=more.pop("revision", 1),
        evaluated=1,
        unscorable=0,
        failed=0,
        criteria=(item,),
        speed_of_answer_s=None,
        within_three_rings=Tally(),
        banned_wording=0,
        apologies_owed=0,
        apologies_given=0,
        low=score if low is None else low,
        high=score if high is None else high,
        **more,
    )
    return grade_month(row, CARD)


def lived(agent: str, letters: str, months=YEAR, points=100) -> list[AgentMonth]:
    rows = []
    for letter, of in zip(letters, months, strict=False):
        if letter == "-":
            continue
        doubt = {"low": 88, "high": 91} if letter == "u" else {}
        score = None if letter == "n" else SCORES[letter]
        rows.append(month(agent, of, score, points=points, scored=0.5 if letter == "s" else 1.0, **doubt))
    return rows


def keys(proposals, *ids: str) -> set[tuple[str, str, str]]:
    return {p.key for p in proposals if not ids or p.consequence_id in ids}


def add(ledger, *entries: Entry) -> tuple[Entry, ...]:
    """The ledger as the store would have it: entries get the next ids."""
    return (*ledger, *(replace(e, id=len(ledger) + n) for n, e in enumerate(entries, 1)))


def signed(ledger, about: Entry, by: str = "王芳", kind="signed", evidence=()) -> tuple[Entry, ...]:
    word = Entry(0, AT, kind, about.id, about.agent_id, about.month, about.standard, by=by, evidence=evidence)
    return add(ledger, word)


def closed(months, ledger=()) -> tuple[Entry, ...]:
    """The ledger after a replay of these months was written."""
    return add(ledger, *machine_entries(find_changes(CARD, months, ledger), AT))


def flag(agent: str, of: str, by: str = "质检员") -> Entry:
    return Entry(0, AT, "flag", None, agent, of, CARD.name, by=by)


def look(agent: str, of: str, grade: str, score: float, by: str = "主管") -> Entry:
    return Entry(
        0, AT, "looked", None, agent, of, CARD.name, by=by, note=grade, evidence=(Evidence(of, score, None),)
    )


def entry_of(ledger, agent: str, of: str, consequence_id: str) -> Entry:
    return next(
        e
        for e in reversed(ledger)
        if (e.kind, e.agent_id, e.month, e.consequence_id) == ("proposal", agent, of, consequence_id)
    )


# The oracle: a year is a string, a streak a regular expression, a quarter a mean in fractions.


def oracle(lives: dict[str, str], transfers: dict[str, str] | None = None) -> set[tuple[str, str, str]]:
    """What follows, told from the letters alone; the months all weigh the same, December is closed."""
    found = set()
    quarters = {agent: [letters[n : n + 3] for n in (0, 3, 6, 9)] for agent, letters in lives.items()}
    for agent, letters in lives.items():
        for number, letter in enumerate(letters):
            if letter in GRADES:
                found.add((agent, YEAR[number], {"A": "plus", "B": "base", "C": "minus"}[letter]))
        found |= {(agent, YEAR[run.start() + 2], "lead") for run in re.finditer("A{3,}", letters)}
        found |= {(agent, YEAR[run.start() + 1], "transfer") for run in re.finditer("C{2,}", letters)}
        if since := (transfers or {}).get(agent):
            later = range(YEAR.index(since) + 1, 12)
            found |= {(agent, YEAR[number], "dismissal") for number in later if letters[number] == "C"}
        by_quarter = "".join(quarter_letter(quarter) for quarter in quarters[agent])
        found |= {(agent, f"2026-Q{run.start() + 2}", "training") for run in re.finditer("C{2,}", by_quarter)}
    found |= {(agent, "2026", "star") for agent in best(lives, 6, 10)}
    for number in range(4):
        own = {agent: quarters[agent][number] for agent in lives}
        found |= {(agent, f"2026-Q{number + 1}", "best") for agent in best(own, 2, 5)}
    return found


def mean(letters: str) -> Fraction:
    present = [SCORES[letter] for letter in letters if letter not in "-n"]
    return Fraction(sum(present), len(present))


def quarter_letter(letters: str) -> str:
    present = [letter for letter in letters if letter not in "-n"]
    there = [letter for letter in letters if letter != "-"]
    if len(present) < 2 or Fraction(sum(1 if x != "s" else Fraction(1, 2) for x in there), len(there)) < Fraction(
        6, 10
    ):
        return "."
    doubt = [sum(end if x == "u" else SCORES[x] for x in present) for end in (88, 91)]
    grades = {"A" if s >= 90 * len(present) else "B" if s >= 80 * len(present) else "C" for s in doubt}
    return grades.pop() if len(grades) == 1 else "."


def best(lives: dict[str, str], least_months: int, one_in: int) -> set[str]:
    """Those with fewer better ones than there are places."""
    field = {}
    for agent, letters in lives.items():
        there = [x for x in letters if x != "-"]
        halves = sum(2 if x != "s" else 1 for x in there)
        if sum(x != "n" for x in there) >= least_months and 10 * halves >= 12 * len(there):
            field[agent] = mean(letters)
    places = max(1, len(field) // one_in)
    return {agent for agent, own in field.items() if sum(other > own for other in field.values()) < places}


PLANTED = {
    # agent: the year, and what was planted in it beside the bonus of every graded month and the rankings
    "E01": ("AAABBBBBBBBB", {("2026-03", "lead")}),
    "E02": ("BBAAAAAABBBB", {("2026-05", "lead")}),  # six in a row are one streak
    "E03": ("AAABAAABBBBB", {("2026-03", "lead"), ("2026-07", "lead")}),
    "E04": ("AABAABAABAAB", set()),
    "E05": ("AAuAABBBBBBB", set()),  # in doubt, and nobody has looked
    "E06": ("AA-AAABBBBBB", {("2026-06", "lead")}),  # away in March
    "E07": ("AAsAAnAABBBB", set()),
    "E08": ("BCCBBBBBBBBB", {("2026-03", "transfer")}),
    "E09": ("CBCBCBBBBBBB", set()),
    "E10": ("BCuCBBBBBBBB", set()),
    "E11": ("BBCCBBBCCCBB", {("2026-04", "transfer"), ("2026-09", "transfer")}),
    "E12": ("CCCCCCBBBBBB", {("2026-02", "transfer"), ("2026-Q2", "training")}),
    "E13": ("CCCBBBCCCBBB", {("2026-02", "transfer"), ("2026-08", "transfer")}),  # bad quarters, not in a row
    "E14": ("CC-CC-BBBBBB", {("2026-02", "transfer"), ("2026-05", "transfer"), ("2026-Q2", "training")}),
    "E15": ("CC-C--BBBBBB", {("2026-02", "transfer")}),  # one month is not half of a quarter
    "E16": ("AAAAAAAAAAAA", {("2026-03", "lead")}),
    "E17": ("---------AAA", {("2026-12", "lead")}),  # excellent, but not half of the year: no star
    "E18": ("BBBBBBBBBBAA", set()),  # two in December, the third would be next year
}
FILLERS = {f"E{number:02d}": ("BBBBBBBBBBBB", set()) for number in range(len(PLANTED) + 1, 31)}
LIVES = {agent: letters for agent, (letters, _) in (PLANTED | FILLERS).items()}


def test_a_year_of_thirty_agents_has_what_was_planted_and_nothing_else():
    months = [row for agent, letters in LIVES.items() for row in lived(agent, letters)]
    found = propose(CARD, months, ())
    planted = {(agent, of, what) for agent, (_, all_of) in PLANTED.items() for of, what in all_of}
    assert keys(found, "lead", "transfer", "training", "dismissal", "move") == planted
    # Twelve good months, then eight; 29 are ranked, for E17 was there for three months: two places.
    assert keys(found, "star") == {("E16", "2026", "star"), ("E04", "2026", "star")}
    assert keys(found) == oracle(LIVES)
    assert len(LIVES) == 30
    assert len(found) == len(keys(found))


def test_the_same_year_is_found_month_by_month():
    """Closing after closing, the ledger fills with the same proposals, each written once and none taken back."""
    months = [row for agent, letters in LIVES.items() for row in lived(agent, letters)]
    ledger: tuple[Entry, ...] = ()
    for now in YEAR:
        ledger = closed([row for row in months if row.month <= now], ledger)
    assert {e.kind for e in ledger} == {"proposal"}
    written = [(e.agent_id, e.month, e.consequence_id) for e in ledger]
    assert set(written) == oracle(LIVES)
    assert len(set(written)) == len(written)


years = st.text(alphabet="AABBCCusn-", min_size=12, max_size=12)
towns = st.lists(years, min_size=1, max_size=8).map(lambda all_of: {f"E{n}": one for n, one in enumerate(all_of)})


def whole_year(lives) -> list[AgentMonth]:
    """The months, with one agent who is always there, so that every month is closed."""
    return [row for agent, letters in lives.items() for row in lived(agent, letters)]


@given(towns)
@settings(max_examples=150, deadline=None)
def test_any_year_agrees_with_the_oracle(lives):
    lives = {"E": "B" * 12, **lives}
    assert keys(propose(CARD, whole_year(lives), ())) == oracle(lives)


@given(towns)
@settings(max_examples=50, deadline=None)
def test_a_signed_transfer_makes_later_failing_months_dismissals(lives):
    lives = {"E": "B" * 12, **lives}
    months = whole_year(lives)
    ledger = closed(months)
    transfers: dict[str, str] = {}
    for entry in ledger:
        if entry.consequence_id == "transfer" and entry.agent_id not in transfers:
            transfers[entry.agent_id] = entry.month
            ledger = signed(ledger, entry)
    assert keys(propose(CARD, months, ledger)) == oracle(lives, transfers)


@given(towns, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_months_agents_and_entries_is_irrelevant(lives, random):
    months = whole_year({"E": "B" * 12, **lives})
    ledger = closed(months)
    for entry in random.sample(ledger, len(ledger) // 3):
        ledger = signed(ledger, entry)
    other = [row for row in months if row.agent_id != "E0"]
    mixed, told = random.sample(other, len(other)), random.sample(ledger, len(ledger))
    assert propose(CARD, mixed, told) == propose(CARD, other, ledger)
    assert find_changes(CARD, mixed, told) == find_changes(CARD, other, ledger)


words = st.sampled_from(["", "", "signed", "signed", "rejected"])


@given(towns, towns, st.data())
@settings(max_examples=40, deadline=None)
def test_a_correction_is_listed_and_signatures_stay(before, after, data):
    before, after = {"E": "B" * 12, **before}, {"E": "B" * 12, **after}
    ledger = closed(whole_year(before))
    assert find_changes(CARD, whole_year(before), ledger) == ()  # an unchanged history changes nothing
    for entry in ledger:
        if kind := data.draw(words):
            ledger = signed(ledger, entry, kind=kind)
    months = whole_year(after)
    ledger = closed(months, ledger)  # what follows from the signatures themselves, and from the correction
    in_force = {e.id for e in entries_in_force(ledger)}
    follows = {p.key: p for p in propose(CARD, months, ledger)}
    state = {}
    for each in entry_statuses(ledger):
        key = (each.entry.agent_id, each.entry.month, each.entry.consequence_id)
        state.setdefault(key, []).append(each)
    listed = {(c.agent_id, c.month, c.consequence_id): c.kind for c in find_changes(CARD, months, ledger)}
    assert set(listed.values()) <= {"decide", "changed"}  # the rest is written
    for key, own in state.items():
        live = [each for each in own if each.state in ("open", "effective")]
        assert len(live) <= 1
        if live and live[0].state == "open":
            assert key not in listed
            assert follows[key].evidence == live[0].entry.evidence
        elif live:
            kind = "decide" if key not in follows else "changed"
            same = key in follows and follows[key].evidence == live[0].basis
            assert listed.get(key) == (None if same else kind)
        elif key in follows:
            assert follows[key].evidence == own[-1].basis  # a person has said no to just this
    assert follows.keys() <= state.keys()
    assert in_force == {e.about for e in ledger if e.kind == "signed"}


def test_a_correction_that_flips_a_grade_says_what_it_does_to_a_signed_and_an_unsigned_proposal():
    before = lived("E1007", "BBBBBAAABBBB")
    ledger = closed(before)
    ledger = signed(ledger, entry_of(ledger, "E1007", "2026-08", "lead"))
    after = [row for row in before if row.month != "2026-08"] + [month("E1007", "2026-08", 88.4)]
    changes = {
        change.consequence_id: change for change in find_changes(CARD, after, ledger) if change.month == "2026-08"
    }
    assert {id: change.kind for id, change in changes.items()} == {
        "lead": "decide",
        "plus": "withdrawn",
        "base": "new",
    }
    assert changes["lead"].sentence == (
        "E1007 2026-08 由 95.0 优秀 改为 88.4 合格：不再满足“连续 3 个月优秀”，已签字的“客服主管候选”需人工决定"
    )
    assert changes["plus"].sentence == (
        "E1007 2026-08 由 95.0 优秀 改为 88.4 合格：不再满足“当月优秀”，撤回未签字的“奖金上浮”"
    )
    assert changes["base"].sentence == "E1007 2026-08 88.4 合格，当月合格：提出“基础奖金”"
    ledger = closed(after, ledger)
    assert entry_of(ledger, "E1007", "2026-08", "lead") in entries_in_force(ledger)
    again = find_changes(CARD, after, ledger)
    assert [change.kind for change in again] == ["decide"]
    # The person decides: signs once more on the figures that stand, or withdraws.
    lead = again[0].entry
    assert find_changes(CARD, after, signed(ledger, lead, evidence=again[0].seen)) == ()
    taken_back = signed(ledger, lead, kind="withdrawn", evidence=again[0].seen)
    assert find_changes(CARD, after, taken_back) == ()
    assert lead not in entries_in_force(taken_back)
    back = find_changes(CARD, before, taken_back)  # corrected once more, to what it was
    assert "lead" in {change.consequence_id for change in back if change.kind == "new"}


def test_a_correction_within_the_grade_changes_the_evidence_only():
    before = lived("E1", "BAAAB")
    ledger = closed(before)
    lead = entry_of(ledger, "E1", "2026-04", "lead")
    after = [row for row in before if row.month != "2026-03"] + [month("E1", "2026-03", 91)]
    open_, *_ = (c for c in find_changes(CARD, after, ledger) if c.consequence_id == "lead")
    assert (open_.kind, open_.signed) == ("changed", False)
    rewritten = closed(after, ledger)
    assert entry_of(rewritten, "E1", "2026-04", "lead").evidence == open_.seen
    ledger = signed(ledger, lead)
    told, *_ = (c for c in find_changes(CARD, after, ledger) if c.consequence_id == "lead")
    assert (told.kind, told.signed) == ("changed", True)
    assert told.sentence == (
        "E1 2026-03 由 95.0 优秀 改为 91.0 优秀：仍满足“连续 3 个月优秀”，"
        "已签字的“客服主管候选”继续有效，请签字人核对"
    )
    ledger = signed(closed(after, ledger), lead, evidence=told.seen)
    assert find_changes(CARD, after, ledger) == ()


def test_what_a_person_rejected_is_proposed_again_only_on_other_figures():
    before = lived("E1", "AAA")
    ledger = closed(before)
    ledger = signed(ledger, entry_of(ledger, "E1", "2026-03", "lead"), kind="rejected")
    assert find_changes(CARD, before, ledger) == ()
    after = [*before[:2], month("E1", "2026-03", 99)]
    assert {c.kind for c in find_changes(CARD, after, ledger) if c.consequence_id == "lead"} == {"new"}


def test_what_callqa_took_back_is_proposed_again_when_it_follows_again():
    months = lived("E1", "AAA")
    ledger = closed(months, closed(lived("E1", "AAB"), closed(months)))
    kinds = [e.kind for e in ledger if (e.month, e.consequence_id) == ("2026-03", "lead")]
    assert kinds == ["proposal", "withdrawn", "proposal"]
    assert find_changes(CARD, months, ledger) == ()


def test_a_reopened_month_changes_nothing_until_it_is_closed_again():
    months = lived("E1", "BAAAB")
    ledger = closed(months)
    kept = {c.month for c in find_changes(CARD, months[:3], ledger)}
    assert kept == set()


def test_an_agent_who_vanishes_from_a_closed_month_loses_what_rested_on_it():
    months = lived("E1", "AAA") + lived("E2", "BBB")
    ledger = closed(months)
    gone = find_changes(CARD, [row for row in months if (row.agent_id, row.month) != ("E1", "2026-02")], ledger)
    lead = next(c for c in gone if c.consequence_id == "lead")
    assert lead.sentence == (
        "E1 2026-02 由 95.0 优秀 改为 无分 未定级：不再满足“连续 3 个月优秀”，撤回未签字的“客服主管候选”"
    )


def test_evidence_is_told_in_chinese():
    months = [month("E1", of, score) for of, score in (("2026-07", 93.5), ("2026-08", 91), ("2026-09", 95.2))]
    told = {p.consequence_id: p for p in propose(CARD, months, ())}
    assert told["lead"].sentence == "2026-07 93.5 优秀、2026-08 91.0 优秀、2026-09 95.2 优秀，连续 3 个月优秀"
    assert told["lead"].evidence[0] == Evidence("2026-07", 93.5, GOOD)
    assert told["best"].sentence == "2026-Q3 93.23 优秀，1 人中第 1 名，季度前 20%（1 人）"
    assert told["plus"].pay == "绩效奖金基数×1.1"


def test_after_waits_for_the_signature_and_for_a_later_period():
    months = lived("E1", "CCCBCC------") + lived("E2", "B" * 12)
    ledger = closed(months)
    assert not keys(propose(CARD, months, ledger), "dismissal", "move")
    ledger = signed(ledger, entry_of(ledger, "E1", "2026-02", "transfer"))
    ledger = signed(ledger, entry_of(ledger, "E1", "2026-Q2", "training"))
    found = [p for p in propose(CARD, months, ledger) if p.consequence_id == "dismissal"]
    assert [p.month for p in found] == ["2026-03", "2026-05", "2026-06"]
    assert found[0].sentence == "2026-03 70.0 不合格，2026-02 已签字“转岗培训”，转岗培训签字后当月不合格"
    assert not keys(propose(CARD, months, ledger), "move")  # the third quarter has no result
    later = months + lived("E1", "CBC", YEAR[6:])
    assert keys(propose(CARD, later, ledger), "move") == {("E1", "2026-Q3", "move")}
    # The transfer is taken back by a person: what waited for it follows no longer, and says so.
    ledger = closed(months, ledger)
    undone = signed(ledger, entry_of(ledger, "E1", "2026-02", "transfer"), kind="withdrawn")
    gone = [c for c in find_changes(CARD, months, undone) if c.consequence_id == "dismissal"]
    assert [c.kind for c in gone] == ["withdrawn"] * 3
    assert gone[0].sentence == "E1 2026-03 分数未变：不再满足“转岗培训签字后当月不合格”，撤回未签字的“淘汰”"


def test_a_flag_needs_two_different_people():
    months = lived("E1", "AAAAAA")
    ledger = add((), flag("E1", "2026-02"))
    raised = ledger[0]
    assert keys(propose(CARD, months, ledger), "lead") == {("E1", "2026-03", "lead")}
    for by in ("质检员", "质检员", "质检员 ", MACHINE, ""):
        ledger = signed(ledger, raised, by)
        assert not entries_in_force(ledger)
    ledger = signed(ledger, raised, "主管")
    assert entries_in_force(ledger) == (raised,)
    found = propose(CARD, months, ledger)
    assert keys(found, "lead") == {("E1", "2026-05", "lead")}
    assert keys(found, "plus", "minus") >= {("E1", "2026-02", "minus")}
    assert next(p for p in found if p.consequence_id == "minus").sentence == (
        "2026-02 95.0 不合格（刷好评，两人签字），当月不合格"
    )
    assert not keys(found, "best") & {("E1", "2026-Q1", "best")}  # no ranking is won with such a month
    assert ("E1", "2026-Q2", "best") in keys(found)
    ledger = signed(ledger, raised, "主管", "withdrawn")
    assert not entries_in_force(ledger)
    assert not entries_in_force(signed(ledger, raised, "经理"))  # both must sign again
    no_failing = CARD.model_copy(update={"grades": CARD.grades[:2]})
    flagged = signed(signed(add((), flag("E1", "2026-02")), raised, "甲"), raised, "乙")
    assert ("E1", "2026-02", "base") in keys(propose(no_failing, months, flagged))  # else the last grade


def test_a_look_settles_doubt_for_the_score_that_was_seen():
    months = lived("E1", "AAuAB")
    assert not keys(propose(CARD, months, ()), "lead")
    ledger = add((), look("E1", "2026-03", GOOD, 89))
    found = propose(CARD, months, ledger)
    assert keys(found, "lead") == {("E1", "2026-03", "lead")}
    lead = next(p for p in found if p.consequence_id == "lead")
    assert lead.sentence == "2026-01 95.0 优秀、2026-02 95.0 优秀、2026-03 89.0 优秀（人工核对），连续 3 个月优秀"
    confirmed = propose(CARD, months, add(ledger, look("E1", "2026-03", FAIR, 89)))  # the last look counts
    assert keys(confirmed, "lead", "base") == {("E1", "2026-03", "base"), ("E1", "2026-05", "base")}
    for stale in (
        look("E1", "2026-03", GOOD, 89.5),
        look("E1", "2026-03", BAD, 89),
        look("E1", "2026-03", GOOD, 89, MACHINE),
    ):
        assert propose(CARD, months, add((), stale)) == propose(CARD, months, ())
    poor = lived("E1", "AAsnB")
    nothing = add((), look("E1", "2026-03", GOOD, 95), look("E1", "2026-04", GOOD, 0))
    assert propose(CARD, poor, nothing) == propose(CARD, poor, ())  # a look does not replace what was not scored
    assert propose(CARD, lived("E1", "AABAB"), add((), look("E1", "2026-03", GOOD, 85))) == propose(
        CARD, lived("E1", "AABAB"), ()
    )  # nor a grade that is given


def test_a_quarter_in_doubt_waits_for_a_look():
    quarters = [month("E1", of, 79, low=77, high=81) for of in YEAR[:6]]
    assert not keys(propose(CARD, quarters, ()), "training")
    seen = add((), look("E1", "2026-Q1", BAD, 79), look("E1", "2026-Q2", BAD, 79))
    found = propose(CARD, quarters, seen)
    assert [p.sentence for p in found if p.consequence_id == "training"] == [
        "2026-Q1 79.0 不合格（人工核对）、2026-Q2 79.0 不合格（人工核对），连续 2 个季度不合格"
    ]


def test_quarters_and_years_wait_until_they_are_over():
    months = lived("E1", "C" * 12)
    assert not keys(propose(CARD, months[:5], ()), "training")
    assert keys(propose(CARD, months[:6], ()), "training")
    assert not keys(propose(CARD, months[:11], ()), "star")
    assert keys(propose(CARD, months, ()), "star")
    assert not keys(propose(CARD, months[:4] + months[5:], ()), "star")  # May is open again
    begun_in_may = months[4:]
    assert keys(propose(CARD, begun_in_may, ()), "training") == {("E1", "2026-Q3", "training")}


def test_equal_scores_at_the_border_are_all_proposed_and_a_person_chooses():
    scores = {"E1": 97, "E2": 96, "E3": 95, "E4": 95, "E5": 95, "E6": 90}
    card = CARD.model_copy(update={"consequences": (consequence("star", "服务之星", top=0.5, period="month"),)})
    found = propose(card, [month(agent, "2026-01", score) for agent, score in scores.items()], ())
    assert [p.agent_id for p in found] == ["E1", "E2", "E3", "E4", "E5"]
    assert [("须由人选定" in p.sentence) for p in found] == [False, False, True, True, True]
    assert found[3].sentence == (
        "2026-01 95.0 优秀，6 人中第 3 名，月度前 50%（3 人）；与 E3、E5 同分，超出名额，须由人选定"
    )


def test_a_ranking_says_when_the_intervals_overlap():
    card = CARD.model_copy(update={"consequences": (consequence("star", "服务之星", top=0.5, period="month"),)})
    near = propose(card, [month("E1", "2026-01", 97, low=95, high=98), month("E2", "2026-01", 96)], ())
    assert [p.sentence[-18:] for p in near] == ["；分数区间与未入选者重叠，签字前须核对"[-18:]]
    clear = propose(card, [month("E1", "2026-01", 97, low=96, high=98), month("E2", "2026-01", 95)], ())
    assert "重叠" not in clear[0].sentence


@pytest.mark.parametrize(
    ("agents", "share", "places"), [(100, 0.29, 29), (100, 0.07, 7), (9, 0.1, 1), (30, 0.1, 3)]
)
def test_places_are_the_share_rounded_down(agents, share, places):
    card = CARD.model_copy(update={"consequences": (consequence("star", "服务之星", top=share, period="month"),)})
    months = [month(f"E{number:03d}", "2026-01", 50 + number / 10) for number in range(agents)]
    assert len(propose(card, months, ())) == places


def test_a_new_revision_says_nothing_about_the_months_of_an_old_one():
    first = lived("E1", "AA")
    ledger = closed(first)
    second = CARD.model_copy(update={"revision": 2, "consequences": CARD.consequences[1:]})
    months = [*first, month("E1", "2026-03", 95, revision=2), month("E1", "2026-04", 95, revision=2)]
    assert {(c.kind, c.month, c.consequence_id) for c in find_changes(second, months, ledger)} == {
        ("new", "2026-03", "lead"),  # the streak goes on
        ("new", "2026-Q1", "best"),
    }
    assert find_changes(CARD, months, ledger) == ()


def test_other_standards_teams_and_the_whole_line_are_left_out():
    months = lived("E1", "AAA")
    others = [replace(row, agent_id=None) for row in months]
    others += [month("E1", of, 50, scorecard="KF01") for of in YEAR[:3]]
    assert propose(CARD, months + others, ()) == propose(CARD, months, ())
    kf01 = [replace(e, standard="KF01") for e in (flag("E1", "2026-02"), look("E1", "2026-02", BAD, 95))]
    ledger = add((), *kf01)
    ledger = signed(signed(ledger, ledger[0], "甲"), ledger[0], "乙")
    assert propose(CARD, months, ledger) == propose(CARD, months, ())


def test_two_results_of_one_agent_for_one_month_are_refused():
    with pytest.raises(ValueError, match="agent E1 has two results for 2026-02"):
        propose(CARD, lived("E1", "AAA") + lived("E1", "-A"), ())


def test_callqa_cannot_sign_nor_take_back_what_is_signed():
    ledger = closed(lived("E1", "A"))
    plus = entry_of(ledger, "E1", "2026-01", "plus")
    assert not entries_in_force(signed(ledger, plus, MACHINE))
    ledger = signed(ledger, plus, "王芳")
    assert plus in entries_in_force(signed(ledger, plus, MACHINE, "withdrawn"))
    assert plus not in entries_in_force(signed(ledger, plus, "王芳", "withdrawn"))
    late = signed(signed(closed(lived("E1", "A")), plus, MACHINE, "withdrawn"), plus, "王芳")
    assert plus in entries_in_force(late)  # signed on a page that was not fresh: in force, and the replay lists it
    assert [c.kind for c in find_changes(CARD, lived("E1", "B"), late) if c.consequence_id == "plus"] == ["decide"]


def test_entries_refer_to_what_is_there():
    with pytest.raises(ValueError, match=r"entry 1 \(signed\) is about None"):
        Entry(1, AT, "signed", None, "E1", "2026-01", CARD.name)
    with pytest.raises(ValueError, match="which the ledger does not have"):
        entry_statuses([Entry(2, AT, "signed", 1, "E1", "2026-01", CARD.name, by="王芳")])
