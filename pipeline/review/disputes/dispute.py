"""Disputes (申诉): an agent contests an answer, and people decide, round by round, each within a time.

Knows the states and who may act in each; the figures are policy (`dispute_policy`). Does not know how disputes are
kept (`store.disputes`), how they are shown (`review`), nor what an upheld one changes in a month.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pipeline.access.accounts import POSTS, Account, Right
from pipeline.errors import DisputeError
from pipeline.evaluation import Outcome
from pipeline.review.answers import PersonAnswer
from pipeline.review.disputes.policy import DisputePolicy, end_of_day, shown_end
from pipeline.review.disputes.subject import Contested

WORDS = 500
"""Characters that anybody may write at a time."""


class State(StrEnum):
    """What became of a dispute last. An event of its history is named by the state to which it led."""

    RAISED = "raised"
    ASSIGNED = "assigned"
    RETURNED = "returned"  # the agent is asked for more
    ANSWERED = "answered"  # and has said more
    UPHELD = "upheld"
    REJECTED = "rejected"


STATES = {
    State.RAISED: "待裁定",
    State.ASSIGNED: "已指派",
    State.RETURNED: "退回补充",
    State.ANSWERED: "已补充",
    State.UPHELD: "改判",
    State.REJECTED: "维持",
}
"""How each state is shown."""

RULINGS = (State.UPHELD, State.REJECTED)
PENDING = (State.RAISED, State.ASSIGNED, State.RETURNED, State.ANSWERED)
CONTESTABLE = (Outcome.PARTLY_MET, Outcome.NOT_MET, Outcome.NOT_APPLICABLE)
"""The outcomes that can be contested: points were lost, or could not be had."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer that an upheld dispute puts in place of the contested one."""

    outcome: Outcome
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it stands.

    Parameters
    ----------
    contested : Contested
        The answer as it was when it was contested, in this round.
    state : State
        What became of it last.
    round : int
        1 for the first.
    due_at : datetime | None
        While it is pending, when whoever is next should have acted; after a ruling, until when the next round may
        be raised. None after the final ruling.
    assignee : str | None
        The account that is to decide; None: anybody who may.
    barred : frozenset of str
        Who may not decide: the person who gave the answer, and those who decided an earlier round.
    ruled_at : datetime | None
        When the last ruling was given.
    version : int
        How many events it has; rises with each. Whoever acts says which one they saw.
    """

    id: int
    contested: Contested
    state: State
    round: int
    raised_by: str
    raised_at: datetime
    reason: str
    due_at: datetime | None
    assignee: str | None = None
    barred: frozenset[str] = field(default_factory=frozenset)
    ruled_at: datetime | None = None
    version: int = 1

    @property
    def pending(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in PENDING

    @property
    def final(self) -> bool:
        """Whether its ruling can be contested no more."""
        return self.state in RULINGS and self.due_at is None


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody does to a dispute; `state` is where it leads, `ruling` the answer that upholding gives."""

    state: State
    by: Account
    at: datetime
    words: str = ""
    assignee: Account | None = None
    ruling: PersonAnswer | None = None


@dataclass(frozen=True, slots=True)
class DisputeEvent:
    """One act of a dispute's history as it is kept: what was done, by whom, and what they said."""

    id: int
    dispute_id: int
    at: datetime
    by: str
    state: State
    round: int
    reason: str = ""
    words: str = ""
    assignee: str | None = None
    ruling: Ruling | None = None
    final: bool = False
    effect: tuple[str, ...] = ()  # what the decider was shown of month and grade, in Chinese


def raised(
    contested: Contested,
    policy: DisputePolicy,
    by: Account,
    at: datetime,
    reason: str,
    words: str = "",
    before: Dispute | None = None,
) -> Dispute:
    """The answer contested: a new dispute (id 0), or `before` in its next round.

    Parameters
    ----------
    before : Dispute | None
        The last dispute about the same item.

    Raises
    ------
    DisputeError
        If it is not the agent's own call, there is nothing to contest, a dispute is pending, the ruling was final,
        or the window is over.

    Note
    ----
    A ruling that a person changed later, or of an older revision of the scorecard, does not bind: the answer that
    counts then is a new one, and is contested anew.
    """
    if Right.DISPUTE not in by.rights or not contested.agent_id or by.agent_id != contested.agent_id:
        raise DisputeError("not_own", "只能对自己的通话申诉。")
    if contested.outcome not in CONTESTABLE:
        raise DisputeError("nothing_lost", "这一项没有失分，或者还没有定论，不能申诉。")
    if policy.reason(reason).words and not words.strip():
        raise DisputeError("words_missing", f"选“{policy.reason(reason).title}”时，请写明理由。")
    said(words)
    barred = frozenset((contested.answered_by,) if contested.answered_by else ())
    due_at = end_of_day(at, policy.ruling_days)
    first = Dispute(0, contested, State.RAISED, 1, by.id, at, reason, due_at, barred=barred)
    if before is not None and before.pending:
        raise DisputeError("pending", f"这一项已有申诉（{before.id} 号）正在处理，请等裁定。")
    if before is not None and _binds(before, contested):
        if before.due_at is None:
            raise DisputeError("final", f"{before.id} 号申诉已终局裁定，不能再申诉。")
        if at >= before.due_at:
            raise DisputeError("window_over", f"再次申诉的期限已于 {shown_end(before.due_at)} 截止。")
        return replace(
            first,
            id=before.id,
            round=before.round + 1,
            barred=before.barred | first.barred,
            ruled_at=before.ruled_at,
            version=before.version + 1,
        )
    if at >= (ended := contested.ends_at(policy)):
        raise DisputeError("window_over", f"申诉期限已于 {shown_end(ended)} 截止。")
    return first


def _binds(before: Dispute, contested: Contested) -> bool:
    """Whether the last ruling is about the answer that counts now."""
    if before.contested.revision != contested.revision or before.ruled_at is None:
        return False
    return contested.answered_at is None or contested.answered_at <= before.ruled_at


def moved(dispute: Dispute, move: Move, policy: DisputePolicy, answered_by: str | None = None) -> Dispute:
    """The dispute after somebody answered, returned, assigned or decided it.

    Parameters
    ----------
    answered_by : str | None
        The person whose answer stands now, where it is no longer the one that was contested.

    Raises
    ------
    DisputeError
        If it may not be done now, or not by this account; the sentence says why.
    """
    if answered_by is not None:
        dispute = replace(dispute, barred=dispute.barred | {answered_by})
    words = said(move.words)
    if not dispute.pending:
        raise DisputeError("settled", f"{dispute.id} 号申诉已裁定（{STATES[dispute.state]}），不能再改。")
    after = replace(dispute, state=move.state, version=dispute.version + 1)
    match move.state:
        case State.ANSWERED:
            _check_answer(dispute, move, words)
            return replace(after, due_at=end_of_day(move.at, policy.ruling_days))
        case State.ASSIGNED:
            _check_assignment(dispute, move, policy)
            to = move.assignee
            return replace(after, assignee=to.id if to else None, due_at=end_of_day(move.at, policy.ruling_days))
        case State.RETURNED:
            _check_decider(dispute, move.by, policy)
            _check_waiting(dispute, move)
            if not words:
                raise DisputeError("words_missing", "请写明要坐席补充什么。")
            return replace(after, due_at=end_of_day(move.at, policy.answer_days))
        case State.UPHELD | State.REJECTED:
            _check_ruling(dispute, move, words, policy)
            again = dispute.round < policy.rounds
            return replace(
                after,
                due_at=end_of_day(move.at, policy.window_days) if again else None,
                barred=dispute.barred | {move.by.id},
                assignee=None,
                ruled_at=move.at,
            )
        case State.RAISED:
            raise DisputeError("pending", f"{dispute.id} 号申诉正在处理，不能再提一次。")


def refusal(dispute: Dispute, who: Account, policy: DisputePolicy) -> str:
    """Why the account may not decide the dispute in this round, in Chinese; empty where it may."""
    try:
        _check_decider(dispute, who, policy)
    except DisputeError as error:
        return str(error)
    return ""


def said(words: str) -> str:
    """What somebody wrote, without blanks at its ends.

    Raises
    ------
    DisputeError
        If it is too long.
    """
    words = words.strip()
    if len(words) > WORDS:
        raise DisputeError("words_too_long", f"说明有 {len(words)} 字，请写在 {WORDS} 字以内。")
    return words


def _check_answer(dispute: Dispute, move: Move, words: str) -> None:
    if move.by.agent_id is None or move.by.agent_id != dispute.contested.agent_id:
        raise DisputeError("not_own", "只有申诉的坐席本人可以补充。")
    if dispute.state is not State.RETURNED:
        raise DisputeError("wrong_state", f"{dispute.id} 号申诉没有退回，不需要补充。")
    if dispute.due_at is not None and move.at >= dispute.due_at:
        raise DisputeError("window_over", f"补充的期限已于 {shown_end(dispute.due_at)} 截止。")
    if not words:
        raise DisputeError("words_missing", "请写明要补充的内容。")


def _check_assignment(dispute: Dispute, move: Move, policy: DisputePolicy) -> None:
    """Whoever may decide may hand on; so may who gives out work, though barred from deciding."""
    c = dispute.contested
    in_charge = Right.ASSIGN in move.by.rights and move.by.scope.holds(c.agent_id, c.team)
    if not in_charge:
        _check_post(dispute, move.by, policy)
    if move.assignee is None:
        raise DisputeError("nobody", "请选择由谁裁定。")
    _check_waiting(dispute, move)
    unassigned = replace(dispute, assignee=None)
    if why := refusal(unassigned, move.assignee, policy):
        raise DisputeError("not_theirs", f"不能指派给 {move.assignee.name}：{why}")


def _check_ruling(dispute: Dispute, move: Move, words: str, policy: DisputePolicy) -> None:
    _check_decider(dispute, move.by, policy)
    if not words:
        raise DisputeError("words_missing", "请写明裁定的理由，坐席会看到。")
    if move.state is State.REJECTED:
        _check_waiting(dispute, move)
        return
    ruling, c = move.ruling, dispute.contested
    if ruling is None:
        raise DisputeError("ruling_missing", "改判须写明改成什么。")
    if ruling.outcome not in (Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET, Outcome.NOT_APPLICABLE):
        raise DisputeError("ruling_missing", "改判只能改成符合、部分符合、不符合或不适用。")
    if (ruling.call_id, ruling.scorecard, ruling.criterion_id) != (c.call_id, c.scorecard, c.criterion_id):
        raise ValueError(f"dispute {dispute.id} is about {c.criterion_id} of {c.call_id}, and the ruling is not")
    if (ruling.outcome, ruling.level) == (c.outcome, c.level):
        raise DisputeError("ruling_same", "改判的结果与原来的相同；不改请选“维持”。")


def _check_waiting(dispute: Dispute, move: Move) -> None:
    """While the agent is asked for more and still has time, nothing is decided against them."""
    if dispute.state is State.RETURNED and dispute.due_at is not None and move.at < dispute.due_at:
        raise DisputeError("wrong_state", f"已退回坐席补充，{shown_end(dispute.due_at)} 前请等坐席答复。")


def _check_decider(dispute: Dispute, who: Account, policy: DisputePolicy) -> None:
    _check_post(dispute, who, policy)
    if who.id in dispute.barred:
        raise DisputeError("own_answer", "被申诉的结果是您自己给出的，或者上一轮由您裁定，请交别人裁定。")
    if dispute.assignee is not None and dispute.assignee != who.id:
        raise DisputeError("not_theirs", f"已指派给 {dispute.assignee}；要由您裁定，请先改派。")


def _check_post(dispute: Dispute, who: Account, policy: DisputePolicy) -> None:
    c = dispute.contested
    posts = policy.deciders[min(dispute.round, policy.rounds) - 1]
    if not who.active or who.post not in posts or Right.SETTLE not in who.rights:
        named = "、".join(POSTS[post] for post in posts)
        raise DisputeError("not_theirs", f"第 {dispute.round} 轮申诉由{named}裁定。")
    if not who.scope.holds(c.agent_id, c.team):
        raise DisputeError("not_theirs", f"{who.name} 不管这名坐席的班组（{c.team or '未知'}）。")
