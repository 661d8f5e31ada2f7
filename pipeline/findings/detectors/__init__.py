"""What is listened for: findings out of a hearing. Each detector reports only what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.findings.detectors.measures import measured
from pipeline.findings.detectors.phrases import after_their_events, phrases_heard
from pipeline.findings.detectors.unclear import unclear
from pipeline.findings.finding import Finding
from pipeline.findings.rulebook import Rulebook
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon
from pipeline.timeline import Span


def detect(
    hearing: Hearing, lexicons: Sequence[Lexicon], rulebooks: Sequence[Rulebook] = ()
) -> tuple[Finding, ...]:
    """Every finding of one call, in order of time."""
    return compose(hearing, facts(hearing, lexicons), rulebooks)


def facts(hearing: Hearing, lexicons: Sequence[Lexicon]) -> tuple[Finding, ...]:
    """What was measured, what was said, and what is too unclear to tell."""
    phrases = [finding for lexicon in lexicons for finding in phrases_heard(hearing, lexicon)]
    found = after_their_events((*measured(hearing, phrases), *phrases), lexicons)
    return (*found, *unclear(hearing, lexicons, found))


def compose(hearing: Hearing, found: Iterable[Finding], rulebooks: Sequence[Rulebook]) -> tuple[Finding, ...]:
    """What was found so far with the findings of the rule files that stand on it, in order of time.

    A rule file sees what the ones before it found.
    """
    findings = _in_order(found)
    for book in rulebooks:
        findings = _in_order((*findings, *book.search(hearing, findings)))
    return findings


def _in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=in_time))


def in_time(finding: Finding) -> tuple[Span, str, str]:
    """By what findings are in order: time, then detector and term."""
    return finding.span, finding.detector, finding.term
