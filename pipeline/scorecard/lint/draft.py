"""A scorecard under examination, with what it is held against.

Knows where each part of it stands and who is asked for what; not what may be wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from pipeline.findings.detectors import detectors
from pipeline.findings.rulebook import RulebookFile
from pipeline.findings.titles import shipped_files
from pipeline.indicators import INDICATORS, Indicator
from pipeline.lexicon import LexiconFile
from pipeline.policy.load import Location, lines_in
from pipeline.scorecard import Criterion, Part, Rule, Scorecard
from pipeline.scorecard.lint.notice import Code, Notice, Severity


@dataclass(frozen=True)
class Draft:
    """A scorecard, the others in force beside it, the indicators that exist, and the lists in force."""

    card: Scorecard
    others: tuple[Scorecard, ...]
    indicators: Mapping[str, Indicator]
    lists: tuple[LexiconFile | RulebookFile, ...]

    @staticmethod
    def of(card: Scorecard) -> Draft:
        """A scorecard by itself, with the indicators, lexicons and rulebooks that come with callqa."""
        return Draft(card, (), INDICATORS, shipped_files())

    @cached_property
    def heard(self) -> Mapping[str, frozenset[str]]:
        """The terms of every detector that a list or a measure of this deployment has, by detector.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> sorted(Draft.of(find_scorecard("kf01")).heard["apology"])
        ['perfunctory', 'polite', 'sincere', 'social']
        """
        terms = {each.name: set(each.terms) for each in detectors()}
        for file in self.lists:
            own = file.phrases if isinstance(file, LexiconFile) else file.rules
            terms.setdefault(file.detector, set()).update(each.term for each in own)
        return {detector: frozenset(own) for detector, own in terms.items()}

    def line(self, location: Location) -> int | None:
        """The 1-based line of a part of the file, the first for what is not written in it.

        None where the scorecard was not read from a file.
        """
        return (self._lines(location) or 1) if self.card.path else None

    @cached_property
    def _lines(self) -> Callable[[Location], int | None]:
        return lines_in(self.card.text.encode(), self.card.path)

    def assessed(self, criterion: Criterion) -> bool:
        """Whether somebody has chosen the criterion.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> draft = Draft.of(find_scorecard("kf03"))
        >>> draft.assessed(draft.card.criteria[0])
        False
        """
        named = self.card.assessed
        return named == "all" or (named is not None and criterion.id in named)

    def points(self, criterion: Criterion) -> float:
        """The points of a criterion, to show figures with; 100 where nothing is printed or chosen."""
        return criterion.points or self.card.points_of.get(criterion.id) or 100.0

    def error(self, code: Code, sentence: str, *at: int | str, quote: str | None = None) -> Notice:
        """A notice that refuses to score."""
        return self._notice("error", code, sentence, at, quote)

    def warning(self, code: Code, sentence: str, *at: int | str, quote: str | None = None) -> Notice:
        """A notice to print."""
        return self._notice("warning", code, sentence, at, quote)

    def wrong(self, code: Code, sentence: str, *at: int | str, quote: str | None = None) -> Notice:
        """A notice about a criterion: an error where it is assessed, else a warning."""
        criterion = self._criterion(at)
        severity: Severity = "error" if criterion is None or self.assessed(criterion) else "warning"
        return self._notice(severity, code, sentence, at, quote)

    def _notice(self, severity: Severity, code: Code, sentence: str, at: Location, quote: str | None) -> Notice:
        criterion = self._criterion(at)
        if quote is None:
            quote = criterion.standard if criterion else ""
        return Notice(
            severity,
            code,
            criterion.id if criterion else None,
            self.card.path or self.card.name,
            self.line(at),
            sentence,
            quote,
        )

    def _criterion(self, at: Location) -> Criterion | None:
        match at:
            case ("criteria", int(n), *_):
                return self.card.criteria[n]
            case ("examples", int(n), *_):
                return self.card.criterion(self.card.examples[n].criterion)
        return None


def named_rules(criterion: Criterion) -> Iterator[tuple[int, Part, Rule]]:
    """The parts that a rule answers, with their positions.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [n for n, part, rule in named_rules(find_scorecard("kf01").criterion("KF01-4"))]
    [0, 1, 2]
    """
    for n, part in enumerate(criterion.parts):
        if part.rule is not None:
            yield n, part, part.rule


def named_indicators(criterion: Criterion) -> Iterator[tuple[str, Location]]:
    """The indicators that a criterion names, and where in it.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(named_indicators(find_scorecard("table1").criterion("T1-1")))
    [('calls.speed_of_answer', ('indicator',))]
    """
    if criterion.indicator:
        yield criterion.indicator, ("indicator",)
    for n, part in enumerate(criterion.parts):
        if part.indicator:
            yield part.indicator, ("parts", n, "indicator")


def listed(names: Iterable[object]) -> str:
    """Names as people list them.

    Examples
    --------
    >>> listed(["甲", "乙"])
    '甲、乙'
    """
    return "、".join(str(name) for name in names)


def meant(name: str, known: Iterable[str]) -> str:
    """A clause that says what may have been meant, or what there is.

    Examples
    --------
    >>> meant("greting", ("greeting", "goodbye"))
    '是不是“greeting”'
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"是不是“{near[0]}”" if near else f"可以写：{listed(names) or '（一个也没有）'}"
