"""Words: one for several clocks, wording that one criterion punishes and another asks for, 不适用 unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.indicators import Indicator
from pipeline.policy.load import Location
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint.draft import Draft, listed, named_indicators, named_rules
from pipeline.scorecard.lint.notice import Notice

QUOTED = re.compile(r"[“\"「『‘]([^“”\"「」『』‘’]{1,12})[”\"」』’]")
HARSH = re.compile(r"生硬|禁|不得|避免|忌|不文明|冷漠|敷衍|模糊")
NEAR = 12  # characters beside a quotation within which a word says how it is meant
POLITE = r"(?:请|麻烦|劳驾)(?:您|你|其|客人|客户)?"


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a scorecard, whose it is, and where it stands in its file."""

    card: str
    owner: str
    text: str
    at: Location


def not_applicable(draft: Draft) -> Iterator[Notice]:
    """Duties that need not arise in a call, in a document that does not say what then becomes of their points.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf01"))
    >>> [(notice.code, notice.line) for notice in not_applicable(draft)]
    [('not_applicable', 35)]
    """
    if draft.card.not_applicable is not None:
        return
    duties: dict[str, str] = {}
    for criterion in draft.card.criteria:
        for _, part, rule in named_rules(criterion):
            if rule.may_not_arise:
                duties.setdefault(criterion.id, part.title)
    if duties:
        yield draft.warning(
            "not_applicable",
            f"原文没有说不适用的项目怎么计分，以下 {len(duties)} 项不是每通电话都会遇到："
            f"{listed(f'{id}（{title}）' for id, title in duties.items())}。本系统把它们从可得分里去掉，"
            "在同一项内由其余子项分摊，"
            "并报告实际评到的分值。同意的话，把这句话写进 not_applicable。",
            "not_applicable",
        )


def clocks(draft: Draft) -> Iterator[Notice]:
    """One word that means different clocks, in this scorecard and those beside it."""
    own = list(_clocks(draft.card, draft.indicators))
    every = own + [clock for card in draft.others for clock in _clocks(card, draft.indicators)]
    for concept in dict.fromkeys(clock[0] for clock in own):
        meanings = {clock[1]: clock[2] for clock in reversed(every) if clock[0] == concept}
        if len(meanings) > 1:
            n = next(clock[3] for clock in own if clock[0] == concept)
            yield draft.warning(
                "clocks",
                f"“{concept}”在各标准里是 {len(meanings)} 个不同的时钟：{listed(reversed(meanings.values()))}。"
                "它们各是一个指标，"
                "不能互相代替，也不能相加平均。",
                *("criteria", n),
            )


def _clocks(card: Scorecard, indicators: Mapping[str, Indicator]) -> Iterator[tuple[str, str, str, int]]:
    """Concept, clock and wording of what a scorecard reads, with the position of its criterion.

    Clocks of one feed are one clock: the peak hours are a part of the day.
    """
    for n, criterion in enumerate(card.criteria):
        formula = criterion.scoring
        line = f" {formula.bound}" if formula and formula.bound else ""
        for name, _ in named_indicators(criterion):
            if (indicator := indicators.get(name)) and indicator.concept:
                yield indicator.concept, indicator.feed, f"{criterion.id} {indicator.title}{line}", n
        for _, part, rule in named_rules(criterion):
            if clock := rule.clock:
                yield clock.concept, clock.clock, f"{criterion.id} {part.title}{clock.line}", n


def harsh(draft: Draft) -> Iterator[Notice]:
    """Wording that one criterion quotes as harsh and another, here or in another scorecard, asks for politely.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(harsh(Draft.of(find_scorecard("kf01"))))
    []
    """
    own = list(_sentences(draft.card))
    every = own + [sentence for card in draft.others for sentence in _sentences(card)]
    reported: set[str] = set()
    for sentence in own:
        for word in _harsh_words(sentence.text):
            polite = re.compile(POLITE + re.escape(word[:2]))
            other = next((s for s in every if s.owner != sentence.owner and polite.search(s.text)), None)
            if other is None or word in reported:
                continue
            reported.add(word)
            yield draft.warning(
                "harsh",
                f"这里把“{word}”当作不当用语，而 {other.owner} 要求礼貌地说“{_around(polite, other.text)}”。"
                f"请只扣不带“请”的说法：词库里给“{word}”写 unless_before: [请, 麻烦]。",
                *sentence.at,
                quote=sentence.text,
            )


def _sentences(card: Scorecard) -> Iterator[_Sentence]:
    """The sentences of the printed document, criterion by criterion."""
    for n, criterion in enumerate(card.criteria):
        owner, at = criterion.id, ("criteria", n)
        yield _Sentence(card.name, owner, criterion.standard, (*at, "standard"))
        for m, part in enumerate(criterion.parts):
            yield _Sentence(card.name, owner, part.title, (*at, "parts", m, "title"))
        for m, printed in enumerate(criterion.also_printed):
            yield _Sentence(card.name, owner, printed.text, (*at, "also_printed", m, "text"))
    for n, example in enumerate(card.examples):
        yield _Sentence(card.name, example.criterion, example.text, ("examples", n, "text"))


def _harsh_words(text: str) -> Iterator[str]:
    """The quotations that the words beside them call harsh."""
    for quoted in QUOTED.finditer(text):
        beside = text[max(0, quoted.start() - NEAR) : quoted.start()] + text[quoted.end() : quoted.end() + NEAR]
        if HARSH.search(QUOTED.sub("", beside)):
            yield quoted[1]


def _around(polite: re.Pattern[str], text: str) -> str:
    """The polite wording, to the end of its clause."""
    found = polite.search(text)
    return re.split(r"[，。；、！？”\"」]", text[found.start() :])[0] if found else ""
