"""Ratings: the values that people give an agent for items of a month, checked by the standard, joined to the feeds.

Knows which items may be rated and with what, which act stands, and whose word counts where a file says it too; how
a value becomes points is in `assessment`, who may rate in `access`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds, ManualValue
from pipeline.indicators.feeds import value_of
from pipeline.notices import Notice, NoticeKind
from pipeline.scorecard import NOT_APPLICABLE, Criterion, Scorecard, Value, score_criterion, shown
from pipeline.scorecard.criterion import AnsweredBy, Part

Key: TypeAlias = tuple[str, str]
"""Agent and item."""

LONGEST_VALUE, LONGEST_REASON = 40, 500


@dataclass(frozen=True, slots=True)
class Rating:
    """One act: an item of an agent's month was rated, or its rating was taken back.

    Parameters
    ----------
    standard : str
        The scorecard's name.
    item : str
        A criterion (``KF01-5``), a part of one (``KF01-7-3``), or the qualitative part.
    item_digest : str
        What the item said then: a rating stands while it says the same.
    value : str | None
        As `checked_value` gives it; None takes back what stood.
    reason : str
        Why; needed where it changes or takes back what stood.
    id : int
        Given by the store; rises with every act.
    """

    month: str
    standard: str
    agent_id: str
    item: str
    item_digest: str
    value: str | None
    reason: str
    by: str
    at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True)
class RatedItem:
    """Something of a scorecard that a person may rate for a month.

    Parameters
    ----------
    part : Part | None
        The part of the criterion; None for a criterion as a whole.
    source : str
        Who answers it where nobody rates it.
    choices : tuple of str
        What may be given; empty where it is a number.
    wanted : str
        What may be given, as a Chinese sentence says it.
    """

    id: str
    title: str
    standard: str
    digest: str
    criterion: Criterion | None
    part: Part | None
    source: AnsweredBy
    choices: tuple[str, ...]
    wanted: str

    @property
    def by_people(self) -> bool:
        """Whether nothing but a person's word answers it: a part, or a whole that has none to be rated."""
        divided = self.part is None and self.criterion is not None and self.criterion.parts
        return self.source == "person" and not (divided and self.criterion and self.criterion.scoring is None)


def rated_items(card: Scorecard) -> tuple[RatedItem, ...]:
    """All that may be rated, in the order of the scorecard: criteria, their parts, and the qualitative part.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> items = {item.id: item for item in rated_items(find_scorecard("kf01"))}
    >>> items["KF01-5"].wanted
    '符合、基本符合、一般符合、不符合或不适用'
    """
    items: list[RatedItem] = []
    for criterion in card.chosen:
        items.append(_whole(card, criterion))
        if criterion.scoring is None:
            numbered = enumerate(criterion.parts, 1)
            items += (_part(card, criterion, number, part) for number, part in numbered if not part.open)
    if card.qualitative is not None and card.qualitative.on:
        part = card.qualitative
        wanted = f"0 到 {shown(part.points)} 之间的分数"
        sentence = "、".join(f"{band.name} {band.printed}".strip() for band in part.bands)
        items.append(
            RatedItem(
                part.id, part.title, sentence, _digest(part.model_dump_json()), None, None, "person", (), wanted
            )
        )
    return tuple(items)


def rated_item(card: Scorecard, item: str) -> RatedItem:
    """The item of that id.

    Raises
    ------
    ConfigurationError
        In Chinese, if the scorecard assesses none.
    """
    found = next((each for each in rated_items(card) if each.id == item), None)
    if found is None:
        raise ConfigurationError(f"{card.title} 没有可以评定的项目 {item}")
    return found


def checked_value(card: Scorecard, item: RatedItem, text: str) -> str:
    """What was typed as it is kept, if it can be a value of the item by the standard.

    Raises
    ------
    ConfigurationError
        In Chinese: names the item and what may be given.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> checked_value(card, rated_item(card, "KF01-5"), " 不适用 ")
    'n_a'
    >>> checked_value(card, rated_item(card, "KF01-5"), "很好")
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigurationError: KF01-5 聆听技巧 不能填“很好”：应填符合、基本符合、一般符合、不符合或不适用
    """
    typed = text.strip()
    if typed in NOT_APPLICABLE and item.criterion is not None:
        return NOT_APPLICABLE[0]
    refused = ConfigurationError(f"{item.id} {item.title} 不能填“{typed[:LONGEST_VALUE]}”：应填{item.wanted}")
    if item.choices and typed not in item.choices:
        raise refused
    value: Value = value_of(typed)
    if item.criterion is None:
        most = card.qualitative.points if card.qualitative else 0.0
        if not isinstance(value, float) or not 0 <= value <= most:
            raise refused
        return typed
    try:
        if item.criterion.scoring is not None:  # what a miss leaves may be left to choose: it is not asked here
            item.criterion.scoring.checked(value, item.id)
        else:
            score_criterion(card, item.criterion, _of_criterion(item, value))
    except ConfigurationError:
        raise refused from None
    return typed


def standing(ratings: Iterable[Rating]) -> dict[Key, Rating]:
    """The acts that stand, by agent and item; what was taken back stands no more.

    Parameters
    ----------
    ratings : iterable of Rating
        Acts of one month and standard, in the order made.
    """
    last = {(rating.agent_id, rating.item): rating for rating in ratings}
    return {key: rating for key, rating in last.items() if rating.value is not None}


def with_ratings(feeds: Feeds, card: Scorecard, month: str, ratings: Iterable[Rating]) -> Feeds:
    """The feeds as they are when people's ratings are among the values given for a month.

    Parameters
    ----------
    ratings : iterable of Rating
        All acts on the month by this standard, in the order made.

    Note
    ----
    Where a file gives the same item, or the whole of which it is a part, the rating counts, and the file's value
    does not; the sentence and, where they differ, a notice say so. A rating of an item that said something else
    then counts no more, which a notice says, too.
    """
    stands = standing(ratings)
    if not stands:
        return feeds
    items = {item.id: item for item in rated_items(card)}
    given: dict[str, dict[str, ManualValue]] = defaultdict(dict)
    notices: list[Notice] = []
    for (agent, item), rating in sorted(stands.items()):
        if item not in items or items[item].digest != rating.item_digest:
            said = "评定之后项目内容已修改，此评定不再计入，请重新评定"
            notices.append(Notice(NoticeKind.TABLE_RATING_LAPSED, f"{month} {agent} {item}", said))
            continue
        given[agent][item] = ManualValue(value_of(rating.value or ""), rating.by, rating.reason)
    merged: dict[str, Mapping[str, ManualValue]] = {}
    for agent, own in given.items():
        merged[agent], told = _merged(feeds.given(month, agent), own)
        notices += (Notice(NoticeKind.TABLE_RATED_APART, f"{month} {agent} {item}", said) for item, said in told)
    return feeds.with_given(
        month, merged, notices, _digest([_kept(rating) for _, rating in sorted(stands.items())])
    )


def _merged(
    filed: Mapping[str, ManualValue], own: Mapping[str, ManualValue]
) -> tuple[dict[str, ManualValue], list[tuple[str, str]]]:
    """An agent's values from a file and from ratings together, and a sentence for each that was left out."""
    told: list[tuple[str, str]] = []
    kept, counting = dict(filed), dict(own)
    for item, rated in own.items():
        remark = "复核台录入"
        for other in [each for each in kept if _overlap(each, item)]:
            left = kept.pop(other)
            same = other == item and left.value == rated.value
            which = "外部表" if other == item else f"外部表 {other} "
            remark += "，外部表相同" if same else f"，{which}为“{_shown(left.value)}”，不计"
            if not same:
                told.append(
                    (item, f"{which}为“{_shown(left.value)}”，复核台为“{_shown(rated.value)}”；以复核台为准")
                )
        counting[item] = ManualValue(rated.value, rated.by, rated.note, remark)
    return kept | counting, told


def _overlap(one: str, other: str) -> bool:
    """Whether two items are the same, or one is a part of the other.

    Examples
    --------
    >>> _overlap("KF01-7", "KF01-7-3"), _overlap("KF01-7-1", "KF01-7-3"), _overlap("KF01-1", "KF01-10")
    (True, False, False)
    """
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _whole(card: Scorecard, criterion: Criterion) -> RatedItem:
    choices = () if criterion.scoring else _levels(card)
    source = "person" if "person" in criterion.answered_by else criterion.answered_by[0]
    wanted = _wanted(choices) if choices else f"{_number(criterion)}或不适用"
    digest, said = criterion.digest, criterion.standard
    return RatedItem(criterion.id, criterion.title, said, digest, criterion, None, source, choices, wanted)


def _part(card: Scorecard, criterion: Criterion, number: int, part: Part) -> RatedItem:
    choices = _levels(card)
    item = f"{criterion.id}-{number}"
    source = part.answered_by
    return RatedItem(
        item, part.title, part.note, criterion.digest, criterion, part, source, choices, _wanted(choices)
    )


def _levels(card: Scorecard) -> tuple[str, ...]:
    return tuple(name for name, _ in card.levels)


def _wanted(choices: Iterable[str]) -> str:
    return f"{'、'.join(choices)}或不适用"


def _number(criterion: Criterion) -> str:
    formula = criterion.scoring
    if formula is None:
        return ""
    if formula.scale is not None:
        return f"{shown(formula.scale[0])} 到 {shown(formula.scale[1])} 之间的数"
    return "百分比（如 88%）" if formula.unit == "%" else f"不小于 0 的数（{formula.unit or '分'}）"


def _of_criterion(item: RatedItem, value: Value) -> Value:
    """The value as its criterion is scored with it: a part's stands alone among the others."""
    if item.part is None or item.criterion is None:
        return value
    at = int(item.id.rpartition("-")[2])
    return [value if number == at else None for number, _ in enumerate(item.criterion.parts, 1)]


def _shown(value: float | str) -> str:
    if isinstance(value, float):
        return shown(value)
    return NOT_APPLICABLE[1] if value in NOT_APPLICABLE else value


def _kept(rating: Rating) -> list[str | None]:
    return [rating.agent_id, rating.item, rating.value]


def _digest(content: Any) -> str:
    written = json.dumps(content, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def history_of(ratings: Iterable[Rating], agent_id: str) -> Mapping[str, tuple[Rating, ...]]:
    """An agent's acts by item, in the order made."""
    found = defaultdict[str, list[Rating]](list)
    for rating in ratings:
        if rating.agent_id == agent_id:
            found[rating.item].append(rating)
    return {item: tuple(acts) for item, acts in found.items()}


def waiting(card: Scorecard, feeds: Feeds, month: str, agent_id: str) -> Iterator[RatedItem]:
    """The items that only a person answers and that nobody has given an agent yet, by file or rating."""
    given = feeds.given(month, agent_id)
    wholes = {item.id for item in rated_items(card) if item.part is None and item.id in given}
    for item in rated_items(card):
        whole = item.criterion.id if item.criterion else item.id
        if item.by_people and item.id not in given and whole not in wholes:
            yield item
