"""What is listened for: findings out of a hearing. Each detector reports only what is there."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.detectors.measures import measured
from pipeline.detectors.phrases import phrases_heard
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon


def detect(hearing: Hearing, lexicons: Sequence[Lexicon]) -> tuple[Finding, ...]:
    """Every finding of one call, in order of time."""
    phrases = [finding for lexicon in lexicons for finding in phrases_heard(hearing, lexicon)]
    found = [*measured(hearing, phrases), *phrases]
    return tuple(sorted(found, key=lambda finding: (finding.span, finding.detector, finding.term)))
