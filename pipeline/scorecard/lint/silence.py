"""Silence: what applies because a file does not speak of it, and what counts for nothing until a person speaks."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.scorecard import CALLS, Scorecard, shown
from pipeline.scorecard.lint.draft import Draft, named_rules
from pipeline.scorecard.lint.notice import Notice

GATES = {
    "agent_speech_seconds": "坐席话音不足这么多秒的通话不计分",
    "coverage": "有人说话的时间转写出的不足这个比例的通话不计分",
    "word_confidence": "转写把握度低于它的通话不计分",
}
OF_GRADES = {
    "least_scored": "评到的分值不足这个比例的不定级",
    "few_calls": "通话少于这么多通的，分数区间跨等级线就不定级",
}


def defaults(draft: Draft) -> Iterator[Notice]:
    """The values that apply because the file is silent, each with the key to write.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(defaults(Draft.of(find_scorecard("table1"))))
    []
    >>> card = find_scorecard("table1")
    >>> silent = Scorecard.model_validate(card.model_dump(exclude={"few_calls"}, exclude_unset=True, by_alias=True))
    >>> [notice.sentence[:45] for notice in defaults(Draft.of(silent))]
    ['文件没有写、按系统的数执行的有 1 处：few_calls: 10（通话少于这么多通的，分']
    """
    silent = [f"{key}: {value}（{what}）" for key, value, what in _silent(draft.card)]
    if silent:
        yield draft.warning(
            "defaults",
            f"文件没有写、按系统的数执行的有 {len(silent)} 处：{'；'.join(silent)}。"
            "同意的请原样写进文件，不同意的写上自己的数。",
            "name",
        )


def _silent(card: Scorecard) -> Iterator[tuple[str, str, str]]:
    """Key, value and meaning of what applies unwritten; what can have no effect on this standard is passed over."""
    if _asks_calls(card):
        for key, what in GATES.items():
            if key not in card.quality.model_fields_set:
                yield f"quality.{key}", shown(getattr(card.quality, key)), what
        if "review_below" not in card.model_fields_set:
            yield "review_below", shown(card.review_below), "谁是坐席的把握低于它的通话交人工"
    if card.grades:
        for key, what in OF_GRADES.items():
            if key not in card.model_fields_set:
                yield key, shown(getattr(card, key)), what
    if any(each.pays for each in card.consequences) and "decimals" not in card.payroll.model_fields_set:
        yield "payroll.decimals", shown(card.payroll.decimals), "金额保留的小数位，四舍五入"
    if "names_assessors" not in card.model_fields_set:
        yield "names_assessors", "true" if card.names_assessors else "false", "坐席能不能看到评定人是谁"


def minimums(draft: Draft) -> Iterator[Notice]:
    """That calls of any length are judged, and those in which only one side speaks.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [notice.sentence[:22] for notice in minimums(Draft.of(find_scorecard("kf01")))]
    ['没有设通话的最短时长、客户的最少话音（qua']
    """
    off = {"call_seconds": "通话的最短时长", "customer_speech_seconds": "客户的最少话音"}
    missing = {key: title for key, title in off.items() if not getattr(draft.card.quality, key)}
    if missing and _asks_calls(draft.card):
        yield draft.warning(
            "minimums",
            f"没有设{'、'.join(missing.values())}（quality 的 {'、'.join(missing)}）：再短的、只有一方说话的"
            "通话也计分。原文没有印这样的数；要设的请写秒数。",
            "quality",
        )


def suggestions(draft: Draft) -> Iterator[Notice]:
    """The items of which a call gives evidence only: worth nothing until a person has answered.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [notice.sentence[:25] for notice in suggestions(Draft.of(find_scorecard("kf02")))]
    ['3 个子项通话里只有线索，人没有作答就不计分：KF']
    """
    only: list[str] = []
    for criterion in draft.card.chosen:
        for m, part, _ in named_rules(criterion):
            if part.needs_person == "all":
                only.append(f"{criterion.id}-{m + 1} {part.title}")
    if only:
        yield draft.warning(
            "suggestions",
            f"{len(only)} 个子项通话里只有线索，人没有作答就不计分：{'；'.join(only)}。"
            "要让通话直接计分，删去该子项的 needs_person。",
            "criteria",
        )


def _asks_calls(card: Scorecard) -> bool:
    """Whether calls answer, or give evidence of, any criterion."""
    return any(
        criterion.indicator.startswith(CALLS)
        or any(part.rule is not None or part.indicator.startswith(CALLS) for part in criterion.parts)
        for criterion in card.chosen
    )
