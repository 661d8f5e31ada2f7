"""A criterion as one call is asked it: its items, and who answers each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.scorecard.criterion import AnsweredBy, Criterion, Part
from pipeline.scorecard.rules import Rule


@dataclass(frozen=True, slots=True)
class Item:
    """The least that is asked of a call: a part of a criterion, or the whole of one without parts.

    Parameters
    ----------
    id : str
        ``KF01-7-3`` for the third part of KF01-7, the criterion's id for a whole.
    weight : float
        Its share of the criterion's points, 0..1.
    source : str
        Who answers it, unless a person does.
    """

    id: str
    title: str
    part: Part | None
    weight: float
    source: AnsweredBy

    @property
    def rule(self) -> Rule | None:
        """What is asked of the call; None where only feeds and people answer."""
        return self.part.rule if self.part else None

    @property
    def counts(self) -> bool:
        """Whether its rule's answer counts by itself."""
        return self.part is not None and self.part.counts

    @property
    def needs_person(self) -> str:
        """See `Part.needs_person`."""
        return self.part.needs_person if self.part else ""

    @property
    def evidence(self) -> str:
        """See `Part.evidence`."""
        return self.part.evidence if self.part else ""


@dataclass(frozen=True, slots=True)
class CallCriterion:
    """A criterion as one call is asked it.

    Parameters
    ----------
    items : tuple of Item
        All that a call can be asked of it; empty for a value of the whole month.
    source : str
        Who answers it otherwise.
    """

    criterion: Criterion
    items: tuple[Item, ...]
    points: float
    source: AnsweredBy

    @property
    def rules(self) -> tuple[tuple[str, Rule, float], ...]:
        """Title, rule and weight of each item that the call answers by itself; empty if it answers none."""
        return tuple((item.title, item.rule, item.weight) for item in self.items if item.rule and item.counts)

    @property
    def stake(self) -> float:
        """The points that one call can have of it by itself.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> [each.stake for each in find_scorecard("kf01").call_criteria if each.rules]
        [5.0, 15.0, 5.0, 5.0, 5.0]
        """
        return self.points * sum(weight for *_, weight in self.rules)

    @property
    def evidence(self) -> str:
        """What is shown beside the whole: its own, or that of its only part.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> [each.criterion.id for each in find_scorecard("table1").call_criteria if each.evidence]
        ['T1-4']
        """
        only = self.items[0].evidence if len(self.items) == 1 else ""
        return self.criterion.evidence or only

    @property
    def ids(self) -> tuple[str, ...]:
        """What a person can answer on a call: the criterion and its items; empty where a call is not asked."""
        return tuple(dict.fromkeys((self.criterion.id, *(item.id for item in self.items)))) if self.items else ()

    def title(self, id: str) -> str:
        """The title of the criterion or of one of its items.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> find_scorecard("kf01").call_criteria[-1].title("KF01-10-2")
        '让客户先收线'
        """
        item = self.item(id)
        return item.title if item else self.criterion.title

    def item(self, item_id: str) -> Item | None:
        """The item of that id; None if there is none."""
        return next((item for item in self.items if item.id == item_id), None)


def items_of(criterion: Criterion) -> Iterator[Item]:
    """The items of a criterion that a call can be asked, in order; those whose figures are open are left out.

    A formula takes one value of the month: only what its parts ask of each call can be answered on a call.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> [item.id for id in ("KF01-5", "KF01-10") for item in items_of(card.criterion(id))][-2:]
    ['KF01-10-1', 'KF01-10-2']
    >>> list(items_of(find_scorecard("table1").criterion("T1-3")))
    []
    """
    if not criterion.parts:
        if criterion.scoring is None:
            yield Item(criterion.id, criterion.title, None, 1.0, criterion.answered_by[0])
        return
    for number, (part, weight) in enumerate(zip(criterion.parts, criterion.weights(), strict=True), 1):
        if not part.open and (criterion.scoring is None or part.rule is not None):
            yield Item(f"{criterion.id}-{number}", part.title, part, weight, part.answered_by)
