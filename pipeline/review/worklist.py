"""Why a person should look at a call, and how urgently: the reasons, the risk, and the place in the queue.

Knows a call as it was judged; not who reviews it, and nothing of how the queue is kept (`store.worklist`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import prod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.call import Status
from pipeline.evaluation import VETO, Answer, Outcome, doubt_of_roles
from pipeline.evaluation.result import CallResult
from pipeline.hearing.turns import Role
from pipeline.month.assessment.grading import CROSSES
from pipeline.policy.load import load_policy
from pipeline.review.disputes.policy import last_day
from pipeline.timeline import Seconds, place


class Code(StrEnum):
    """What kind of reason it is. The order is kept in the store: add new ones at the end."""

    DISPUTE = "dispute"
    AUTO_FAIL = "auto_fail"
    BANNED_WORDING = "banned_wording"
    GRADE_AT_STAKE = "grade_at_stake"
    LOW_SCORE = "low_score"
    ROLES = "roles"
    UNSURE = "unsure"
    UNSCORABLE = "unscorable"
    LOW_CONFIDENCE = "low_confidence"
    RULE = "rule"
    SAMPLED = "sampled"
    RANDOM = "random"

    @property
    def bit(self) -> int:
        """The number that stands for it among several: a power of two."""
        return 1 << list(Code).index(self)


TITLES = {
    Code.DISPUTE: "申诉待处理",
    Code.AUTO_FAIL: "一票否决",
    Code.BANNED_WORDING: "禁用语",
    Code.GRADE_AT_STAKE: "影响定级",
    Code.LOW_SCORE: "低分",
    Code.ROLES: "角色存疑",
    Code.UNSURE: "听不清",
    Code.UNSCORABLE: "不可评",
    Code.LOW_CONFIDENCE: "把握不足",
    Code.RULE: "按规则抽取",
    Code.SAMPLED: "抽样计划",
    Code.RANDOM: "随机抽查",
}
"""What a reviewer reads for a kind of reason."""

DOUBTS = frozenset({Code.ROLES, Code.UNSURE, Code.LOW_CONFIDENCE})
"""Reasons that say the call's points may be wrong, so that a grade may hang on hearing it."""

BY_LOT = frozenset({Code.SAMPLED, Code.RANDOM})
"""Reasons that say nothing against the call."""

WORTH_FILTERING = frozenset({Outcome.PARTLY_MET, Outcome.NOT_MET, Outcome.UNSURE})
"""The outcomes by which a reviewer looks for calls; all others are what is expected."""

QUOTED = 3
"""How many places or items a sentence names before it only counts them."""

Share = Annotated[float, Field(ge=0, le=1)]


class Urgency(BaseModel):
    """What each reason weighs, and how many random calls are mixed in: `worklist.yaml`.

    Parameters
    ----------
    weights : mapping of Code to float
        0..1; the chance, so to speak, that a call with this reason alone needs a person.
    low_score_below : float
        Percent, 0..100.
    doubt_above : float
        Share of the call's points that is expected to be wrong, 0..1, from which a person should look.
    random_every : int
        One row in so many comes from the random draw.
    random_share : float
        Of all calls, 0..1.
    seed : str
        What the draw depends on, beside the id of the call.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    weights: Mapping[Code, Share]
    low_score_below: Annotated[float, Field(ge=0, le=100)]
    doubt_above: Share
    random_every: Annotated[int, Field(ge=2)]
    random_share: Share
    seed: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _all_weighed(self) -> Urgency:
        if missing := [code.value for code in Code if code not in self.weights]:
            raise ValueError(f"no weight is given for {', '.join(missing)}")
        return self


def load_urgency(path: Traversable | Path) -> Urgency:
    """A file of weights.

    Raises
    ------
    PolicyError
        With file and line.
    """
    return load_policy(path, Urgency)[0]


@cache
def bundled_urgency() -> Urgency:
    """The weights that come with callqa."""
    return load_urgency(files("pipeline.policy") / "worklist.yaml")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person should look: the kind, the sentence in Chinese, and how much it weighs, 0..1."""

    code: Code
    sentence: str
    weight: float

    @property
    def title(self) -> str:
        """The kind in a few characters."""
        return TITLES[self.code]


class Progress(StrEnum):
    """How far the review of a call has come."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


class Stream(IntEnum):
    """Which of the two orders a call stands in."""

    BY_RISK = 0
    BY_LOT = 1


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One call of the queue.

    Parameters
    ----------
    day : date | None
        The day of the call in Asia/Shanghai; None where its record gives no instant.
    at : datetime
        Its first instant; where the record gives none, when it was listed.
    duration : float | None
        Of the recording, in seconds.
    score : float | None
        Percent, 0..100; None for a call that has none.
    risk : float
        0..1.
    due_at : datetime | None
        When a dispute about it must be settled.
    """

    call_id: str
    agent_id: str | None
    agent_name: str | None
    team: str | None
    queue: str | None
    month: str | None
    day: date | None
    at: datetime
    duration: Seconds | None
    score: float | None
    risk: float
    stream: Stream
    reasons: tuple[Reason, ...]
    status: Progress = Progress.OPEN
    assignee: str | None = None
    taken_at: datetime | None = None
    done_by: str | None = None
    done_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows of the queue are asked for; what is None does not matter.

    Parameters
    ----------
    status : Progress | None
        None for any.
    criterion_id, outcome
        Calls in which the item was not plainly met, or came out as said.
    first_day, last_day : date | None
        Both inclusive, in Asia/Shanghai.
    least_score, most_score : float | None
        Percent, both inclusive; calls without a score are then left out.
    plan_id : int | None
        Only what this sampling plan drew.
    blind : frozenset of str
        Calls of whose judgement nothing must show: left out where rows are chosen by how they were judged.
    """

    status: Progress | None = Progress.OPEN
    team: str | None = None
    agent_id: str | None = None
    criterion_id: str | None = None
    outcome: Outcome | None = None
    first_day: date | None = None
    last_day: date | None = None
    least_score: float | None = None
    most_score: float | None = None
    code: Code | None = None
    assignee: str | None = None
    plan_id: int | None = None
    blind: frozenset[str] = frozenset()

    @property
    def by_judgement(self) -> bool:
        """Whether being among the rows tells something of how a call was judged."""
        asked = (self.criterion_id, self.outcome, self.least_score, self.most_score, self.code, self.plan_id)
        return any(each is not None for each in asked)


def suspicions(result: CallResult, urgency: Urgency) -> tuple[Reason, ...]:
    """Why a person should look at the call, by what is known of itself alone, the weightiest first.

    A call that failed has none: there is nothing to judge.
    """
    evaluation = result.evaluation
    if result.status is Status.UNSCORABLE:
        why = (
            "；".join(evaluation.review) if evaluation and evaluation.review else result.problem or "没有可评的内容"
        )
        return (Reason(Code.UNSCORABLE, f"不可评：{why}", urgency.weights[Code.UNSCORABLE]),)
    if result.status is Status.FAILED or evaluation is None:
        return ()
    found: list[tuple[Code, str, float]] = []
    if vetoed := _vetoed(evaluation.answers):
        found.append((Code.AUTO_FAIL, vetoed, 1.0))
    if banned := [f for f in result.findings if f.detector == "banned_wording" and f.role is Role.AGENT]:
        heard = "、".join(f"{place(f.span.start)} “{f.quote}”" for f in banned[:QUOTED])
        more = f" 等 {len(banned)} 处" if len(banned) > QUOTED else ""
        found.append((Code.BANNED_WORDING, f"听到禁用语：{heard}{more}", 1.0))
    score, line = evaluation.score, urgency.low_score_below
    if score is not None and score < line:
        found.append((Code.LOW_SCORE, f"得分 {score:.1f}，低于 {line:g} 分", 1.0 - score / line / 2))
    if result.hearing is not None and doubt_of_roles(result.hearing.quality) in evaluation.review:
        found.append((Code.ROLES, doubt_of_roles(result.hearing.quality), 1.0))
    if unsure := [a.criterion_id for a in evaluation.answers if a.outcome is Outcome.UNSURE]:
        found.append((Code.UNSURE, f"{_items(unsure)} 听不清，等人判断", 1.0))
    doubt, least = _doubt(evaluation.answers)
    if least is not None and doubt > urgency.doubt_above:
        sentence = f"预计 {doubt:.0%} 的分值评错，{least.criterion_id} 的把握最低，只有 {least.confidence:.0%}"
        found.append((Code.LOW_CONFIDENCE, sentence, doubt))
    return in_order(Reason(code, sentence, urgency.weights[code] * part) for code, sentence, part in found)


def _doubt(answers: Iterable[Answer]) -> tuple[float, Answer | None]:
    """The share of the points that is expected to be wrong, 0..1, and the answer least to be trusted."""
    scored = [answer for answer in answers if answer.tally.possible]
    if not scored:
        return 0.0, None
    wrong = sum(answer.tally.possible * (1.0 - answer.confidence) for answer in scored)
    share = wrong / sum(answer.tally.possible for answer in scored)
    return share, min(scored, key=lambda answer: answer.confidence)


def _vetoed(answers: Iterable[Answer]) -> str:
    """The sentence of the auto-fail item that left nothing of the call; empty where there is none."""
    return next((reason for a in answers for reason in a.reasons if reason.startswith(VETO)), "")


def _items(ids: Sequence[str]) -> str:
    return "、".join(ids[:QUOTED]) + (f" 等 {len(ids)} 项" if len(ids) > QUOTED else "")


def stake(undecided: str, reasons: Iterable[Reason], urgency: Urgency) -> tuple[Reason, ...]:
    """The reason that the agent's grade hangs on this call; none unless the call carries doubt.

    Parameters
    ----------
    undecided : str
        Why the agent's month has no grade (`AgentMonth.undecided`).
    """
    if CROSSES not in undecided or not any(reason.code in DOUBTS for reason in reasons):
        return ()
    return (Reason(Code.GRADE_AT_STAKE, f"坐席当月{undecided}", urgency.weights[Code.GRADE_AT_STAKE]),)


def disputed(due_at: datetime | None, urgency: Urgency) -> tuple[Reason, ...]:
    """The reason that a dispute waits; none without a deadline."""
    if due_at is None:
        return ()
    sentence = f"申诉待处理，{last_day(due_at):%m-%d} 24:00 前办结"
    return (Reason(Code.DISPUTE, sentence, urgency.weights[Code.DISPUTE]),)


def by_lot(call_id: str, urgency: Urgency) -> tuple[Reason, ...]:
    """The reason that the call came up in the random draw over all calls; mostly none."""
    if lot(urgency.seed, call_id) >= urgency.random_share:
        return ()
    sentence = f"随机抽查：从全部通话中抽 {urgency.random_share:.0%}"
    return (Reason(Code.RANDOM, sentence, urgency.weights[Code.RANDOM]),)


def exchanged(reasons: Iterable[Reason], gone: Collection[Code], new: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons without those of some kinds, and with new ones."""
    return in_order([*(reason for reason in reasons if reason.code not in gone), *new])


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons, the weightiest first."""
    return tuple(sorted(reasons, key=lambda reason: (-reason.weight, reason.code.bit, reason.sentence)))


def risk(reasons: Iterable[Reason]) -> float:
    """How urgently a person should look, 0..1: each reason alone could be enough.

    Examples
    --------
    >>> risk([Reason(Code.LOW_SCORE, "", 0.5), Reason(Code.UNSURE, "", 0.5)]), risk([])
    (0.75, 0.0)
    """
    return 1.0 - prod(1.0 - reason.weight for reason in reasons)


def codes(reasons: Iterable[Reason]) -> int:
    """The kinds of the reasons as one number, a bit each."""
    return sum(code.bit for code in {reason.code for reason in reasons})


def position(call_id: str, reasons: Sequence[Reason], due_at: datetime | None, seed: str) -> tuple[Stream, float]:
    """In which order a call stands, and how far in front: the larger, the earlier.

    Note
    ----
    A dispute stands before all risk (above 1), the earliest deadline first; so no clock is needed to keep the order
    true. A call that was only drawn stands in the order of the lots, those of sampling plans in front. All others,
    also those without any reason, stand by risk.
    """
    kinds = {reason.code for reason in reasons}
    if Code.DISPUTE in kinds and due_at is not None:
        return Stream.BY_RISK, 2.0 - due_at.timestamp() / 1e12
    if kinds and kinds <= BY_LOT:
        return Stream.BY_LOT, (1.0 if Code.SAMPLED in kinds else 0.0) + lot(seed, call_id)
    return Stream.BY_RISK, risk(reasons)


def lot(seed: str, call_id: str) -> float:
    """The call's number in a draw, in [0, 1): the same whenever and wherever it is drawn.

    Examples
    --------
    >>> lot("a", "C1") == lot("a", "C1"), lot("a", "C1") == lot("b", "C1")
    (True, False)
    """
    drawn = blake2b(f"{seed}\0{call_id}".encode("utf-8", "replace"), digest_size=8).digest()
    return (int.from_bytes(drawn) >> 11) / (1 << 53)


def mixed(before: int, num_by_risk: int, num_by_lot: int, every: int) -> tuple[int, int]:
    """How many rows of either order are among the first `before` rows of the queue.

    Every `every`-th row is the next by lot, as long as there are some of both.

    Examples
    --------
    >>> mixed(10, 100, 100, 5), mixed(10, 100, 1, 5), mixed(10, 3, 100, 5)
    ((8, 2), (9, 1), (3, 7))
    """
    before = min(before, num_by_risk + num_by_lot)
    drawn = max(min(before // every, num_by_lot), before - num_by_risk)
    return before - drawn, drawn
