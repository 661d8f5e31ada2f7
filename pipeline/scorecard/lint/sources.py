"""Where values come from: indicators, phrase lists and figures that a standard names and that must exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pipeline.findings.rulebook import RulebookFile, rulebook_files
from pipeline.lexicon import LexiconFile, lexicon_files
from pipeline.policy.load import Location, load_policy
from pipeline.scorecard import Criterion, Rule, Steps, Target
from pipeline.scorecard.lint.draft import Draft, listed, meant, named_indicators, named_rules
from pipeline.scorecard.lint.notice import Notice

MEASURED = frozenset(
    [
        "ringing",
        "data_quality",
        "silence",
        "interruption",
        "hold",
        "speech_rate",
        "loudness",
        "hangup",
        "repetition",
        "unclear",
    ]
)
"""Detectors that measure and need no phrase list."""
PLACEHOLDER = re.compile(r"[\[［【]\s*[XxＸ×]{1,3}\s*[\]］】]|_{2,}|＿{2,}")
"""How a document leaves a figure open."""


def indicators(draft: Draft) -> Iterator[Notice]:
    """Indicators that nobody measures."""
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


def source(draft: Draft) -> Iterator[Notice]:
    """Items of the class A or E alone, that nothing answers but a person."""
    for n, criterion in enumerate(draft.card.criteria):
        waits = [part.title for part in criterion.parts if part.answered_by == "person"]
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
    """Phrase lists that do not exist, and rules that no phrase can meet: each would cost everybody points."""
    known = {each.name: each for each in draft.lists if isinstance(each, LexiconFile)}
    terms: dict[str, set[str]] = {}
    for file in (each for each in draft.lists if isinstance(each, RulebookFile)):  # every call is tried on them
        terms.setdefault(file.detector, set()).update(rule.term for rule in file.rules)
    for n, name in enumerate(draft.card.lexicons):
        if name in known:
            terms.setdefault(known[name].detector, set()).update(phrase.term for phrase in known[name].phrases)
        else:
            yield draft.error("phrases", f"没有叫“{name}”的词库，{meant(name, known)}。", "lexicons", n)
    for n, criterion in enumerate(draft.card.criteria):
        for m, _, rule in named_rules(criterion):
            for detector, asked, field in _sought(rule):
                at = ("criteria", n, "parts", m, "rule", field)
                if detector in MEASURED:
                    continue
                if detector not in terms and field not in ("terms", "inbound_only"):  # told once, at the detector
                    yield draft.error(
                        "phrases", f"没有词库能听出“{detector}”，{_where(detector, terms, known)}。", *at
                    )
                for term in asked if detector in terms else ():
                    if term not in terms[detector]:
                        yield draft.error(
                            "phrases", f"“{detector}”的词库里没有“{term}”，{meant(term, terms[detector])}。", *at
                        )


def placeholders(draft: Draft) -> Iterator[Notice]:
    """Figures that the document leaves open, once for each item."""
    for n, criterion in enumerate(draft.card.criteria):
        parts = [m for m, part in enumerate(criterion.parts) if part.open]
        titles = " ".join(part.title for part in criterion.parts)  # which repeat the sentence
        printed = PLACEHOLDER.findall(criterion.standard) or PLACEHOLDER.findall(titles)
        if criterion.open:
            state, at = "本项停用，不计分", _left_open(criterion, parts) if parts else ("scoring",)
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


@cache
def shipped_lists() -> tuple[LexiconFile | RulebookFile, ...]:
    """The phrase lists and the rule files that come with callqa."""
    lexicons = (load_policy(path, LexiconFile)[0] for path in lexicon_files())
    return (*lexicons, *(load_policy(path, RulebookFile)[0] for path in rulebook_files()))


def _sought(rule: Rule) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each detector that a rule looks for, with the terms, and where in the rule it stands."""
    if rule.detector:
        yield rule.detector, (), "detector"
        for field, asked in (("terms", rule.terms), ("inbound_only", rule.inbound_only)):
            if asked:
                yield rule.detector, asked, field
    for field, listed_ones in (("trigger", rule.trigger), ("before", rule.before)):
        for sought in listed_ones:
            yield sought.detector, sought.terms, field
    for field, condition in (("condition", rule.condition), ("when", rule.when)):
        for node in condition.nodes() if condition else ():
            if node.found:
                yield node.found.detector, node.found.terms, field


def _where(detector: str, terms: Mapping[str, object], known: Mapping[str, LexiconFile]) -> str:
    """What to add to the lexicons of the card so that a detector is heard, or what was meant."""
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
    if isinstance(criterion.scoring, Steps | Target):
        return True
    return any(part.limit is not None or part.at_least is not None for part in criterion.parts)
