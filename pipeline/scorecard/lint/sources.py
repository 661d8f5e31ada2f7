"""Where values come from: indicators, lexicons and figures that a scorecard names and that must exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.findings.detectors import detectors
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.rulebook import RulebookFile
from pipeline.lexicon import LexiconFile
from pipeline.policy.load import Location
from pipeline.scorecard import CALLS, Criterion, Errors, Line
from pipeline.scorecard.lint.draft import Draft, listed, meant, named_indicators, named_rules
from pipeline.scorecard.lint.notice import Notice

SAMPLED = "tickets.record_errors"
"""The one indicator of a feed of which each row has a number of errors."""
_WHO = {"calls": "通话", "feed": "外部数据", "person": "人工"}
PLACEHOLDER = re.compile(r"[\[［【]\s*[XxＸ×]{1,3}\s*[\]］】]|_{2,}|＿{2,}")
"""The signs with which a document leaves a figure open."""


def indicators(draft: Draft) -> Iterator[Notice]:
    """Indicators that nobody measures.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(indicators(Draft.of(find_scorecard("kf01"))))
    []
    """
    for n, criterion in enumerate(draft.card.criteria):
        for name, where in named_indicators(criterion):
            if name not in draft.indicators:
                yield draft.wrong(
                    "indicator",
                    f"没有叫“{name}”的指标，{meant(name, draft.indicators)}。请改正 indicator；"
                    "没有数据来源的项目删去这一行，"
                    "由人工评分。",
                    *("criteria", n, *where),
                )
    for n, measure in enumerate(draft.card.plan):
        if measure.indicator and measure.indicator not in draft.indicators:
            yield draft.error(
                "indicator",
                f"改进计划“{measure.problem}”：没有叫“{measure.indicator}”的指标，"
                f"{meant(measure.indicator, draft.indicators)}。",
                *("plan", n, "indicator"),
            )


def values(draft: Draft) -> Iterator[Notice]:
    """Indicators whose values cannot become what their item asks: a level, a formula, a sample.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(values(Draft.of(find_scorecard("kf01"))))
    []
    """
    for n, criterion in enumerate(draft.card.criteria):
        formula = criterion.scoring
        for name, where in named_indicators(criterion):
            indicator, at = draft.indicators.get(name), ("criteria", n, *where)
            if indicator is None:
                continue  # of which `indicators` speaks
            if (formula is None or where != ("indicator",)) and (indicator.unit != "%" or name.startswith(CALLS)):
                yield draft.wrong(
                    "indicator",
                    f"“{criterion.title}”按等级计分，指标 {name}（{indicator.title}）不是外部数据的比率，"
                    "定不出等级。请换一个以 % 计的指标，或给本项写 scoring，指标写在项目上。",
                    *at,
                )
            if isinstance(formula, Errors) and formula.sample is not None and name != SAMPLED:
                yield draft.wrong(
                    "indicator",
                    f"“{criterion.title}”按抽查计错，只能数通话（parts 的 rule）或工单（{SAMPLED}），"
                    f"不能数 {name}。请改正 indicator，或删去 sample。",
                    *at,
                )
        kinds = {part.answered_by for part in criterion.parts}
        if formula is not None and len(kinds) > 1:
            yield draft.wrong(
                "formula",
                f"“{criterion.title}”有公式，一个月只有一个值，子项却由"
                f"{listed(map(_WHO.get, sorted(kinds)))}分别给出。请让子项都由通话回答，或拆成几项。",
                *("criteria", n, "parts"),
            )


def source(draft: Draft) -> Iterator[Notice]:
    """Items of the class A or E alone, that nothing answers but a person.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf01"))
    >>> [(notice.code, notice.criterion_id) for notice in source(draft)]
    [('source', 'KF01-6')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        waits = [part.title for part in criterion.parts if part.rule is None and not part.indicator]
        if criterion.parts and not waits:
            continue
        if "M" in criterion.source_class or "*" in criterion.source_class:
            continue
        if not criterion.parts and criterion.answered_by != ("person",):
            continue
        what = {"A": "通话", "E": "外部数据"}
        classes = listed(what[letter] for letter in "AE" if letter in criterion.source_class)
        which = f"的子项{listed(f'“{title}”' for title in waits)}" if waits else ""
        yield draft.warning(
            "source",
            f"“{criterion.title}”{which}可由{classes}得出（{criterion.source_class}），但没有接数据来源："
            "每月要由人工给分，"
            "否则不计分。请写 indicator 或 rule；确由人工评的，source_class 加上 M。",
            *("criteria", n),
        )


def phrases(draft: Draft) -> Iterator[Notice]:
    """Phrase lists that do not exist, and rules that no phrase can meet: each would cost everybody points.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(phrases(Draft.of(find_scorecard("kf01"))))
    []
    """
    known = {each.name: each for each in draft.lists if isinstance(each, LexiconFile)}
    measures = {UNCLEAR, *(each.name for each in detectors())}  # need no lexicon
    terms: dict[str, set[str]] = {}
    for file in (each for each in draft.lists if isinstance(each, RulebookFile)):  # every call is tried on them
        terms.setdefault(file.detector, set()).update(file.declaration.terms)
    for n, name in enumerate(draft.card.lexicons):
        if name in known:
            terms.setdefault(known[name].detector, set()).update(phrase.term for phrase in known[name].phrases)
        else:
            yield draft.error("phrases", f"没有叫“{name}”的词库，{meant(name, known)}。", "lexicons", n)
    for n, criterion in enumerate(draft.card.criteria):
        for m, _, rule in named_rules(criterion):
            for field, sought in rule.sought():
                detector = sought.detector
                at = ("criteria", n, "parts", m, "rule", field)
                if detector in measures:
                    continue
                if detector not in terms and field != "inbound_only":  # told once, at the detector
                    named = (*at[:-1], "detector") if field == "terms" else at
                    yield draft.error(
                        "phrases", f"没有词库能听出“{detector}”，{_where(detector, terms, known)}。", *named
                    )
                for term in (*sought.terms, *sought.spares) if detector in terms else ():
                    if term not in terms[detector]:
                        yield draft.error(
                            "phrases", f"“{detector}”的词库里没有“{term}”，{meant(term, terms[detector])}。", *at
                        )


def items(draft: Draft) -> Iterator[Notice]:
    """Items that ask for the answer of another that no call gives by itself: they wait for a person on every call.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(items(Draft.of(find_scorecard("kf01"))))
    []
    """
    for n, criterion in enumerate(draft.card.criteria):
        for m, part, rule in named_rules(criterion):
            for asked in rule.items():
                question = draft.card.call_criterion(asked)
                item = question.item(asked) if question else None
                if question is None or not question.items:
                    why = "不在评定之列，或数值还空着"
                elif all(each.counts for each in ((item,) if item else question.items)):
                    continue
                else:
                    why = "不由通话自己得出（建议、外部数据或人工）"
                yield draft.warning(
                    "item",
                    f"“{criterion.title}”的“{part.title}”要看 {asked} 的结论，而 {asked} {why}："
                    f"没有人评定 {asked} 以前，本子项在每一通里都待人工。请改问别的项，或由人工先评。",
                    *("criteria", n, "parts", m, "rule"),
                )


def placeholders(draft: Draft) -> Iterator[Notice]:
    """Figures that the document leaves open, once for each criterion.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf03"))
    >>> [(notice.code, notice.criterion_id) for notice in placeholders(draft)]
    [('placeholder', 'KF03-五-2')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        parts = [m for m, part in enumerate(criterion.parts) if part.open]
        titles = " ".join(part.title for part in criterion.parts)  # which repeat the sentence
        printed = PLACEHOLDER.findall(criterion.standard) or PLACEHOLDER.findall(titles)
        if criterion.open:
            formula = criterion.scoring is not None and criterion.scoring.open
            state, at = (
                "本项停用，不计分",
                _left_open(criterion, parts) if parts else ("scoring" if formula else "limit",),
            )
        elif parts:
            state, at = f"第 {listed(m + 1 for m in parts)} 个子项停用，不计分", _left_open(criterion, parts)
        elif printed and not _has_figure(criterion):
            state, at = "这个数值没有写进文件，也就没有检查", ("standard",)
        else:
            continue
        left = f"原文有 {len(printed)} 处印的是“{printed[0]}”" if printed else "数值空着"
        yield draft.warning(
            "placeholder",
            f"“{criterion.title}”{left}：{state}。请由负责人定出数值后填入 limit、at_least 或 at_most。",
            *("criteria", n, *at),
        )


def _where(detector: str, terms: Mapping[str, object], known: Mapping[str, LexiconFile]) -> str:
    """The lexicon to add to the card so that a detector is heard, or the name that was meant."""
    for name in sorted(known):
        if known[name].detector == detector:
            return f"请在 lexicons 里加上 {name}"
    return meant(detector, terms)


def _left_open(criterion: Criterion, parts: Sequence[int]) -> Location:
    """Where the first figure of these parts should stand."""
    part = criterion.parts[parts[0]]
    return "parts", parts[0], "limit" if "limit" in part.model_fields_set and part.limit is None else "at_least"


def _has_figure(criterion: Criterion) -> bool:
    """Whether somebody has given a figure for it."""
    if isinstance(criterion.scoring, Line):
        return True
    return any(part.limit is not None or part.at_least is not None for part in criterion.parts)
