"""Who may do what at the review desk: posts, their rights, and how far each account sees.

Knows which post has which right; not how somebody signs in (`review`), nor how accounts are kept (`store`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Post(StrEnum):
    """岗位: what an account is for."""

    AGENT = "agent"
    TEAM_LEAD = "team_lead"
    QA = "qa"
    QA_LEAD = "qa_lead"
    DATA_SCIENTIST = "data_scientist"
    ADMIN = "admin"


POSTS = {
    Post.AGENT: "坐席",
    Post.TEAM_LEAD: "班组长",
    Post.QA: "质检员",
    Post.QA_LEAD: "质检主管",
    Post.DATA_SCIENTIST: "数据分析",
    Post.ADMIN: "管理员",
}
"""How each post is shown."""


class Right(StrEnum):
    """What a page or an act asks for."""

    SEE_CALLS = "see_calls"  # within the account's scope
    LISTEN = "listen"
    DISPUTE = "dispute"  # raise one about an own call
    REVIEW = "review"  # answer items, correct what was heard
    ASSIGN = "assign"  # give work to others, make sampling plans
    SETTLE = "settle"  # decide a dispute in its first round
    SETTLE_FINALLY = "settle_finally"  # and in its last one
    CALIBRATE = "calibrate"  # score blind
    LEAD_CALIBRATION = "lead_calibration"  # deal and close one
    SEE_MONTHS = "see_months"  # within the account's scope
    EDIT_PLANS = "edit_plans"
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
    Right.SEE_RULES,
    Right.SEARCH,
    Right.CLEARANCE,
}
_LEAD = {Right.ASSIGN, Right.EDIT_PLANS}

RIGHTS: dict[Post, frozenset[Right]] = {
    Post.AGENT: frozenset(_AGENT),
    Post.TEAM_LEAD: frozenset(_QA | _LEAD),
    Post.QA: frozenset(_QA),
    Post.QA_LEAD: frozenset(
        _QA
        | _LEAD
        | {
            Right.SETTLE_FINALLY,
            Right.LEAD_CALIBRATION,
            Right.SIGN,
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
"""What an account may be called: it stands in the audit log and in addresses."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls may be seen: one agent's, one team's, or, where both are None, everybody's."""

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
        """What the post may do; nothing for an account that was closed."""
        return RIGHTS[self.post] if self.active else frozenset()

    @property
    def scope(self) -> Scope:
        """Whose calls it sees."""
        return Scope(self.agent_id, self.team)
