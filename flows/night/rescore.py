"""Stored calls judged again by another scorecard or other phrase lists: no audio, no model."""

from __future__ import annotations

from datetime import date

from rich.progress import track

from flows.learning.serving import governed
from flows.night.judgement import judged
from flows.policy.lists import standard_of
from flows.policy.rules import load_rules
from flows.settings import Settings
from pipeline.store import Store


def rescore_calls(scorecard: str, store_url: str, since: date | None, settings: Settings) -> int:
    """How many calls were judged again; earlier evaluations stay beside the new ones.

    Parameters
    ----------
    since : date | None
        Only calls from this day on, in Asia/Shanghai; None for all.
    """
    rules = load_rules(scorecard, settings)
    num_judged = 0
    with Store.open(store_url, create=False) as store:
        rules = governed(rules, store)
        for hearing in track(store.hearings(since), description="重新评分", transient=True):
            before = store.result(hearing.call.id)
            if before is None or before.recording is None:
                continue
            heard_by = before.fingerprint.split("|")[:NUM_EAR_PARTS]
            result = judged(hearing, rules, "|".join((*heard_by, rules.fingerprint)))
            if result.evaluation is not None:
                store.save_evaluation(result)
                if store.answers_on(hearing.call.id):
                    store.relist(hearing.call.id, rules.scorecard)
                num_judged += 1
    return num_judged


def gold_agreement(scorecard: str, store_url: str, settings: Settings) -> tuple[int, int]:
    """How many items that a person decided on appeal the machine now answers as ruled, and how many there are.

    Calls that were last judged by another scorecard are left out.
    """
    name = standard_of(scorecard, settings).name
    right, ruled = 0, 0
    with Store.open(store_url, create=False) as store:
        for case in store.gold_cases(name):
            result = store.result(case.call_id)
            if result is None or result.evaluation is None or result.evaluation.scorecard != name:
                continue
            answers = {answer.criterion_id: answer for answer in result.evaluation.answers}
            if answer := answers.get(case.criterion_id):
                ruled += 1
                right += answer.outcome is case.ruling.outcome and case.ruling.level in (None, answer.level)
    return right, ruled


NUM_EAR_PARTS = 4  # of a fingerprint: models and settings come first, see `models.ears.Ears.fingerprint`
