"""The payroll of a closed month: what each person is paid for the result, who has signed, and what is still open.

Knows consequences, bases and rounding; not where they come from (`flows.month.payroll`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.indicators.wages import Wage
from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.month.assessment.periods import months_of
from pipeline.month.ledger.entries import Entry, EntryState, EntryStatus, entry_statuses
from pipeline.month.ledger.standings import Standing, standings, unit_standings
from pipeline.scorecard import Consequence, Scorecard
from pipeline.tally import Tally, rounded

NOT_PAID = "没有奖惩金额"
"""The state of a row on which no money hangs."""
LIVE = (EntryState.OPEN, EntryState.EFFECTIVE)


@dataclass(frozen=True, slots=True)
class Pending:
    """Something open that could change what is paid.

    Parameters
    ----------
    item : str
        The criterion, or what else it is about; `call_id` is empty where it is about no call.
    why : str
        In Chinese.
    """

    agent_id: str
    call_id: str
    item: str
    why: str

    @property
    def sentence(self) -> str:
        """Agent, call, item and why.

        Examples
        --------
        >>> Pending("1001", "C7", "KF01-4", "申诉未决").sentence, Pending("1001", "", "等级", "待定").sentence
        ('1001 C7 KF01-4：申诉未决', '1001 等级：待定')
        """
        return f"{' '.join(part for part in (self.agent_id, self.call_id, self.item) if part)}：{self.why}"


@dataclass(frozen=True, slots=True)
class PayrollRow:
    """What one person is paid for one month's result.

    Parameters
    ----------
    score, grade
        As they stand after flags and looks; of a head without an own month, those of what the person heads.
    coefficient : float | None
        Of the own bonus of this month.
    wage, bonus_base : float | None
        As the feed gives them, in yuan.
    bonus, extra : float | None
        Base times coefficient; shares and amounts that are added or taken. In yuan, each product rounded as the
        standard says. None where a base is missing or nothing follows.
    payable : float | None
        Their sum, once all of it is signed; None before, and where it cannot be computed (`remarks` say why).
    state : str
        In Chinese: signed, waiting for signatures, or why nothing is paid.
    signers : tuple of str
        Who signed what pays.
    consequences : tuple of str
        Everything that is proposed or in force for the month, with its state.
    """

    agent_id: str
    agent_name: str | None
    team: str | None
    month: str
    standard: str
    revision: int
    score: float | None
    grade: str | None
    coefficient: float | None
    wage: float | None
    bonus_base: float | None
    bonus: float | None
    extra: float | None
    payable: float | None
    state: str
    signers: tuple[str, ...]
    consequences: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody on the payroll: the own row, and the result by which the person is paid."""

    id: str
    row: AgentMonth | None
    wage: Wage
    standing: Standing | None


def payroll(
    card: Scorecard,
    month: str,
    months: Sequence[AgentMonth],
    ledger: Sequence[Entry],
    wages: Mapping[str, Wage],
) -> tuple[PayrollRow, ...]:
    """The rows of a month, by agent id: everybody with a result, and the heads of teams whom the wages name.

    Parameters
    ----------
    months : sequence of AgentMonth
        The standing closed months of all agents and teams, as in `propose`.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pipeline.month.assessment.agent_month import CriterionMonth
    >>> from pipeline.month.ledger import machine_entries, find_changes
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> card = find_scorecard("jiazheng")
    >>> part = CriterionMonth("A", "", 100, Tally(95, 100), 1, 0, 0)
    >>> row = AgentMonth(
    ...     "1001", "林", "2026-10", card.name, 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0, grade="优秀"
    ... )
    >>> (paid,) = payroll(card, "2026-10", [row], (), {"1001": Wage(6000, 800)})
    >>> paid.state, paid.payable
    ('没有奖惩金额', None)
    """
    own = {m.agent_id: m for m in months if m.agent_id and (m.month, m.scorecard) == (month, card.name)}
    results = {s.agent_id: s for s in standings(card, months, ledger) if s.period == month}
    units = {s.agent_id: s for s in unit_standings(card, months) if s.period == month}
    people = [_Person(agent, row, wages.get(agent, Wage()), results.get(agent)) for agent, row in own.items()]
    people += [_Person(id, None, w, units.get(w.heads)) for id, w in wages.items() if w.heads and id not in own]
    due = [each for each in entry_statuses(ledger) if _due(each, card, month)]
    revision = max((row.revision for row in own.values()), default=card.revision)
    return tuple(_row(card, month, revision, person, due) for person in sorted(people, key=lambda p: p.id))


def _due(status: EntryStatus, card: Scorecard, month: str) -> bool:
    """Whether an entry is about a period that ends with the month, and is neither rejected nor withdrawn."""
    entry = status.entry
    ends = entry.kind != "looked" and months_of(entry.month)[-1] == month
    return ends and entry.standard == card.name and status.state in LIVE


def _row(card: Scorecard, month: str, revision: int, person: _Person, due: Sequence[EntryStatus]) -> PayrollRow:
    known = {each.id: each for each in card.consequences}
    theirs = [
        (status, known.get(status.entry.consequence_id))
        for status in due
        if _is_theirs(person, known.get(status.entry.consequence_id), status.entry)
    ]
    paying = [(status, consequence) for status, consequence in theirs if consequence and consequence.pays]
    remarks: list[str] = []
    amounts = [_amounts(card, consequence, person.wage, remarks) for _, consequence in paying]
    bonus, extra = (_sum(pair[n] for pair in amounts) for n in (0, 1))
    open_ = [status for status, _ in paying if status.state is EntryState.OPEN]
    payable = None
    if paying and not open_ and not remarks:
        payable = _payable(card, (bonus or 0.0) + (extra or 0.0), remarks)
    of_month = (c.coefficient for s, c in paying if c.whom == "agent" and s.entry.month == month)
    standing, row = person.standing, person.row
    return PayrollRow(
        agent_id=person.id,
        agent_name=row.agent_name if row else None,
        team=row.team if row else person.wage.heads,
        month=month,
        standard=card.name,
        revision=revision,
        score=standing.score if standing else None,
        grade=standing.grade if standing else None,
        coefficient=next((each for each in of_month if each is not None), None),
        wage=person.wage.wage,
        bonus_base=person.wage.bonus,
        bonus=bonus,
        extra=extra,
        payable=payable,
        state=_state(row, standing, bool(paying), len(open_)),
        signers=tuple(dict.fromkeys(signer for status, _ in paying for signer in status.signers)),
        consequences=tuple(
            f"{status.entry.title or status.entry.note}（{status.state.title}）" for status, _ in theirs
        ),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _is_theirs(person: _Person, consequence: Consequence | None, entry: Entry) -> bool:
    """Whether an entry is about a person: the own result, that of the own team, or of what the person heads."""
    whom = consequence.whom if consequence else "agent"
    if whom == "agent":
        return entry.agent_id == person.id
    if whom == "team":
        return person.row is not None and entry.agent_id == person.row.team
    return bool(person.wage.heads) and entry.agent_id == person.wage.heads


def _amounts(
    card: Scorecard, consequence: Consequence, wage: Wage, remarks: list[str]
) -> tuple[float | None, float | None]:
    """Bonus, and what is added or taken, of one consequence; what cannot be computed is remarked."""
    bonus = wage.team_bonus if consequence.whom == "team" else wage.bonus
    named = "团队奖金基数" if consequence.whom == "team" else "绩效奖金基数"
    decimals = card.payroll.decimals
    paid = added = None
    if consequence.coefficient is not None:
        if bonus is None:
            remarks.append(f"没有给{named}，奖金不出")
        else:
            paid = rounded(bonus * consequence.coefficient, decimals)
    if consequence.share is not None:
        base, title = (bonus, named) if consequence.base == "bonus" else (wage.wage, "当月工资")
        if base is None:
            remarks.append(f"没有给{title}，“{consequence.title}”的金额不出")
        else:
            added = rounded(base * consequence.share, decimals)
    if consequence.amount is not None:
        added = rounded((added or 0.0) + consequence.amount, decimals)
    return paid, added


def _sum(amounts: Iterable[float | None]) -> float | None:
    given = [each for each in amounts if each is not None]
    return rounded(sum(given), 4) if given else None


def _payable(card: Scorecard, total: float, remarks: list[str]) -> float | None:
    """What is paid, by the standard's rule for a bonus below nothing; None, remarked, where it has none."""
    if total >= 0 or card.payroll.below_zero == "keep":
        return rounded(total, card.payroll.decimals)
    if card.payroll.below_zero == "zero":
        remarks.append("扣减后为负数，按标准扣完为止")
        return 0.0
    remarks.append("扣减后为负数，标准没有写怎么办（payroll 的 below_zero），金额不出")
    return None


def _state(row: AgentMonth | None, standing: Standing | None, pays: bool, num_open: int) -> str:
    if pays:
        return f"待签字 {num_open} 项" if num_open else "已签字"
    if standing is not None and standing.grade is None:
        return f"未定级：{row.undecided if row and row.undecided else '没有等级'}"
    return NOT_PAID


def could_change(card: Scorecard, row: AgentMonth, contested: Iterable[tuple[str, Tally]]) -> bool:
    """Whether answers to these items of single calls, given otherwise, could give a month another grade.

    Parameters
    ----------
    contested : iterable of pairs
        The criterion, and the points that it has of the call out of those it could have.

    Note
    ----
    It is so unless it is excluded: each item would be worth all or nothing of its points, and both ends of the
    interval, moved by all of them together, must keep the grade. Nothing is excluded for an item that counts into a
    value of the month, that is 一票否决, or in months whose periods change points.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.month.assessment.agent_month import CriterionMonth
    >>> from pipeline.scorecard import Grade, find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> lines = (Grade(name="优秀", least=90), Grade(name="合格", least=0))
    >>> card = find_scorecard("kf01").model_copy(update={"grades": lines})
    >>> part = CriterionMonth("KF01-8", "", 100, Tally(95, 100), 1, 0, 0)
    >>> row = AgentMonth("1001", "林", "2026-10", "kf01", 2, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0, grade="优秀")
    >>> [could_change(card, row, [("KF01-8", Tally(p, p))]) for p in (5, 5.01)]
    [False, True]
    """
    up = down = 0.0
    for criterion_id, tally in contested:
        criterion = next((each for each in card.criteria if each.id == criterion_id), None)
        if criterion is None or criterion.scoring is not None or criterion.auto_fail or card.periods:
            return True
        up, down = up + tally.possible - tally.awarded, down + tally.awarded
    score, all_of = row.unrounded, row.tally
    if score is None or row.vetoed:
        return bool(up or down)
    best = row.score_of(Tally(min(all_of.possible, all_of.awarded + up), all_of.possible)) or 0.0
    worst = row.score_of(Tally(max(0.0, all_of.awarded - down), all_of.possible)) or 0.0
    high = (score if row.high is None else row.high) + best - score
    low = (score if row.low is None else row.low) - (score - worst)
    ends = (card.grade(min(100.0, high)), card.grade(max(0.0, low)))
    return any(grade is None or grade.name != row.grade for grade in ends)


def pending_sentences(pending: Sequence[Pending], most: int = 20) -> Iterator[str]:
    """A sentence for each that is open, at most so many, and how many more there are.

    Examples
    --------
    >>> one = Pending("1001", "", "等级", "待定")
    >>> list(pending_sentences([one, one, one], most=1))
    ['1001 等级：待定', '……另有 2 项']
    """
    yield from (each.sentence for each in pending[:most])
    if len(pending) > most:
        yield f"……另有 {len(pending) - most} 项"
