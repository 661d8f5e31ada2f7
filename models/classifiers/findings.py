"""Classifiers at work: the findings of one call, by the stage that each of them has reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.classifiers.classifier import Classifier
from models.classifiers.features import Spoken, plain, spoken_turns
from pipeline.findings import Finding
from pipeline.findings.detection import time_key
from pipeline.findings.finding import FLAG, SHADOW
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Turn
from pipeline.lexicon import CLAUSE_END
from pipeline.validation.learning.registry import Stage

DETECTOR_OF_STAGE = {Stage.DRAFT: SHADOW, Stage.SHADOW: SHADOW, Stage.FLAG: FLAG}
"""Where findings go that cost no points; live ones go to the detector of their criterion."""
LEAST_CLAUSE = 4  # spoken characters; shorter pieces decide nothing alone


@dataclass(frozen=True, slots=True)
class StagedClassifier:
    """A classifier and its stage."""

    classifier: Classifier
    stage: Stage


def classifier_findings(
    hearing: Hearing, staged: Sequence[StagedClassifier], found: Iterable[Finding] = ()
) -> list[Finding]:
    """Findings of the classifiers in a call, at most one of each in a turn, in order of time.

    A live one is silent where its detector has a finding already, in `found` or by a live one before it: one
    offence is one offence. Those of other stages are not, so that they can be compared.

    Parameters
    ----------
    found : iterable of Finding
        What was found in this call so far.

    Note
    ----
    The confidence is the calibrated probability times that of the role; `value` is the version; quote and span are
    the clause that decides.
    """
    turns = spoken_turns(hearing)
    known, new = list(found), []
    for each in staged:
        for finding in _hits(hearing, turns, each):
            if each.stage is Stage.LIVE:
                if any(_doubles(finding, other) for other in known):
                    continue
                known.append(finding)
            new.append(finding)
    return sorted(new, key=time_key)


def _doubles(finding: Finding, other: Finding) -> bool:
    same = finding.detector == other.detector and finding.role is other.role
    return same and finding.span.overlap(other.span) > 0


def _hits(hearing: Hearing, turns: Sequence[Spoken], each: StagedClassifier) -> Iterator[Finding]:
    classifier, tuned = each.classifier, each.classifier.tuned
    live = each.stage is Stage.LIVE
    for turn, seen, probability in zip(hearing.turns, turns, classifier.probability(turns), strict=True):
        if seen.role is not tuned.speaker or probability < classifier.threshold:
            continue
        start, end = _decisive(classifier, turn, seen)
        yield Finding(
            call_id=hearing.call.id,
            detector=tuned.detector if live else DETECTOR_OF_STAGE[each.stage],
            term=tuned.term if live else tuned.name,
            turn_index=turn.index,
            role=turn.role,
            span=turn.span_of(start, end),
            quote=turn.text[start:end],
            value=classifier.version,
            confidence=float(probability) * turn.confidence,
            detector_version=classifier.version,
        )


def _decisive(classifier: Classifier, turn: Turn, seen: Spoken) -> tuple[int, int]:
    """The characters of the clause that is most probable on its own; the whole turn where there is but one."""
    clauses, at = [], 0
    for end in [m.end() for m in CLAUSE_END.finditer(turn.text)] + [len(turn.text)]:
        if len(plain(turn.text[at:end])) >= LEAST_CLAUSE:
            clauses.append((at, end))
        at = end
    if len(clauses) < 2:
        return 0, len(turn.text)
    alone = classifier.probability([Spoken(turn.text[a:b], seen.before, seen.role) for a, b in clauses])
    return clauses[int(alone.argmax())]
