"""Detection: every finding of a call, of lexicons, detectors and rulebooks, put together in order of time.

Knows who listens after whom; what each of them listens for is in `detectors`, `rulebook` and the lexicons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.findings.detectors import detectors_by
from pipeline.findings.detectors.phrases import drop_unprompted, phrase_findings
from pipeline.findings.detectors.unclear import unclear_findings
from pipeline.findings.finding import Finding
from pipeline.findings.rulebook import Rulebook
from pipeline.findings.thresholds import AS_SHIPPED, Thresholds
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon
from pipeline.timeline import Span


def detect(
    hearing: Hearing,
    lexicons: Sequence[Lexicon],
    rulebooks: Sequence[Rulebook] = (),
    thresholds: Thresholds = AS_SHIPPED,
) -> tuple[Finding, ...]:
    """Every finding of one call, in order of time.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["坐席：您好请讲", "客户：我家厨房漏水了", "坐席：什么", "客户：我家厨房漏水了"])
    >>> [(f.detector, f.term, f.quote) for f in detect(call, ())]
    [('repetition', 'again', '我家厨房漏水了')]
    """
    return compose(hearing, facts(hearing, lexicons, thresholds), rulebooks)


def facts(
    hearing: Hearing, lexicons: Sequence[Lexicon], thresholds: Thresholds = AS_SHIPPED
) -> tuple[Finding, ...]:
    """The findings that need no rulebook: of detectors, of lexicons, and where the words are too unclear to tell.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import LexiconFile, Phrase
    >>> phrase = Phrase(term="refund", role="customer", variants=("退款",))
    >>> file = LexiconFile(name="money", revision=1, detector="money", title="退款", phrases=(phrase,))
    >>> [(f.detector, f.term) for f in facts(hearing_of("客户：我要退款"), [Lexicon(file, "f00d", {})])]
    [('money', 'refund')]
    """
    phrases = [finding for lexicon in lexicons for finding in phrase_findings(hearing, lexicon)]
    findings = drop_unprompted((*measurements(hearing, phrases, thresholds), *phrases), lexicons)
    return (*findings, *unclear_findings(hearing, lexicons, findings))


def measurements(
    hearing: Hearing, phrases: Sequence[Finding] = (), thresholds: Thresholds = AS_SHIPPED
) -> Iterator[Finding]:
    """The findings of every detector in one call, one detector after another.

    Parameters
    ----------
    phrases : sequence of Finding
        What the lexicons found in it; those of ``hold_wording`` tell a hold from dead air.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of("坐席：您好这里是阳光家政很高兴为您服务")
    >>> [(f.detector, f.term, f.value) for f in measurements(call)]
    [('speech_rate', 'call', 240.0)]
    """
    for detector in detectors_by(thresholds):
        yield from detector.findings(hearing, phrases)


def compose(hearing: Hearing, so_far: Iterable[Finding], rulebooks: Sequence[Rulebook]) -> tuple[Finding, ...]:
    """The findings so far and those of the rulebooks that stand on them, in order of time.

    A rulebook sees what the ones before it found.

    Examples
    --------
    >>> from pipeline.findings.rulebook import RulebookFile
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> rule = {"term": "twice", "title": "说了两遍", "condition": {"found": {"detector": "repetition"}}}
    >>> file = RulebookFile.model_validate({"name": "ours", "revision": 1, "title": "规则", "rules": [rule]})
    >>> call = hearing_of(["客户：我家厨房漏水了", "坐席：什么", "客户：我家厨房漏水了"])
    >>> [(f.detector, f.term) for f in compose(call, measurements(call), [Rulebook(file, "f00d", {})])]
    [('repetition', 'again'), ('rule', 'twice')]
    """
    findings = _in_order(so_far)
    for book in rulebooks:
        findings = _in_order((*findings, *book.search(hearing, findings)))
    return findings


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=time_key))


def time_key(finding: Finding) -> tuple[Span, str, str]:
    """The key by which findings are in order: place in time, then detector and term."""
    return finding.span, finding.detector, finding.term
