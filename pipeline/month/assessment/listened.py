"""What people said on the calls that they listened to, of items that no rule decides: one value of the month.

Knows which items it stands for and how the calls are averaged; a value of the month and a feed go before it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import fsum

from pipeline.evaluation import Answer, ItemAnswer, points_of_items
from pipeline.month.assessment.chance import reach
from pipeline.month.assessment.criteria import ScoringTask
from pipeline.scorecard import CallCriterion, Item, shown
from pipeline.tally import NOTHING, Tally


@dataclass(frozen=True, slots=True)
class Listened:
    """The mean of the calls that people answered.

    Parameters
    ----------
    tally : Tally
        In printed points, for the items in `met`.
    met, not_arisen : frozenset of str
        The items of which some call tells how much was met, and those that did not apply on any.
    calls : int
        On how many somebody answered.
    reach : float
        By how many points the mean of as many other calls may differ.
    """

    tally: Tally
    met: frozenset[str]
    not_arisen: frozenset[str]
    calls: int
    reach: float

    @property
    def sentence(self) -> str:
        """How many calls were listened to and what they gave, in Chinese."""
        points = f"，得 {shown(self.tally.awarded)}/{shown(self.tally.possible)} 分" if self.tally.possible else ""
        return f"人工听评 {self.calls} 通取平均{points}"


def listened(task: ScoringTask, items: Collection[str]) -> Listened | None:
    """The mean of what people said on calls of these items; None where nobody said anything.

    Note
    ----
    Points are added over the calls and divided once, so that a call on which little applied counts for little. An
    item that was answered on some calls only counts by these. A 一票否决 takes its call and gives no value here.
    """
    question = task.card.scorecard.call_criterion(task.criterion.id)
    if question is None or task.criterion.auto_fail or task.criterion.scoring is not None:
        return None
    own = [_given(question, each.answer, items) for each in task.calls.own if each.answer]
    said = [pairs for pairs in own if pairs]
    if not said:
        return None
    weights = {item.id: item.weight for pairs in said for item, _ in pairs}
    met = frozenset(item.id for pairs in said for item, each in pairs if each.share is not None)
    points = [points_of_items(question, pairs, task.card.scorecard) for pairs in said]
    total, possible = Tally.sum(points), question.points * fsum(weights[id] for id in met)
    tally, away = NOTHING, 0.0
    if task.criterion.bonus:
        tally = Tally(total.awarded / len(points), 0.0)
    elif total.possible:
        tally = total * (possible / total.possible)
        away = reach(points) * possible / total.possible
    return Listened(tally, met, frozenset(weights) - met, len(said), away)


def _given(question: CallCriterion, answer: Answer, items: Collection[str]) -> list[tuple[Item, ItemAnswer]]:
    """The items of one call that a person answered."""
    pairs = ((item, answer.item(item.id)) for item in question.items if item.id in items and not item.counts)
    return [(item, said) for item, said in pairs if said is not None and said.source == "person"]
