"""The lint of a standard: every rule over one file, in the order in which a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from pipeline.findings.rulebook import RulebookFile
from pipeline.indicators import INDICATORS, Indicator
from pipeline.lexicon import LexiconFile
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint import bands, examples, formulas, outcomes, points, sources, words
from pipeline.scorecard.lint.draft import Draft
from pipeline.scorecard.lint.notice import Notice

Check: TypeAlias = Callable[[Draft], Iterator[Notice]]

CHECKS: tuple[Check, ...] = (
    *(points.sums, points.total, points.choice, points.weights, points.parts, points.cut, points.split),
    points.veto_and_bonus,
    *(bands.bands, bands.lines),
    *(formulas.units, formulas.cliffs, formulas.wordings, formulas.blocks, formulas.samples),
    *(examples.examples, examples.denominators),
    *(sources.indicators, sources.source, sources.phrases, sources.placeholders),
    *(outcomes.consequences, outcomes.periods, outcomes.plan),
    *(words.not_applicable, words.clocks, words.harsh),
)


def lint(
    card: Scorecard,
    others: Sequence[Scorecard] = (),
    indicators: Mapping[str, Indicator] = INDICATORS,
    lists: Sequence[LexiconFile | RulebookFile] | None = None,
) -> tuple[Notice, ...]:
    """What is doubtful in a standard: errors first, each group in the order of the file.

    Parameters
    ----------
    others : sequence of Scorecard
        The standards in force beside it; the same one among them does not count.
    indicators : mapping
        The indicators that can be measured.
    lists : sequence of LexiconFile or RulebookFile
        The phrase lists and rule files in force; None for those that come with callqa.
    """
    lists = sources.shipped_lists() if lists is None else lists
    draft = Draft(card, tuple(other for other in others if other.name != card.name), indicators, tuple(lists))
    notices = [notice for check in CHECKS for notice in check(draft)]
    return tuple(sorted(notices, key=lambda notice: (notice.severity != "error", notice.line or 0)))
