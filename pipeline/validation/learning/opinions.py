"""Opinions of a judge: what a language model says of one item of one call, and where in the call it says so.

Knows what an opinion is and what becomes of it in review; not how it is asked for (`models.judge`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pipeline.enums import TitledEnum
from pipeline.evaluation import Outcome
from pipeline.findings import Finding
from pipeline.findings.finding import JUDGE, JUDGED, SHADOW
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from pipeline.validation.learning.registry import Stage

PREFIX = "judge/"
"""How the criteria of judges begin in the registry: ``judge/kf01/KF01-7-4``."""

DETECTOR_OF_STAGE = {Stage.DRAFT: JUDGE, Stage.FLAG: JUDGE, Stage.SHADOW: SHADOW, Stage.LIVE: JUDGED}
"""Where opinions go: suggestions beside the item, hidden while they are measured, or what the standard asks for."""


class Judged(TitledEnum):
    """What a judge says of an item."""

    MET = "met", "符合"
    PARTLY = "partly", "部分符合"
    NOT_MET = "not_met", "不符合"
    CANNOT_TELL = "cannot_tell", "看不出"

    @classmethod
    def of(cls, outcome: Outcome) -> Judged | None:
        """The same of a person's answer; None where that decides nothing.

        Examples
        --------
        >>> Judged.of(Outcome.PARTLY_MET).title, Judged.of(Outcome.NEEDS_PERSON)
        ('部分符合', None)
        """
        return _OF_OUTCOME.get(outcome)


_OF_OUTCOME = {
    Outcome.MET: Judged.MET,
    Outcome.PARTLY_MET: Judged.PARTLY,
    Outcome.NOT_MET: Judged.NOT_MET,
    Outcome.NOT_APPLICABLE: Judged.CANNOT_TELL,
}


class Problem(TitledEnum):
    """Why an answer was thrown away."""

    UNREADABLE = "unreadable", "答非所问"
    TURN = "turn", "没有这一句"
    QUOTE = "quote", "引文不在这一句里"
    BARE = "bare", "没有依据"


Quoted: TypeAlias = tuple[int, int, int]
"""The index of a turn, and the characters ``[start, end)`` of it."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """An answer of a judge, verified or thrown away.

    Parameters
    ----------
    key : str
        Hash of what was asked of what; see `key_of`.
    criterion, version : str
        As the registry has them.
    judged : Judged | None
        None where the answer was thrown away, and `problem` says why.
    quoted : tuple of Quoted
        The words that it rests on. They stand in the transcript; the store does not repeat them.
    shown : bool
        Whether people saw it beside the item, so that their answer may follow it.
    tokens : int
        That the answer cost, by the server's count.
    """

    key: str
    call_id: str
    criterion: str
    version: str
    judged: Judged | None
    quoted: tuple[Quoted, ...]
    problem: Problem | None
    shown: bool
    tokens: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StagedJudge:
    """A judge of one item, its stage, and the precision below which it may not count."""

    criterion: str
    version: str
    model: str
    stage: Stage
    least_precision: float = 0.0

    @property
    def item_id(self) -> str:
        """The item of the scorecard.

        Examples
        --------
        >>> StagedJudge("judge/kf01/KF01-7-4", "v", "m", Stage.DRAFT).item_id
        'KF01-7-4'
        """
        return self.criterion.rpartition("/")[2]


def criterion_of(standard: str, item_id: str) -> str:
    """The criterion of a judge of an item, in the registry.

    Examples
    --------
    >>> criterion_of("kf01", "KF01-7-4")
    'judge/kf01/KF01-7-4'
    """
    return f"{PREFIX}{standard}/{item_id}"


def is_judge(criterion: str) -> bool:
    """Whether a criterion of the registry is that of a judge, and not of a classifier.

    Examples
    --------
    >>> is_judge("judge/kf01/KF01-7-4"), is_judge("complaint")
    (True, False)
    """
    return criterion.startswith(PREFIX)


def key_of(version: str, hearing: Hearing) -> str:
    """The hash of a question and of the words that it is asked of: the same gives the same answer.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> one, other = hearing_of("坐席：您好", "C1"), hearing_of("坐席：您好啊", "C1")
    >>> key_of("v", one) == key_of("v", one), key_of("v", one) == key_of("v", other)
    (True, False)
    """
    said = (f"{turn.role} {turn.text}" for turn in hearing.turns)
    return hashlib.sha256("\n".join((version, hearing.call.id, *said)).encode()).hexdigest()


def opinion_findings(
    hearing: Hearing, judges: Iterable[StagedJudge], opinions: Mapping[str, Opinion]
) -> Iterator[Finding]:
    """The findings of judges in a call: one for each quoted place, or one of the whole call where none is quoted.

    What cannot be told is no finding, nor is an answer that was thrown away. The confidence is that of the words;
    of a live judge, that times the precision that the gate vouches for.

    Parameters
    ----------
    opinions : mapping
        By key.
    """
    for judge in judges:
        said = opinions.get(key_of(judge.version, hearing))
        if said is None or said.judged is None or said.judged is Judged.CANNOT_TELL:
            continue
        places: Iterable[Quoted | None] = said.quoted or (None,)
        yield from (_finding(hearing, judge, said.judged, place) for place in places)


def _finding(hearing: Hearing, judge: StagedJudge, judged: Judged, place: Quoted | None) -> Finding:
    detector = DETECTOR_OF_STAGE[judge.stage]
    turn = hearing.turns[place[0]] if place else None
    start, end = place[1:] if place else (0, 0)
    return Finding(
        call_id=hearing.call.id,
        detector=detector,
        term=judge.criterion if detector == SHADOW else judge.item_id,
        turn_index=turn.index if turn else None,
        role=turn.role if turn else Role.UNKNOWN,
        span=turn.span_of(start, end) if turn else Span(0.0, hearing.recording.duration),
        quote=turn.text[start:end] if turn else "",
        value=judged.title,
        confidence=(turn.confidence if turn else hearing.quality.role_confidence)
        * (judge.least_precision if judge.stage is Stage.LIVE else 1.0),
        detector_version=judge.version,
    )
