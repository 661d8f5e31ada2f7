"""The labels that answers and rulings of people teach: findings confirmed or denied, and phrases not found.

Knows which findings an answer speaks of; what a label is, is in `labels`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.evaluation import Said
from pipeline.findings import Finding
from pipeline.findings.detectors import detectors
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.finding import JUDGE, JUDGED
from pipeline.findings.rulebook import CONDITION
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.review.answers import Kind, Occasion, PersonAnswer
from pipeline.scorecard import CallCriterion
from pipeline.timeline import Seconds, place
from pipeline.validation.learning.labels import Judgement, Label, Source, label_of, label_of_turn
from pipeline.validation.learning.registry import phrase_criterion


def labels_of(
    act: PersonAnswer, machine: Said | None, findings: Sequence[Finding], hearing: Hearing
) -> tuple[Label, ...]:
    """The labels of what an act confirms and denies: confirmed, all evidence holds; what it denies does not.

    A suspicion that is affirmed or rejected is a label of its own criterion (``shirking``).

    Gold where a dispute was ruled. Evidence that was kept when an answer was overturned is left out: the person
    spoke of what it is worth, not of whether it was said.

    Parameters
    ----------
    machine : Said | None
        What the machine said of the criterion or item; its evidence as positions in the findings. None for a
        suspicion.
    """
    source = Source.DISPUTE if act.source is Occasion.DISPUTE else Source.REVIEW
    denied = [f for f in findings if any(each.means(f) for each in act.denied)]
    held = [f for f in findings if any(each.means(f) for each in act.affirmed)]
    held += [findings[n] for n in machine.findings] if machine and act.kind is Kind.CONFIRM else []
    judged = [(f, False) for f in denied] + [(f, True) for f in held if f not in denied]
    return tuple(
        replace(label_of(f, hearing, Judgement(holds, act.by, act.at, source)), gold=source is Source.DISPUTE)
        for f, holds in judged
        if f.turn_index is not None and f.turn_index < len(hearing.turns) and f.detector not in _wordless()
    )


def _wordless() -> set[str]:
    """The detectors of what was measured, could not be made out, is put together, or judges an item as a whole."""
    return {*(each.name for each in detectors() if each.unit), UNCLEAR, CONDITION, JUDGE, JUDGED}


NEAR_S: Seconds = 3.0
"""The distance from the second that a person names at which the turn may begin or end."""


def phrases_not_found(asked: CallCriterion, findings: Sequence[Finding], hearing: Hearing) -> tuple[str, ...]:
    """The phrases that the criterion asks for and nobody found, as labels name them.

    Where one of several phrases would do, none is named: which of them was said is not known.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from pipeline.call import Direction
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> asked = next(each for each in card.call_criteria if each.rules and each.rules[0][1].kind == "heard")
    >>> call = SimpleNamespace(call=SimpleNamespace(direction=Direction.INBOUND))
    >>> phrases_not_found(asked, (), call)[:2]
    ('required_phrase/greeting', 'required_phrase/company')
    """
    found = {(finding.detector, finding.term) for finding in findings}
    required = (phrase for _, rule, _ in asked.rules for phrase in rule.required(hearing.call.direction))
    return tuple(dict.fromkeys(phrase_criterion(*phrase) for phrase in required if phrase not in found))


def label_of_phrase(
    act: PersonAnswer, asked: CallCriterion, findings: Sequence[Finding], hearing: Hearing, said_at: Seconds
) -> tuple[Label, ...]:
    """A gold label: what the criterion asks for was said in that turn of the agent; none where it asks for more.

    Raises
    ------
    ValueError
        In Chinese, if the agent says nothing there.
    """
    spoken = [
        (max(turn.span.start - said_at, said_at - turn.span.end, 0.0), index)
        for index, turn in enumerate(hearing.turns)
        if turn.role is Role.AGENT
    ]
    away, index = min(spoken, default=(NEAR_S + 1, 0))
    if away > NEAR_S:
        raise ValueError(f"{place(said_at)} 处没有坐席的话，请核对是第几秒")
    missing = phrases_not_found(asked, findings, hearing)
    if len(missing) != 1:
        return ()
    judgement = Judgement(True, act.by, act.at, Source.DISPUTE)
    label = label_of_turn(hearing, index, missing[0], judgement)
    return (replace(label, gold=True),)


def second_of(written: str) -> Seconds:
    """The second of a place as people write it.

    Raises
    ------
    ValueError
        In Chinese, if it is none.

    Examples
    --------
    >>> second_of("57"), second_of("1:05"), second_of("0：12.5")
    (57.0, 65.0, 12.5)
    """
    parts = re.fullmatch(r"(?:(\d{1,3})[:：])?(\d{1,5}(?:\.\d{1,3})?)", written.strip(), re.ASCII)
    if parts is None:
        raise ValueError(f"“{written[:20]}”不是时间，请写秒数或分:秒，如 57 或 0:57")
    return 60.0 * int(parts[1] or 0) + float(parts[2])
