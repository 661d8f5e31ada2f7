"""What a verdict teaches: the findings that a person confirmed or denied, as labels.

Knows which findings a verdict speaks of; what a label is, is in `labels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.evaluation import Answer
from pipeline.findings import Finding
from pipeline.findings.silence import UNCLEAR
from pipeline.hearing import Hearing
from pipeline.review.answers import Kind, Occasion, PersonAnswer
from pipeline.scorecard import CONDITION
from pipeline.titles import UNITS
from pipeline.validation.learning.labels import Label, Source, label_of

NOT_SAID = {*UNITS, UNCLEAR, CONDITION}
"""Detectors of what was measured, could not be made out, or is put together by a scorecard of its own."""


def labels_of(
    act: PersonAnswer, machine: Answer, findings: Sequence[Finding], hearing: Hearing
) -> tuple[Label, ...]:
    """What the act says of what was heard: confirmed, all evidence holds; what it denies does not.

    Gold where a dispute was ruled. Evidence that was kept when an answer was overturned is left out: the person
    spoke of what it is worth, not of whether it was said.

    Parameters
    ----------
    machine : Answer
        What the machine said of the item; its evidence as positions in the findings.
    """
    source = Source.DISPUTE if act.source is Occasion.DISPUTE else Source.REVIEW
    denied = [f for f in findings if any(each.means(f) for each in act.denied)]
    held = [findings[n] for n in machine.findings] if act.kind is Kind.CONFIRM else []
    judged = [(f, False) for f in denied] + [(f, True) for f in held if f not in denied]
    return tuple(
        replace(label_of(f, hearing, holds, act.by, act.at, source), gold=source is Source.DISPUTE)
        for f, holds in judged
        if f.turn_index is not None and f.turn_index < len(hearing.turns) and f.detector not in NOT_SAID
    )
