"""Stored calls judged again by another scorecard or other lexicons: no audio, no model."""

from __future__ import annotations

from datetime import date

from rich.progress import track

from flows.learning.registry import with_registry
from flows.night.judgement import result_of
from flows.policy.library import scorecard_of
from flows.policy.policy import policy_of
from flows.settings import Settings
from pipeline.store import Store


def rescore_calls(scorecard: str, store_url: str, since: date | None, settings: Settings) -> int:
    """The number of calls judged again; earlier evaluations stay beside the new ones.

    Parameters
    ----------
    since : date | None
        Only calls from this day on, in Asia/Shanghai; None for all.
    """
    policy = policy_of(scorecard, settings)
    num_judged = 0
    with Store.open(store_url, create=False) as store:
        policy = with_registry(policy, store)
        for hearing in track(store.hearings.all(since), description="重新评分", transient=True):
            before = store.calls.get(hearing.call.id)
            if before is None or before.recording is None:
                continue
            result = result_of(hearing, policy, before.fingerprint.ears)
            if result.evaluation is not None:
                store.calls.save_evaluation(result)
                if store.answers.acts(hearing.call.id):
                    store.queue.relist(hearing.call.id, policy.scorecard)
                num_judged += 1
    return num_judged


def gold_agreement(scorecard: str, store_url: str, settings: Settings) -> tuple[int, int]:
    """Number of answers that a person decided on appeal and the machine now gives as ruled, and number of them all.

    Calls that were last judged by another scorecard are left out.
    """
    name = scorecard_of(scorecard, settings).name
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
