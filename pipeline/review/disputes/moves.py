"""Moves of a dispute: the claim that raises it, and the acts on it, each by whom and within a time.

Knows who may act in each state; the figures are policy (`disputes.policy`). Does not know how disputes are kept
(`store`), how they are shown (`desk`), nor what an upheld one changes in a month.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.access.accounts import Account, Right
from pipeline.errors import DisputeError
from pipeline.evaluation import Outcome
from pipeline.review.answers import PersonAnswer
from pipeline.review.disputes.dispute import Dispute, DisputeState
from pipeline.review.disputes.policy import DisputePolicy, end_of_day, shown_end
from pipeline.review.disputes.subject import Subject

WORDS = 500
"""Characters that anybody may write at a time."""


CONTESTABLE = (Outcome.PARTLY_MET, Outcome.NOT_MET, Outcome.NOT_APPLICABLE)
"""The outcomes that can be contested: points were lost, or could not be had."""


@dataclass(frozen=True, slots=True)
class Move:
    """An act on a dispute; `state` is where it leads, `ruling` the answer that upholding gives."""

    state: DisputeState
    by: Account
    at: datetime
    words: str = ""
    assignee: Account | None = None
    ruling: PersonAnswer | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent's claim when raising a dispute: a reason of the policy, and words of the agent's own."""

    by: Account
    at: datetime
    reason: str
    words: str = ""


def raise_dispute(subject: Subject, policy: DisputePolicy, claim: Claim, before: Dispute | None = None) -> Dispute:
    """The dispute of an answer: a new one (id 0), or `before` in its next round.

    Parameters
    ----------
    before : Dispute | None
        The last dispute about the same criterion.

    Raises
    ------
    DisputeError
        If it is not the agent's own call, there is nothing to contest, a dispute is pending, the ruling was final,
        or the window is over.

    Note
    ----
    A ruling that a person changed later, or of an older revision of the scorecard, does not bind: the answer that
    counts then is a new one, and is contested anew.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.access.accounts import Post
    >>> from pipeline.review.disputes.policy import bundled_dispute_policy
    >>> from pipeline.tally import Tally
    >>> at = datetime(2025, 3, 3, 10, tzinfo=UTC)
    >>> about = Subject("C1", "kf01", 1, "A", "1001", None, None, Outcome.NOT_MET, None, Tally(0, 5), at)
    >>> lin, policy = Account("lin", "林晓雯", Post.AGENT, agent_id="1001"), bundled_dispute_policy()
    >>> dispute = raise_dispute(about, policy, Claim(lin, at, "said"))
    >>> dispute.state.title, dispute.round, dispute.due_at > at
    ('待裁定', 1, True)
    """
    _check_claim(subject, policy, claim)
    at = claim.at
    first = Dispute(
        id=0,
        subject=subject,
        state=DisputeState.RAISED,
        round=1,
        raised_by=claim.by.id,
        raised_at=at,
        reason=claim.reason,
        due_at=end_of_day(at, policy.ruling_days),
        barred=frozenset((subject.answered_by,) if subject.answered_by else ()),
    )
    if before is not None and before.pending:
        raise DisputeError("pending", f"这一项已有申诉（{before.id} 号）正在处理，请等裁定。")
    if before is None or not _binds(before, subject):
        if at >= (ended := subject.ends_at(policy)):
            raise DisputeError("window_over", f"申诉期限已于 {shown_end(ended)} 截止。")
        return first
    return _next_round(first, before)


def _next_round(first: Dispute, before: Dispute) -> Dispute:
    """The dispute as it was ruled on, raised again as `first` says."""
    if before.due_at is None:
        raise DisputeError("final", f"{before.id} 号申诉已终局裁定，不能再申诉。")
    if first.raised_at >= before.due_at:
        raise DisputeError("window_over", f"再次申诉的期限已于 {shown_end(before.due_at)} 截止。")
    return replace(
        first,
        id=before.id,
        round=before.round + 1,
        barred=before.barred | first.barred,
        ruled_at=before.ruled_at,
        version=before.version + 1,
    )


def _check_claim(subject: Subject, policy: DisputePolicy, claim: Claim) -> None:
    by = claim.by
    if Right.DISPUTE not in by.rights or not subject.agent_id or by.agent_id != subject.agent_id:
        raise DisputeError("not_own", "只能对自己的通话申诉。")
    if subject.outcome not in CONTESTABLE:
        raise DisputeError("nothing_lost", "这一项没有失分，或者还没有定论，不能申诉。")
    if policy.reason(claim.reason).words and not claim.words.strip():
        raise DisputeError("words_missing", f"选“{policy.reason(claim.reason).title}”时，请写明理由。")
    check_words(claim.words)


def _binds(before: Dispute, subject: Subject) -> bool:
    """Whether the last ruling is about the answer that counts now."""
    if before.subject.revision != subject.revision or before.ruled_at is None:
        return False
    return subject.answered_at is None or subject.answered_at <= before.ruled_at


def apply_move(dispute: Dispute, move: Move, policy: DisputePolicy, answered_by: str | None = None) -> Dispute:
    """The dispute after somebody answered, returned, assigned or decided it.

    Parameters
    ----------
    answered_by : str | None
        The person whose answer stands now, where it is no longer the one that was contested.

    Raises
    ------
    DisputeError
        If it may not be done now, or not by this account; the sentence says why.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.access.accounts import Post
    >>> from pipeline.review.disputes.policy import bundled_dispute_policy
    >>> from pipeline.tally import Tally
    >>> at, policy = datetime(2025, 3, 3, 10, tzinfo=UTC), bundled_dispute_policy()
    >>> about = Subject("C1", "kf01", 1, "A", "1001", None, None, Outcome.NOT_MET, None, Tally(0, 5), at)
    >>> lin, wang = Account("lin", "林", Post.AGENT, agent_id="1001"), Account("wang", "王", Post.QA)
    >>> dispute = raise_dispute(about, policy, Claim(lin, at, "said"))
    >>> after = apply_move(dispute, Move(DisputeState.REJECTED, wang, at, "录音里没有"), policy)
    >>> after.state.title, after.pending, after.final, sorted(after.barred)
    ('维持', False, False, ['wang'])
    """
    if answered_by is not None:
        dispute = replace(dispute, barred=dispute.barred | {answered_by})
    words = check_words(move.words)
    if not dispute.pending:
        raise DisputeError("settled", f"{dispute.id} 号申诉已裁定（{dispute.state.title}），不能再改。")
    after = replace(dispute, state=move.state, version=dispute.version + 1)
    match move.state:
        case DisputeState.ANSWERED:
            _check_answer(dispute, move, words)
            return replace(after, due_at=end_of_day(move.at, policy.ruling_days))
        case DisputeState.ASSIGNED:
            _check_assignment(dispute, move, policy)
            to = move.assignee
            return replace(after, assignee=to.id if to else None, due_at=end_of_day(move.at, policy.ruling_days))
        case DisputeState.RETURNED:
            _check_decider(dispute, move.by, policy)
            _check_waiting(dispute, move)
            if not words:
                raise DisputeError("words_missing", "请写明要坐席补充什么。")
            return replace(after, due_at=end_of_day(move.at, policy.answer_days))
        case DisputeState.UPHELD | DisputeState.REJECTED:
            _check_ruling(dispute, move, words, policy)
            again = dispute.round < policy.rounds
            due_at = end_of_day(move.at, policy.window_days) if again else None
            barred = dispute.barred | {move.by.id}
            return replace(after, due_at=due_at, barred=barred, assignee=None, ruled_at=move.at)
        case DisputeState.RAISED:
            raise DisputeError("pending", f"{dispute.id} 号申诉正在处理，不能再提一次。")


def refusal(dispute: Dispute, who: Account, policy: DisputePolicy) -> str:
    """The reason why the account may not decide the dispute in this round, in Chinese; empty where it may.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.access.accounts import Post
    >>> from pipeline.review.disputes.policy import bundled_dispute_policy
    >>> from pipeline.tally import Tally
    >>> at = datetime(2025, 3, 3, 10, tzinfo=UTC)
    >>> about = Subject("C1", "kf01", 1, "A", "1001", None, None, Outcome.NOT_MET, None, Tally(0, 5), at)
    >>> dispute = Dispute(7, about, DisputeState.RAISED, 1, "lin", at, "said", at, barred=frozenset({"wang"}))
    >>> [refusal(dispute, Account(id, id, Post.QA), bundled_dispute_policy()) for id in ("wang", "li")]
    ['被申诉的结果是您自己给出的，或者上一轮由您裁定，请交别人裁定。', '']
    """
    try:
        _check_decider(dispute, who, policy)
    except DisputeError as error:
        return str(error)
    return ""


def check_words(words: str) -> str:
    """The words that somebody wrote, without blanks at their ends.

    Raises
    ------
    DisputeError
        If it is too long.

    Examples
    --------
    >>> check_words(" 请听结尾 ")
    '请听结尾'
    """
    words = words.strip()
    if len(words) > WORDS:
        raise DisputeError("words_too_long", f"说明有 {len(words)} 字，请写在 {WORDS} 字以内。")
    return words


def _check_answer(dispute: Dispute, move: Move, words: str) -> None:
    if move.by.agent_id is None or move.by.agent_id != dispute.subject.agent_id:
        raise DisputeError("not_own", "只有申诉的坐席本人可以补充。")
    if dispute.state is not DisputeState.RETURNED:
        raise DisputeError("wrong_state", f"{dispute.id} 号申诉没有退回，不需要补充。")
    if dispute.due_at is not None and move.at >= dispute.due_at:
        raise DisputeError("window_over", f"补充的期限已于 {shown_end(dispute.due_at)} 截止。")
    if not words:
        raise DisputeError("words_missing", "请写明要补充的内容。")


def _check_assignment(dispute: Dispute, move: Move, policy: DisputePolicy) -> None:
    """Whoever may decide may hand on; so may who gives out work, though barred from deciding."""
    c = dispute.subject
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
    if move.state is DisputeState.REJECTED:
        _check_waiting(dispute, move)
        return
    ruling, c = move.ruling, dispute.subject
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
    if dispute.state is DisputeState.RETURNED and dispute.due_at is not None and move.at < dispute.due_at:
        raise DisputeError("wrong_state", f"已退回坐席补充，{shown_end(dispute.due_at)} 前请等坐席答复。")


def _check_decider(dispute: Dispute, who: Account, policy: DisputePolicy) -> None:
    _check_post(dispute, who, policy)
    if who.id in dispute.barred:
        raise DisputeError("own_answer", "被申诉的结果是您自己给出的，或者上一轮由您裁定，请交别人裁定。")
    if dispute.assignee is not None and dispute.assignee != who.id:
        raise DisputeError("not_theirs", f"已指派给 {dispute.assignee}；要由您裁定，请先改派。")


def _check_post(dispute: Dispute, who: Account, policy: DisputePolicy) -> None:
    c = dispute.subject
    posts = policy.deciders[min(dispute.round, policy.rounds) - 1]
    if not who.active or who.post not in posts or Right.SETTLE not in who.rights:
        named = "、".join(post.title for post in posts)
        raise DisputeError("not_theirs", f"第 {dispute.round} 轮申诉由{named}裁定。")
    if not who.scope.holds(c.agent_id, c.team):
        raise DisputeError("not_theirs", f"{who.name} 不管这名坐席的班组（{c.team or '未知'}）。")
