"""The reasons why a person should look at a call, their weights, and the risk that they make together.

Knows a call as it was judged; nothing of the queue (`worklist`), nor of who reviews.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import prod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.call import Status
from pipeline.enums import TitledEnum
from pipeline.evaluation import VETO, Answer, Outcome, role_doubt
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.findings.finding import JUDGE
from pipeline.findings.suspicion import affirmed, filed_under, suspected_of
from pipeline.findings.suspicion import suspicions as kinds_suspected
from pipeline.findings.titles import shipped_titles, title_of
from pipeline.hearing.turns import Role
from pipeline.month.assessment.grades import CROSSES
from pipeline.policy.load import load_policy
from pipeline.review.disputes.policy import last_day
from pipeline.tally import rounded, shown
from pipeline.timeline import place


class Code(TitledEnum):
    """The kind of a reason. The order is kept in the store: add new ones at the end."""

    DISPUTE = "dispute", "申诉待处理"
    AUTO_FAIL = "auto_fail", "一票否决"
    BANNED_WORDING = "banned_wording", "禁用语"
    GRADE_AT_STAKE = "grade_at_stake", "影响定级"
    LOW_SCORE = "low_score", "低分"
    ROLES = "roles", "角色存疑"
    UNSURE = "unsure", "听不清"
    UNSCORABLE = "unscorable", "不可评"
    LOW_CONFIDENCE = "low_confidence", "把握不足"
    RULE = "rule", "按规则抽取"
    SAMPLED = "sampled", "抽样计划"
    RANDOM = "random", "随机抽查"
    SUGGESTED = "suggested", "大模型建议"
    SUSPECTED = "suspected", "疑似"

    @property
    def bit(self) -> int:
        """The number that stands for it among several: a power of two.

        Examples
        --------
        >>> Code.DISPUTE.bit, Code.BANNED_WORDING.bit
        (1, 4)
        """
        return 1 << list(Code).index(self)


DOUBTS = frozenset({Code.ROLES, Code.UNSURE, Code.LOW_CONFIDENCE})
"""Reasons that say the call's points may be wrong, so that a grade may hang on hearing it."""

OTHER = "other"
"""Any suspicion that is not named."""

QUOTED = 3
"""The most places or criteria that a sentence names; more are only counted."""

Share = Annotated[float, Field(ge=0, le=1)]


class Urgency(BaseModel):
    """The weight of each reason, and the share of random calls: `worklist.yaml`.

    Parameters
    ----------
    weights : mapping of Code to float
        0..1; the chance, so to speak, that a call with this reason alone needs a person.
    gravity : mapping of str to float
        0..1; how much of the weight of what is suspected each kind of suspicion has, ``other`` any not named.
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
    gravity: Mapping[str, Share]
    low_score_below: Annotated[float, Field(ge=0, le=100)]
    doubt_above: Share
    random_every: Annotated[int, Field(ge=2)]
    random_share: Share
    seed: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _all_weighed(self) -> Urgency:
        if missing := [code.value for code in Code if code not in self.weights]:
            raise ValueError(f"no weight is given for {', '.join(missing)}")
        known = {*kinds_suspected(), OTHER}
        if unknown := sorted(self.gravity.keys() - known):
            raise ValueError(f"gravity: {', '.join(unknown)} is nothing that is suspected")
        if OTHER not in self.gravity:
            raise ValueError(f"gravity: {OTHER} is missing, which stands for all that are not named")
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
    """A reason why a person should look: the kind, the sentence in Chinese, and its weight, 0..1."""

    code: Code
    sentence: str
    weight: float

    @property
    def title(self) -> str:
        """The kind in a few characters."""
        return self.code.title


def suspicions(result: CallResult, urgency: Urgency) -> tuple[Reason, ...]:
    """The reasons to look at the call by what is known of itself alone, the weightiest first.

    A call that failed has none: there is nothing to judge.

    Examples
    --------
    >>> from pipeline.call import Call, Direction
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> result = CallResult(call, Status.UNSCORABLE, "evaluate", "poor_transcript", "听不清")
    >>> [each.sentence for each in suspicions(result, bundled_urgency())]
    ['不可评：听不清']
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
    if score is not None and rounded(score) < line:
        found.append((Code.LOW_SCORE, f"得分 {shown(score)}，低于 {line:g} 分", 1.0 - score / line / 2))
    if result.hearing is not None and role_doubt(result.hearing.quality) in evaluation.review:
        found.append((Code.ROLES, role_doubt(result.hearing.quality), 1.0))
    if unsure := [a.criterion_id for a in evaluation.answers if a.outcome is Outcome.UNSURE]:
        found.append((Code.UNSURE, f"{_items(unsure)} 听不清，等人判断", 1.0))
    if suggested := _suggested(result.findings):
        found.append((Code.SUGGESTED, f"大模型认为没有做到：{_items(suggested)}，等人判断", 1.0))
    doubt, least = _doubt(evaluation.answers)
    if least is not None and doubt > urgency.doubt_above:
        sentence = f"预计 {doubt:.0%} 的分值评错，{least.criterion_id} 的把握最低，只有 {least.confidence:.0%}"
        found.append((Code.LOW_CONFIDENCE, sentence, doubt))
    if suspected := [f for f in result.findings if filed_under(f)]:
        found.append((Code.SUSPECTED, *_suspected(suspected, urgency)))
    return sort_reasons(Reason(code, sentence, urgency.weights[code] * part) for code, sentence, part in found)


def _suspected(flags: Iterable[Finding], urgency: Urgency) -> tuple[str, float]:
    """What nobody has settled yet, the gravest first, and how much all of it weighs together, 0..1."""
    gravity = {f: urgency.gravity.get(f.term, urgency.gravity[OTHER]) * f.confidence for f in flags}
    gravest = sorted(gravity, key=lambda f: (-gravity[f], f.span))
    told = "、".join(f"疑似{_meant(f)} {f.confidence:.0%}（{place(f.span.start)}）" for f in gravest[:QUOTED])
    more = f" 等 {len(gravest)} 处" if len(gravest) > QUOTED else ""
    return told + more, 1.0 - prod(1.0 - each for each in gravity.values())


def _meant(flag: Finding) -> str:
    meant = suspected_of(flag)
    return meant.title if meant else title_of(affirmed(flag), shipped_titles())


def _doubt(answers: Iterable[Answer]) -> tuple[float, Answer | None]:
    """The share of the points that is expected to be wrong, 0..1, and the answer least to be trusted."""
    scored = [answer for answer in answers if answer.tally.possible]
    if not scored:
        return 0.0, None
    wrong = sum(answer.tally.possible * (1.0 - answer.confidence) for answer in scored)
    share = wrong / sum(answer.tally.possible for answer in scored)
    return share, min(scored, key=lambda answer: answer.confidence)


def _suggested(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The items of which a language model suggests that they were not met, at least not fully."""
    return tuple(dict.fromkeys(f.term for f in findings if f.detector == JUDGE and f.value != Outcome.MET.title))


def _vetoed(answers: Iterable[Answer]) -> str:
    """The sentence of the auto-fail criterion that left nothing of the call; empty where there is none."""
    return next((reason for a in answers for reason in a.reasons if reason.startswith(VETO)), "")


def _items(ids: Sequence[str]) -> str:
    return "、".join(ids[:QUOTED]) + (f" 等 {len(ids)} 项" if len(ids) > QUOTED else "")


def stake_reasons(undecided: str, reasons: Iterable[Reason], urgency: Urgency) -> tuple[Reason, ...]:
    """The reason that the agent's grade hangs on this call; none unless the call carries doubt.

    Parameters
    ----------
    undecided : str
        Why the agent's month has no grade (`AgentMonth.undecided`).

    Examples
    --------
    >>> doubt = Reason(Code.UNSURE, "KF01-4 听不清，等人判断", 0.5)
    >>> [each.sentence for each in stake_reasons("得分区间 88–92 跨过 90 分线", [doubt], bundled_urgency())]
    ['坐席当月得分区间 88–92 跨过 90 分线']
    >>> stake_reasons("得分区间 88–92 跨过 90 分线", [], bundled_urgency())
    ()
    """
    if CROSSES not in undecided or not any(reason.code in DOUBTS for reason in reasons):
        return ()
    return (Reason(Code.GRADE_AT_STAKE, f"坐席当月{undecided}", urgency.weights[Code.GRADE_AT_STAKE]),)


def dispute_reasons(due_at: datetime | None, urgency: Urgency) -> tuple[Reason, ...]:
    """The reason that a dispute waits; none without a deadline.

    Examples
    --------
    >>> from datetime import UTC
    >>> [each.sentence for each in dispute_reasons(datetime(2025, 3, 5, 16, tzinfo=UTC), bundled_urgency())]
    ['申诉待处理，03-05 24:00 前办结']
    """
    if due_at is None:
        return ()
    sentence = f"申诉待处理，{last_day(due_at):%m-%d} 24:00 前办结"
    return (Reason(Code.DISPUTE, sentence, urgency.weights[Code.DISPUTE]),)


def lot_reasons(call_id: str, urgency: Urgency) -> tuple[Reason, ...]:
    """The reason of the random draw over all calls, for those that came up; mostly none.

    Examples
    --------
    >>> urgency = bundled_urgency().model_copy(update={"random_share": 1.0})
    >>> [each.sentence for each in lot_reasons("C1", urgency)]
    ['随机抽查：从全部通话中抽 100%']
    """
    if lot(urgency.seed, call_id) >= urgency.random_share:
        return ()
    sentence = f"随机抽查：从全部通话中抽 {urgency.random_share:.0%}"
    return (Reason(Code.RANDOM, sentence, urgency.weights[Code.RANDOM]),)


def exchange_reasons(
    reasons: Iterable[Reason], gone: Collection[Code], new: Iterable[Reason]
) -> tuple[Reason, ...]:
    """The reasons without those of some kinds, and with new ones.

    Examples
    --------
    >>> low, unsure = Reason(Code.LOW_SCORE, "得分 50.0", 0.4), Reason(Code.UNSURE, "听不清", 0.5)
    >>> dispute = Reason(Code.DISPUTE, "", 1.0)
    >>> [each.code.title for each in exchange_reasons([low, unsure], {Code.LOW_SCORE}, [dispute])]
    ['申诉待处理', '听不清']
    """
    return sort_reasons([*(reason for reason in reasons if reason.code not in gone), *new])


def sort_reasons(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons, the weightiest first.

    Examples
    --------
    >>> [each.weight for each in sort_reasons([Reason(Code.LOW_SCORE, "", 0.4), Reason(Code.UNSURE, "", 0.5)])]
    [0.5, 0.4]
    """
    return tuple(sorted(reasons, key=lambda reason: (-reason.weight, reason.code.bit, reason.sentence)))


def risk(reasons: Iterable[Reason]) -> float:
    """The urgency with which a person should look, 0..1: each reason alone could be enough.

    Examples
    --------
    >>> risk([Reason(Code.LOW_SCORE, "", 0.5), Reason(Code.UNSURE, "", 0.5)]), risk([])
    (0.75, 0.0)
    """
    return 1.0 - prod(1.0 - reason.weight for reason in reasons)


def codes(reasons: Iterable[Reason]) -> int:
    """The kinds of the reasons as one number, a bit each.

    Examples
    --------
    >>> codes([Reason(Code.DISPUTE, "", 1.0), Reason(Code.BANNED_WORDING, "", 1.0), Reason(Code.DISPUTE, "", 1.0)])
    5
    """
    return sum(code.bit for code in {reason.code for reason in reasons})


def lot(seed: str, call_id: str) -> float:
    """The call's number in a draw, in [0, 1): the same whenever and wherever it is drawn.

    Examples
    --------
    >>> lot("a", "C1") == lot("a", "C1"), lot("a", "C1") == lot("b", "C1")
    (True, False)
    """
    drawn = blake2b(f"{seed}\0{call_id}".encode("utf-8", "replace"), digest_size=8).digest()
    return (int.from_bytes(drawn) >> 11) / (1 << 53)
