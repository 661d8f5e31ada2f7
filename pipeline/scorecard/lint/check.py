"""The lint of a scorecard: every rule over one file, in the order in which a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from pipeline.findings.rulebook import RulebookFile
from pipeline.findings.titles import shipped_files
from pipeline.indicators import INDICATORS, Indicator
from pipeline.lexicon import LexiconFile
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint import bands, examples, formulas, outcomes, points, silence, sources, words
from pipeline.scorecard.lint.draft import Draft
from pipeline.scorecard.lint.notice import Notice

Check: TypeAlias = Callable[[Draft], Iterator[Notice]]

CHECKS: tuple[Check, ...] = (
    *(points.sums, points.total, points.choice, points.weights, points.parts, points.cut, points.split),
    points.veto_and_bonus,
    *(bands.bands, bands.lines),
    *(formulas.units, formulas.remarks, formulas.choices, formulas.wordings),
    *(examples.examples, examples.denominators),
    *(sources.indicators, sources.values, sources.source, sources.phrases, sources.placeholders),
    sources.items,
    *(outcomes.consequences, outcomes.periods, outcomes.plan),
    *(words.not_applicable, words.clocks, words.harsh),
    *(silence.defaults, silence.minimums, silence.suggestions),
)


def lint(
    card: Scorecard,
    others: Sequence[Scorecard] = (),
    indicators: Mapping[str, Indicator] = INDICATORS,
    lists: Sequence[LexiconFile | RulebookFile] | None = None,
) -> tuple[Notice, ...]:
    """The notices of a scorecard: errors first, each group in the order of the file.

    Parameters
    ----------
    others : sequence of Scorecard
        The scorecards in force beside it; the same one among them does not count.
    indicators : mapping
        The indicators that can be measured.
    lists : sequence of LexiconFile or RulebookFile
        The lexicons and rulebooks in force; None for those that come with callqa.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [(notice.severity, notice.code) for notice in lint(find_scorecard("jiazheng"))]
    [('error', 'weights'), ('error', 'missed'), ('warning', 'bands'), ('warning', 'consequence')]
    """
    lists = shipped_files() if lists is None else lists
    draft = Draft(card, tuple(other for other in others if other.name != card.name), indicators, tuple(lists))
    notices = [notice for check in CHECKS for notice in check(draft)]
    return tuple(sorted(notices, key=lambda notice: (notice.severity != "error", notice.line or 0)))
