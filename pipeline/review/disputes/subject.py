"""The subject of a dispute: an answer as it counts, who gave it, and since when the agent can see it.

Knows answers; not what becomes of a dispute (`dispute`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import DisputeError
from pipeline.evaluation import Evaluation, Outcome
from pipeline.review.answers import Occasion, PersonAnswer, last_acts
from pipeline.review.disputes.policy import DisputePolicy, end_of_day
from pipeline.tally import Tally


@dataclass(frozen=True, slots=True)
class Subject:
    """An answer as it counts now, and what is needed to contest it.

    Parameters
    ----------
    revision : int
        Of the scorecard.
    agent_id, team, month : str | None
        Whose call it is; the agent's team on its day; the month for which it counts.
    answered_by : str | None
        The person who gave the answer; None for the machine's.
    seen_at : datetime
        Since when the agent can see the answer: when the call was judged, or when the last person answered.
    answered_at : datetime | None
        When a person answered last, outside of a dispute.
    """

    call_id: str
    scorecard: str
    revision: int
    criterion_id: str
    agent_id: str | None
    team: str | None
    month: str | None
    outcome: Outcome
    level: str | None
    tally: Tally
    seen_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None

    def ends_at(self, policy: DisputePolicy) -> datetime:
        """The instant until which the answer can be contested.

        Examples
        --------
        >>> from datetime import UTC
        >>> from pipeline.review.disputes.policy import bundled_dispute_policy
        >>> at = datetime(2025, 3, 3, 10, tzinfo=UTC)
        >>> about = Subject("C1", "kf01", 1, "A", "1001", None, None, Outcome.NOT_MET, None, Tally(0, 5), at)
        >>> about.ends_at(bundled_dispute_policy()).isoformat()
        '2025-03-10T16:00:00+00:00'
        """
        return end_of_day(self.seen_at, policy.window_days)


def subject_of(
    evaluation: Evaluation,
    criterion_id: str,
    acts: Sequence[PersonAnswer],
    judged_at: datetime,
    team: str | None,
    month: str | None,
    suspicions: Collection[str] = (),
) -> Subject:
    """The subject of a dispute about a criterion of a call.

    Parameters
    ----------
    evaluation : Evaluation
        The call as it counts, people's answers in it.
    acts : sequence of PersonAnswer
        All that people said of the call, in the order of their ids, what was undone too.
    judged_at : datetime
        When the machine judged the call.
    suspicions : collection of str
        The suspicions that bear on the criterion, as acts call them: a word on one answers the criterion, too,
        unless somebody answered it outright.

    Raises
    ------
    DisputeError
        If the call has no answer to such a criterion.

    Examples
    --------
    >>> from datetime import UTC
    >>> from types import SimpleNamespace
    >>> from pipeline.evaluation import Answer
    >>> at, answer = datetime(2025, 3, 3, tzinfo=UTC), Answer("A", Outcome.NOT_MET, None, Tally(0, 5), (), ())
    >>> call = SimpleNamespace(answers=(answer,), scorecard="kf01", revision=1, call_id="C1", agent_id="1001")
    >>> about = subject_of(call, "A", (), at, team=None, month="2025-03")
    >>> about.outcome.title, about.tally, about.answered_by
    ('不符合', Tally(awarded=0, possible=5), None)
    """
    answer = next((each for each in evaluation.answers if each.criterion_id == criterion_id), None)
    if answer is None:
        raise DisputeError("unknown_item", f"这通电话没有评分项 {criterion_id[:64]}。")
    own = [act for act in acts if (act.scorecard, act.criterion_id) == (evaluation.scorecard, criterion_id)]
    own += [act for act in acts if not act.scorecard and act.criterion_id in suspicions]
    counts = max(last_acts(own).values(), key=lambda act: (bool(act.scorecard), act.id), default=None)
    reviewed = [act.at for act in own if act.source is not Occasion.DISPUTE]
    return Subject(
        call_id=evaluation.call_id,
        scorecard=evaluation.scorecard,
        revision=evaluation.revision,
        criterion_id=criterion_id,
        agent_id=evaluation.agent_id,
        team=team,
        month=month,
        outcome=answer.outcome,
        level=answer.level,
        tally=answer.tally,
        seen_at=max((judged_at, *(act.at for act in own))),
        answered_by=counts.by if counts else None,
        answered_at=max(reviewed, default=None),
    )
