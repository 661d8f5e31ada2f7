"""Stored calls judged again by another scorecard or other lexicons: no audio, no model."""

from __future__ import annotations

from datetime import date

from rich.progress import track

from flows.learning.registry import with_registry
from flows.night.judgement import result_of
from flows.policy.policy import Policy, policy_for
from flows.policy.revisions import check_revision, scorecard_of_month, standard_name
from flows.settings import Settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.store import Store


def rescore_calls(scorecard: str, store_url: str, since: date | None, settings: Settings) -> int:
    """The number of calls judged again; earlier evaluations stay beside the new ones.

    Parameters
    ----------
    since : date | None
        Only calls from this day on, in Asia/Shanghai; None for all.

    Raises
    ------
    ConfigurationError
        If no revision of the scorecard is in force in one of their months.
    """
    num_judged = 0
    with Store.open(store_url, create=False) as store:
        policies = _policies(scorecard, store, since, settings)
        for hearing in track(store.hearings.all(since), description="重新评分", transient=True):
            before = store.calls.get(hearing.call.id)
            if before is None or before.recording is None:
                continue
            policy = policies[hearing.call.month]
            result = result_of(hearing, policy, before.fingerprint.ears)
            if result.evaluation is not None:
                store.calls.save_evaluation(result)
                if store.answers.acts(hearing.call.id):
                    store.queue.relist(hearing.call.id, policy.scorecard)
                num_judged += 1
    return num_judged


def _policies(name: str, store: Store, since: date | None, settings: Settings) -> dict[str | None, Policy]:
    """The policy of each month of which there are calls: the scorecard in the revision of that month."""
    try:
        months = store.hearings.months(since)
        cards = {month: scorecard_of_month(store, name, month, settings) for month in months or (None,)}
    except PolicyError as error:
        raise ConfigurationError(f"{error}；--since 只评这一天以后的通话") from None
    for card in cards.values():
        check_revision(store, card)
    policies = {card.digest: with_registry(policy_for(card, settings), store) for card in cards.values()}
    return {month: policies[card.digest] for month, card in cards.items()}


def gold_agreement(scorecard: str, store_url: str, settings: Settings) -> tuple[int, int]:
    """Number of answers that a person decided on appeal and the machine now gives as ruled, and number of them all.

    Calls that were last judged by another scorecard are left out.
    """
    name = standard_name(scorecard, settings)
    right, ruled = 0, 0
    with Store.open(store_url, create=False) as store:
        for case in store.disputes.gold_cases(name):
            result = store.calls.get(case.call_id)
            if result is None or result.evaluation is None or result.evaluation.scorecard != name:
                continue
            answers = {answer.criterion_id: answer for answer in result.evaluation.answers}
            if answer := answers.get(case.criterion_id):
                ruled += 1
                right += answer.outcome is case.ruling.outcome and case.ruling.level in (None, answer.level)
    return right, ruled
