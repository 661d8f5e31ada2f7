"""The suspicions of one call as shown: what, how likely, where to listen, and what a yes or a no would do.

Knows what stands in an entry; how it looks is in ``templates/_suspicions.html``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.access.accounts import Right
from pipeline.desk.visit import Visit
from pipeline.evaluation.result import CallResult
from pipeline.findings.titles import value_of
from pipeline.review.answers import PersonAnswer
from pipeline.review.overlay import overlay
from pipeline.review.suspected import Standing, Suspected, likelihood, suspected
from pipeline.scorecard import CallCriterion, Item, Scorecard
from pipeline.tally import shown


@dataclass(frozen=True, slots=True)
class SuspicionRow:
    """One suspicion.

    Parameters
    ----------
    title, likelihood : str
        What is suspected, and how probable it is, in words and percent.
    quote, like : str
        What was heard there, and the nearest known example; either may be empty.
    effect : str
        What a yes and a no would make of the call's score, in Chinese; empty where it cannot be told.
    may_be_worded : bool
        Whether what was heard may be proposed for a phrase list from here.
    """

    suspicion: Suspected
    title: str
    likelihood: str
    quote: str
    like: str
    effect: str = ""
    may_be_worded: bool = False

    @property
    def is_affirmed(self) -> bool:
        """Whether a person says that it is so."""
        return self.suspicion.standing is Standing.AFFIRMED


def suspicion_rows(
    visit: Visit,
    result: CallResult,
    card: Scorecard | None,
    acts: Sequence[PersonAnswer],
    score: float | None,
) -> tuple[SuspicionRow, ...]:
    """The suspicions of a call that this account may see: who does not review sees what was affirmed alone.

    Parameters
    ----------
    acts : sequence of PersonAnswer
        What counts of all that people said of the call.
    score : float | None
        As the call counts now, percent.
    """
    judges = visit.can(Right.REVIEW)
    drafts = visit.can(Right.DRAFT_RULES) and visit.desk.rules is not None
    rows = []
    for each in suspected(result.findings, acts):
        if not judges and each.standing is not Standing.AFFIRMED:
            continue
        finding = each.finding
        rows.append(
            SuspicionRow(
                each,
                each.title(visit.titles),
                likelihood(finding.confidence),
                visit.shown(finding.quote),
                visit.shown(value_of(finding, visit.titles)) if isinstance(finding.value, str) else "",
                _effect(visit, result, card, acts, score, each) if judges and card else "",
                drafts and each.standing is Standing.AFFIRMED and not each.is_listed,
            )
        )
    return tuple(rows)


def of_item(rows: Sequence[SuspicionRow], item: Item) -> tuple[SuspicionRow, ...]:
    """Those that bear on an item."""
    return tuple(row for row in rows if row.suspicion.bears_on(item))


def of_none(rows: Sequence[SuspicionRow], asked: Sequence[CallCriterion]) -> tuple[SuspicionRow, ...]:
    """Those that bear on no item of the scorecard."""
    items = [item for each in asked for item in each.items]
    return tuple(row for row in rows if not any(row.suspicion.bears_on(item) for item in items))


def _effect(
    visit: Visit,
    result: CallResult,
    card: Scorecard,
    acts: Sequence[PersonAnswer],
    score: float | None,
    each: Suspected,
) -> str:
    """What the answers that were not given yet would do."""
    if each.is_settled:
        return ""
    others = [act for act in acts if act.scorecard or act.criterion_id != each.id]
    answers = {True: Standing.AFFIRMED, False: Standing.REJECTED}
    told = []
    for so, standing in answers.items():
        if each.standing is standing:
            continue
        act = each.act(so=so, by=visit.account.id, at=visit.desk.now())
        counts = overlay(result, card, (*others, act)).evaluation
        after = counts.score if counts else None
        change = "不变" if after == score else f"{_points(score)} → {_points(after)} 分"
        told.append(f"{'是' if so else '不是'}：{change}")
    return "本通得分　" + "；".join(told)


def _points(score: float | None) -> str:
    return "—" if score is None else shown(score)
