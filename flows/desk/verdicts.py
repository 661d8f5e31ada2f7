"""A call judged again by its own scorecard after a person's word, and the effect of that word on a month.

Knows how both are made; the desk's pages ask for them through `Desk`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from threading import Lock

from flows.learning.registry import with_registry
from flows.month.calls import scored_calls_of
from flows.night.judgement import result_of
from flows.policy.claims import settings_for
from flows.policy.library import fresh_library
from flows.policy.policy import Policy, policy_for
from flows.policy.revisions import scorecard_of_month
from flows.settings import Settings
from pipeline.call import Call
from pipeline.desk.desk import Effect
from pipeline.errors import ConfigurationError, StoreError
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Hearing
from pipeline.indicators import Feeds
from pipeline.indicators.roster import Roster
from pipeline.month.assessment import ScoredCall
from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
from pipeline.month.assessment.months import assess_one
from pipeline.month.ratings import with_ratings
from pipeline.review.answers import PersonAnswer
from pipeline.review.overlay import overlay_month
from pipeline.scorecard import Scorecard
from pipeline.store import Store

MONTHS_KEPT = 64
"""Agents' months of which the calls are kept in memory: some 2 MB each."""


def judge_of(store: Store, settings: Settings) -> Callable[[Hearing], CallResult]:
    """A function that judges a call by its own scorecard, as if it had been heard so: no audio, no model.

    Of the scorecard it takes the revision of the call's month.
    The policy is loaded once, and again when a file or what is registered in the store changes. It raises

    StoreError
        if the store has no judgement of the call;
    PolicyError
        if the call's scorecard is not at hand.
    """
    policies: dict[tuple[object, ...], Policy] = {}
    one_at_a_time = Lock()

    def policy_in_force(scorecard: str, call: Call) -> Policy:
        card = scorecard_of_month(store, scorecard, call.month, settings)
        own = settings_for(call, card, settings, Roster.of_rows(store.roster.memberships()))
        library = fresh_library(own)
        stages = frozenset((each.criterion, each.version, each.stage) for each in store.classifiers.versions())
        lexicons = (*library.lexicons, library.role_wording)
        versions = [*(each.version for each in lexicons), *(each.version for each in library.rulebooks)]
        key = (card.name, card.digest, own.companies, *versions, stages, store.demotions.terms())
        with one_at_a_time:
            if key not in policies:
                policies[key] = with_registry(policy_for(card, own), store)
            return policies[key]

    def judge(hearing: Hearing) -> CallResult:
        before = store.calls.get(hearing.call.id)
        if before is None or before.evaluation is None:
            raise StoreError(f"通话 {hearing.call.id} 没有评分，不能重新评分")
        policy = policy_in_force(before.evaluation.scorecard, hearing.call)
        return result_of(hearing, policy, before.fingerprint.ears)

    return judge


def effect_on_month(store: Store, settings: Settings, feeds: Feeds = NO_FEEDS) -> Callable[..., tuple[Effect, ...]]:
    """A function that tells what people's answers on a call do to its agent's month; see `Desk.effect`.

    It tells nothing of a call without agent, month or judgement, or whose scorecard is not at hand. The calls of a
    month are read again only where one of them was judged, answered or corrected since.
    """

    @lru_cache(maxsize=MONTHS_KEPT)
    def calls_of(card: Scorecard, month: str, agent_id: str, _state: object) -> tuple[ScoredCall, ...]:
        return scored_calls_of(store, card, month, agent_id, feeds)

    def effect(call_id: str, supposing: Sequence[PersonAnswer] | None = None) -> tuple[Effect, ...]:
        result = store.calls.get(call_id)
        if result is None or result.evaluation is None or result.hearing is None:
            return ()
        call, month = result.call, result.call.month
        if call.agent_id is None or month is None:
            return ()
        try:
            card = scorecard_of_month(store, result.evaluation.scorecard, month, settings)
            calls = calls_of(card, month, call.agent_id, store.calls.state(month, call.agent_id))
        except ConfigurationError:  # no such scorecard here, or the month is to be rescored first
            return ()
        before, after = _compared(store.answers.standing([call_id]).get(call_id, ()), supposing)
        given = with_ratings(feeds, card, month, store.ratings.of_month(month, card.name))
        machine, hearing = _scored(result, result.hearing), replace(result.hearing, turns=())
        months = {
            answers: assess_one(
                month,
                card,
                [s if s.call.id != call_id else overlay_month(machine, hearing, card, answers) for s in calls],
                given,
                Assessee("agent", call.agent_id),
            )
            for answers in dict.fromkeys((before, after))  # the same is not assessed twice
        }
        closed = store.months.closing(month, card.name) is not None
        return (Effect(card.title, months[before], months[after], closed),)

    return effect


def _compared(
    standing: tuple[PersonAnswer, ...], supposing: Sequence[PersonAnswer] | None
) -> tuple[tuple[PersonAnswer, ...], tuple[PersonAnswer, ...]]:
    """Answers before and after: none and those that stand, or those that stand and those with the supposed ones."""
    if supposing is None:
        return (), standing
    criteria = {(act.scorecard, act.criterion_id) for act in supposing}
    others = [act for act in standing if (act.scorecard, act.criterion_id) not in criteria]
    return standing, (*others, *supposing)


def _scored(result: CallResult, hearing: Hearing) -> ScoredCall:
    """A call as the machine judged it."""
    return ScoredCall(
        call=result.call,
        status=result.status,
        reason=result.reason,
        problem=result.problem,
        evaluation=result.evaluation,
        findings=result.findings,
        speed_of_answer=hearing.speed_of_answer,
        duration=hearing.recording.duration,
    )
