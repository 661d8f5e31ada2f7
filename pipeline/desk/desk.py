"""What the pages work with: the store, and what only the rooms above can do, handed in as functions.

Knows which functions there are; `flows.desk.server` fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from pipeline.desk.effects import Effect
from pipeline.desk.oidc import Provider
from pipeline.desk.openings import Openings
from pipeline.desk.ports import MonthPort, RulesPort
from pipeline.errors import ConfigurationError
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Hearing
from pipeline.hearing.playback import BrowserCopies
from pipeline.hearing.privacy import Open, Privacy
from pipeline.review.answers import PersonAnswer
from pipeline.review.disputes.policy import DisputePolicy, bundled_dispute_policy
from pipeline.scorecard import Scorecard, find_scorecard
from pipeline.store import Store

_shipped = cache(find_scorecard)  # read once for each server


def _now() -> datetime:
    return datetime.now(UTC)


def no_judge(hearing: Hearing) -> CallResult:
    """Stands where nobody can judge a call again.

    Raises
    ------
    ConfigurationError
        Always.
    """
    raise ConfigurationError(f"通话 {hearing.call.id} 不能重新评分：本复核台没有载入评分规则")


def no_effect(call_id: str, supposing: Sequence[PersonAnswer] | None = None) -> tuple[Effect, ...]:  # noqa: ARG001
    """Stands where no month can be computed: nothing is told."""
    return ()


@dataclass(frozen=True)
class Desk:
    """One review desk.

    Parameters
    ----------
    store : Store
        Shared by the threads of the server.
    lasts, idle : timedelta
        After which a session ends: since signing in, and since its last use.
    judge : callable
        A call as it would be judged by its own scorecard if it had been heard so.
    effect : callable
        What people's answers on a call do to its agent's month: without them and with them; or, supposing others,
        as it stands and with those.
    card : callable
        The scorecard of a name that is in force; raises PolicyError if it is not at hand.
    provider : Provider | None
        Where people may sign in besides; None where accounts are local only.
    copies : BrowserCopies | None
        What browsers play; None where the desk cannot reach the recordings.
    privacy : Privacy
        What is masked for accounts without clearance.
    openings : Openings
        Who opened which recording lately.
    dispute_policy : DisputePolicy
        Windows, rounds and deciders of disputes.
    now : callable
        The clock by which windows are held.
    months, rules : MonthPort, RulesPort | None
        None where the rooms above gave none; their pages then say so.
    """

    store: Store
    lasts: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)
    judge: Callable[[Hearing], CallResult] = no_judge
    effect: Callable[..., tuple[Effect, ...]] = no_effect
    card: Callable[[str], Scorecard] = _shipped
    provider: Provider | None = None
    copies: BrowserCopies | None = None
    privacy: Privacy = field(default_factory=Open)
    openings: Openings = field(default_factory=Openings)
    dispute_policy: DisputePolicy = field(default_factory=bundled_dispute_policy)
    now: Callable[[], datetime] = _now
    months: MonthPort | None = None
    rules: RulesPort | None = None
