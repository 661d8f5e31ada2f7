"""Accounts of the review desk: posts, their rights, and the calls that each account sees.

Knows which post has which right; not how somebody signs in (`review`), nor how accounts are kept (`store`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.enums import TitledEnum


class Post(TitledEnum):
    """岗位: the post that an account is for."""

    AGENT = "agent", "坐席"
    TEAM_LEAD = "team_lead", "班组长"
    QA = "qa", "质检员"
    QA_LEAD = "qa_lead", "质检主管"
    DATA_SCIENTIST = "data_scientist", "数据分析"
    ADMIN = "admin", "管理员"

    @property
    def rights(self) -> frozenset[Right]:
        """The rights of an account of this post.

        Examples
        --------
        >>> Right.SIGN in Post.QA_LEAD.rights, Right.LISTEN in Post.ADMIN.rights
        (True, False)
        """
        return _RIGHTS[self]


class Right(StrEnum):
    """A right that a page or an act asks for."""

    SEE_CALLS = "see_calls"  # within the account's scope
    LISTEN = "listen"
    DISPUTE = "dispute"  # raise one about an own call
    REVIEW = "review"  # answer criteria, correct what was heard
    ASSIGN = "assign"  # give work to others, make sampling plans
    SETTLE = "settle"  # decide a dispute in its first round
    SETTLE_FINALLY = "settle_finally"  # and in its last one
    CALIBRATE = "calibrate"  # score blind
    LEAD_CALIBRATION = "lead_calibration"  # deal and close one
    SEE_MONTHS = "see_months"  # within the account's scope
    RATE = "rate"  # give agents within the account's scope values for items of a month
    EDIT_PLANS = "edit_plans"
    COACH = "coach"  # make coaching tasks for agents within the account's scope, and carry them out
    SEE_CHECKS = "see_checks"  # of everybody's month: people against the machine, points against the line
    SIGN = "sign"  # consequences of a month
    SEE_RULES = "see_rules"
    DRAFT_RULES = "draft_rules"
    RELEASE_RULES = "release_rules"  # what somebody else proposed
    SEARCH = "search"
    CLEARANCE = "clearance"  # personal data unmasked
    SEE_AUDIT = "see_audit"
    KEEP_ACCOUNTS = "keep_accounts"


_AGENT = {Right.SEE_CALLS, Right.LISTEN, Right.DISPUTE, Right.SEE_MONTHS, Right.SEE_RULES, Right.CLEARANCE}
_QA = {
    Right.SEE_CALLS,
    Right.LISTEN,
    Right.REVIEW,
    Right.SETTLE,
    Right.CALIBRATE,
    Right.SEE_MONTHS,
    Right.RATE,
    Right.COACH,
    Right.SEE_RULES,
    Right.SEARCH,
    Right.CLEARANCE,
}
_LEAD = {Right.ASSIGN, Right.EDIT_PLANS}

_RIGHTS: dict[Post, frozenset[Right]] = {
    Post.AGENT: frozenset(_AGENT),
    Post.TEAM_LEAD: frozenset(_QA | _LEAD),
    Post.QA: frozenset(_QA | {Right.SEE_CHECKS}),
    Post.QA_LEAD: frozenset(
        _QA
        | _LEAD
        | {
            Right.SETTLE_FINALLY,
            Right.LEAD_CALIBRATION,
            Right.SIGN,
            Right.SEE_CHECKS,
            Right.DRAFT_RULES,
            Right.RELEASE_RULES,
            Right.SEE_AUDIT,
        }
    ),
    Post.DATA_SCIENTIST: frozenset(
        {Right.SEE_CALLS, Right.LISTEN, Right.CALIBRATE, Right.SEE_RULES, Right.DRAFT_RULES, Right.SEARCH}
    ),
    Post.ADMIN: frozenset({Right.SEE_RULES, Right.SEE_AUDIT, Right.KEEP_ACCOUNTS}),
}
"""The rights of each post. An administrator keeps the accounts and hears no call; who judges keeps no accounts."""

ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""The form of an account's id, which stands in the audit log and in addresses."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The calls that may be seen: one agent's, one team's, or, where both are None, everybody's."""

    agent_id: str | None = None
    team: str | None = None

    def holds(self, agent_id: str | None, team: str | None) -> bool:
        """Whether a call of this agent, who was in this team on its day, may be seen.

        Examples
        --------
        >>> Scope(agent_id="1001").holds("1002", "热线一组"), Scope().holds(None, None)
        (False, True)
        """
        if self.agent_id is not None:
            return agent_id == self.agent_id
        return self.team is None or team == self.team


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Parameters
    ----------
    id : str
        The name to sign in with, as `ACCOUNT_ID` has it; it is never given to another person.
    name : str
        The person's name.
    agent_id : str | None
        For post ``agent``: whose calls are the own ones.
    team : str | None
        For post ``team_lead``: the team that is seen.
    active : bool
        Whether the account may sign in.

    Raises
    ------
    ValueError
        In Chinese, if the name cannot be one, or the post lacks whom it is for.
    """

    id: str
    name: str
    post: Post
    agent_id: str | None = None
    team: str | None = None
    active: bool = True
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        if not ACCOUNT_ID.fullmatch(self.id):
            raise ValueError(
                f"账号名 {self.id!r} 不可用：1–64 位字母、数字、点、横线、下划线或 @，以字母或数字开头"
            )
        if not self.name.strip() or len(self.name) > 64:
            raise ValueError(f"账号 {self.id} 须写明姓名，不超过 64 字")
        if (self.post is Post.AGENT) != bool(self.agent_id):
            raise ValueError(f"账号 {self.id}：坐席岗位须写明工号（--agent），其他岗位不写")
        if (self.post is Post.TEAM_LEAD) != bool(self.team):
            raise ValueError(f"账号 {self.id}：班组长岗位须写明班组（--team），其他岗位不写")

    @property
    def rights(self) -> frozenset[Right]:
        """The rights of its post; none for an account that was closed.

        Examples
        --------
        >>> len(Account("li", "李芳", Post.QA).rights), len(Account("li", "李芳", Post.QA, active=False).rights)
        (12, 0)
        """
        return self.post.rights if self.active else frozenset()

    @property
    def scope(self) -> Scope:
        """The calls that it sees: its agent's, its team's, or everybody's.

        Examples
        --------
        >>> Account("lin", "林", Post.AGENT, agent_id="1001").scope
        Scope(agent_id='1001', team=None)
        """
        return Scope(self.agent_id, self.team)
