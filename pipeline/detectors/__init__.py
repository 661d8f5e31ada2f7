"""What is listened for: findings out of a hearing. Each detector reports only what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.detectors.measures import measured
from pipeline.detectors.phrases import phrases_heard
from pipeline.detectors.unclear import unclear
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon
from pipeline.rulebook import Rulebook


def detect(
    hearing: Hearing,
    lexicons: Sequence[Lexicon],
    rulebooks: Sequence[Rulebook] = (),
    others: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """Every finding of one call, in order of time.

    Parameters
    ----------
    rulebooks : sequence of Rulebook
        Their conditions stand on the findings of the measures, the phrase lists and `others`, and on those of the
        rule files before them.
    others : iterable of Finding
        What was found in some other way, such as by a classifier.
    """
    found = [*measured(hearing), *others]
    for lexicon in lexicons:
        found += phrases_heard(hearing, lexicon)
    found += unclear(hearing, lexicons, tuple(found))
    for book in rulebooks:
        found = list(_in_order(found))
        found += list(book.search(hearing, found))
    return _in_order(found)


def _in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda finding: (finding.span, finding.detector, finding.term)))
