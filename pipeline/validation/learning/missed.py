"""What an upheld dispute teaches where the machine heard nothing: the turn in which it was said, as a label.

Knows which phrase an item asks for and missed; of findings that are there `verdicts` knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.call import Direction
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.review.answers import PersonAnswer
from pipeline.scorecard import AskedOfCall
from pipeline.timeline import Seconds, place
from pipeline.validation.learning.labels import Label, Source, label_of_turn
from pipeline.validation.learning.registry import phrase_criterion

NEAR_S: Seconds = 3.0
"""How far from the second that a person names the turn may begin or end."""


def missed_phrases(asked: AskedOfCall, findings: Sequence[Finding], hearing: Hearing) -> tuple[str, ...]:
    """The phrases that the item asks for and nobody found, as labels name them.

    Where one of several phrases would do, none is named: which of them was said is not known.
    """
    found = {(finding.detector, finding.term) for finding in findings}
    outbound = hearing.call.direction is Direction.OUTBOUND
    missing: list[str] = []
    for _, rule, _ in asked.rules:
        wanted = rule.terms if rule.kind == "heard" or (rule.kind == "duty" and len(rule.terms) == 1) else ()
        spared = rule.inbound_only if outbound else ()
        missing += [
            phrase_criterion(rule.detector, term)
            for term in wanted
            if term not in spared and (rule.detector, term) not in found
        ]
    return tuple(dict.fromkeys(missing))


def label_of_missed(
    act: PersonAnswer, asked: AskedOfCall, findings: Sequence[Finding], hearing: Hearing, said_at: Seconds
) -> tuple[Label, ...]:
    """A gold label: what the item asks for was said in that turn of the agent; none where it asks for more.

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
    missing = missed_phrases(asked, findings, hearing)
    if len(missing) != 1:
        return ()
    label = label_of_turn(hearing, index, missing[0], True, act.by, act.at, Source.DISPUTE)
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
