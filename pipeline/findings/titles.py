"""The titles of everything that is found in calls, put together from what declares it.

Knows who declares: lexicons and rulebooks in their files, detectors in their modules; and what is unclear, by the
lexicons whose phrases it may have been.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from pipeline.findings.detectors import detectors
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.findings.finding import FLAG, JUDGE, JUDGED, SHADOW, Finding
from pipeline.findings.rulebook import CONDITION, FLOW, RULE, RulebookFile, rulebook_files
from pipeline.findings.suspicion import suspicions
from pipeline.lexicon import LexiconFile, lexicon_files
from pipeline.lexicon.file import ROLE_WORDING
from pipeline.lexicon.notation import nearest_wording
from pipeline.policy.load import load_policy
from pipeline.titles import Declaration, Titles

OWN = (
    Declaration(UNCLEAR, "听不清", {ANYTHING: "这一段听不清"}),
    Declaration(RULE, "规则"),
    Declaration(FLOW, "流程"),
    Declaration(CONDITION, "评分表条件"),
    Declaration("plan", "方案与时限（模型）", {"with_time": "有时限的方案"}),
    Declaration(FLAG, "疑似", {each.name: each.title for each in suspicions().values()}),
    Declaration(SHADOW, "试运行", {each.name: each.title for each in suspicions().values()}),
    Declaration(JUDGE, "大模型建议"),
    Declaration(JUDGED, "大模型判定"),
)
"""The detectors that no file declares: of the unclear, of rulebooks, of a scorecard's conditions, and those that
only models fill (flags and shadows are named after the classifiers, judges after the items)."""


def titles_of(files: Iterable[LexiconFile | RulebookFile]) -> Titles:
    """The titles of the terms of some files, and of every detector.

    Parameters
    ----------
    files : iterable of LexiconFile or RulebookFile
        Of several that give one thing a title, the first one counts: those of a deployment's own come first.

    Note
    ----
    An unclear finding names a term without the lexicon that listens for it: it is shown with the titles of all
    that do.

    Examples
    --------
    >>> phrase = {"term": "first", "title": "先分类", "role": "agent", "variants": ["请您先分类"]}
    >>> written = {"name": "g", "revision": 1, "detector": "green", "title": "环保提示", "phrases": [phrase]}
    >>> titles = titles_of([LexiconFile.model_validate(written)])
    >>> titles.detector("green"), titles.term("green", "first"), titles.term("hangup", "first")
    ('环保提示', '先分类', '先挂机')
    """
    written = tuple(file.declaration for file in files if file.name != ROLE_WORDING)
    measures = (detector.declaration for detector in detectors())
    return Titles((*written, *measures, *OWN, _unclear(Titles(written))))


def _unclear(written: Titles) -> Declaration:
    """The terms that an unclear finding may have, each with its titles in every lexicon and rulebook."""
    titles: dict[str, dict[str, None]] = {}
    for detector in written.table:
        for term, title in detector.terms.items():
            titles.setdefault(term, {})[title or term] = None
    return Declaration(UNCLEAR, terms={term: "、".join(each) for term, each in titles.items()})


@cache
def shipped_files() -> tuple[LexiconFile | RulebookFile, ...]:
    """The lexicons and the rulebooks that come with callqa, as they are written."""
    return tuple(_read())


def _read() -> Iterator[LexiconFile | RulebookFile]:
    for path in lexicon_files():
        yield load_policy(path, LexiconFile)[0]
    for path in rulebook_files():
        yield load_policy(path, RulebookFile)[0]


@cache
def shipped_titles() -> Titles:
    """The titles of what comes with callqa.

    Examples
    --------
    >>> shipped_titles().term("apology", "sincere"), shipped_titles().detector("hold")
    ('真诚致歉', '等待')
    """
    return titles_of(shipped_files())


def value_of(finding: Finding, titles: Titles) -> str:
    """What stands behind a finding: the listed wording likest to what was heard, or the quantity with its unit.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "own", "x", 0, Role.AGENT, Span(1, 2), "不归我管", "不(归|属于)我[们]管", 1, "1")
    >>> value_of(found, shipped_titles())
    '不归我管'
    """
    if isinstance(finding.value, str):
        return nearest_wording(finding.value, finding.quote)
    return titles.value(finding.detector, finding.value)


def title_of(finding: Finding, titles: Titles) -> str:
    """The title of what a finding says: that of its rule, which it brings itself, or of its term.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> rule = Finding("C1", "rule", "pushing", 0, Role.AGENT, Span(0.0, 1.0), "", "反复推销", 1.0, "service-1")
    >>> title_of(rule, shipped_titles())
    '反复推销'
    """
    return (
        str(finding.value)
        if finding.detector in (RULE, FLOW, CONDITION)
        else titles.term(finding.detector, finding.term)
    )
