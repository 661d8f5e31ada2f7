"""The policy of disputes: windows, rounds, who decides and which reasons there are; and when a day ends.

Knows the figures of `disputes.yaml` and how a deadline is counted; what they mean for a dispute is in `moves`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.access.accounts import Post
from pipeline.call import SHANGHAI
from pipeline.errors import DisputeError
from pipeline.policy.load import load_policy


class Ground(BaseModel):
    """A reason that an agent may choose; with `words`, only together with words of the agent's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
    title: Annotated[str, Field(min_length=1, max_length=40)]
    words: bool = False


class DisputePolicy(BaseModel):
    """The policy by which disputes are settled.

    Parameters
    ----------
    window_days : int
        For how many days an answer may be contested: see `end_of_day`.
    rounds : int
        How often one answer may be contested; the ruling of the last round is final.
    answer_days, ruling_days : int
        How long an agent has to say more, and a decider to decide.
    deciders : tuple of tuples of Post
        Who decides, by round.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    window_days: Annotated[int, Field(ge=1, le=365)]
    rounds: Annotated[int, Field(ge=1, le=5)]
    answer_days: Annotated[int, Field(ge=1, le=60)]
    ruling_days: Annotated[int, Field(ge=1, le=60)]
    deciders: tuple[Annotated[tuple[Post, ...], Field(min_length=1)], ...]
    reasons: Annotated[tuple[Ground, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> DisputePolicy:
        if len(self.deciders) != self.rounds:
            raise ValueError(f"deciders names {len(self.deciders)} rounds, and there are {self.rounds}")
        if Post.AGENT in {post for posts in self.deciders for post in posts}:
            raise ValueError("deciders: an agent decides no dispute")
        ids = [reason.id for reason in self.reasons]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"reason {', '.join(twice)} stands twice")
        return self

    def reason(self, id: str) -> Ground:
        """The reason of that id.

        Raises
        ------
        DisputeError
            If there is none.

        Examples
        --------
        >>> bundled_dispute_policy().reason("said").words
        False
        """
        found = next((reason for reason in self.reasons if reason.id == id), None)
        if found is None:
            raise DisputeError("unknown_reason", f"没有“{id[:32]}”这条申诉理由，请从列表中选一条。")
        return found


def load_dispute_policy(path: Traversable | Path, window_days: int | None = None) -> DisputePolicy:
    """A file of policy, with another window where a deployment chose one.

    Raises
    ------
    PolicyError
        With file and line.
    """
    policy, _ = load_policy(path, DisputePolicy)
    return policy if window_days is None else policy.model_copy(update={"window_days": window_days})


@cache
def bundled_dispute_policy(window_days: int | None = None) -> DisputePolicy:
    """The policy that comes with callqa."""
    return load_dispute_policy(files("pipeline.policy") / "disputes.yaml", window_days)


def end_of_day(at: datetime, days: int) -> datetime:
    """The instant, in UTC, at which the day ends that comes so many days after `at`; days are cut in Asia/Shanghai.

    Examples
    --------
    >>> end_of_day(datetime(2025, 2, 25, 16, 30, tzinfo=UTC), 7)  # 26 February, 00:30 in Shanghai
    datetime.datetime(2025, 3, 5, 16, 0, tzinfo=datetime.timezone.utc)
    """
    last = at.astimezone(SHANGHAI).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)


def shown_end(instant: datetime) -> str:
    """A deadline as `end_of_day` makes them, as people read it: the day that ends there.

    Examples
    --------
    >>> shown_end(datetime(2025, 3, 5, 16, tzinfo=UTC))
    '2025-03-05 24:00（北京时间）'
    """
    return f"{last_day(instant)} 24:00（北京时间）"


def last_day(instant: datetime) -> date:
    """The day that ends with a deadline, in Asia/Shanghai.

    Examples
    --------
    >>> last_day(datetime(2025, 3, 5, 16, tzinfo=UTC))
    datetime.date(2025, 3, 5)
    """
    return (instant - timedelta(microseconds=1)).astimezone(SHANGHAI).date()
