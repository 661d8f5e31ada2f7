"""What is listened for: findings out of a hearing. Each detector reports only what is there."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.detectors.measures import measured
from pipeline.detectors.phrases import phrases_heard
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon
from pipeline.timeline import Span


def detect(hearing: Hearing, lexicons: Sequence[Lexicon]) -> tuple[Finding, ...]:
    """Every finding of one call, in order of time."""
    found = [*measured(hearing)]
    for lexicon in lexicons:
        found += phrases_heard(hearing, lexicon)
    return tuple(sorted(found, key=in_time))


def in_time(finding: Finding) -> tuple[Span, str, str]:
    """By what findings are in order: time, then detector and term."""
    return finding.span, finding.detector, finding.term
