"""What a verdict needs of these rooms: a call judged again by its own scorecard, and what that does to a month.

Knows how both are made; the desk's pages ask for them through `Desk`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from threading import Lock

from flows.learning.serving import governed, running
from flows.month.monthly import judged_calls_of
from flows.night.judgement import judged
from flows.night.rescore import NUM_EAR_PARTS
from flows.policy.lists import fresh_lists, standard_of
from flows.policy.rules import Rules, load_rules
from flows.settings import Settings
from pipeline.desk.effects import Effect
from pipeline.errors import ConfigurationError, StoreError
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Hearing
from pipeline.indicators import Feeds
from pipeline.month.assessment import ScoredCall
from pipeline.month.assessment.asked import NO_FEEDS, Whose, in_scope
from pipeline.month.assessment.assess import assess_one
from pipeline.review.answers import PersonAnswer
from pipeline.review.overlay import counted_in_month
from pipeline.scorecard import Scorecard
from pipeline.store import Store

MONTHS_KEPT = 64
"""Agents' months of which the calls are kept in memory: some 2 MB each."""


def judged_again(store: Store, settings: Settings) -> Callable[[Hearing], CallResult]:
    """A function that judges a call by its own scorecard, as if it had been heard so: no audio, no model.

    The rules are loaded once, and again when a file or what is registered in the store changes. It raises

    StoreError
        if the store has no judgement of the call;
    PolicyError
        if the call's scorecard is not at hand.
    """
    loaded: dict[tuple[object, ...], Rules] = {}
    one_at_a_time = Lock()

    def rules_of(scorecard: str) -> Rules:
        card, lists = standard_of(scorecard, settings), fresh_lists(settings)
        staged = frozenset((each.criterion, each.version, each.stage) for each in running(store))
        lexicons = (*lists.lexicons, lists.role_wording)
        versions = [*(each.version for each in lexicons), *(each.version for each in lists.rulebooks)]
        key = (card.name, card.digest, *versions, staged, store.demoted())
        with one_at_a_time:
            if key not in loaded:
                loaded[key] = governed(load_rules(card.path, settings), store)
            return loaded[key]

    def judge(hearing: Hearing) -> CallResult:
        before = store.result(hearing.call.id)
        if before is None or before.evaluation is None:
            raise StoreError(f"通话 {hearing.call.id} 没有评分，不能重新评分")
        rules = rules_of(before.evaluation.scorecard)
        heard_by = before.fingerprint.split("|")[:NUM_EAR_PARTS]
        return judged(hearing, rules, "|".join((*heard_by, rules.fingerprint)))

    return judge


def effect_on_month(store: Store, settings: Settings, feeds: Feeds = NO_FEEDS) -> Callable[..., tuple[Effect, ...]]:
    """A function that tells what people's answers on a call do to its agent's month; see `Desk.effect`.

    It tells nothing of a call without agent, month or judgement, or whose scorecard is not at hand. The calls of a
    month are read again only where one of them was judged, answered or corrected since.
    """

    @lru_cache(maxsize=MONTHS_KEPT)
    def calls_of(card: Scorecard, month: str, agent_id: str, _state: object) -> tuple[ScoredCall, ...]:
        return tuple(c for c in judged_calls_of(store, card, month, agent_id) if in_scope(card, c.call, feeds))

    def effect(call_id: str, supposing: Sequence[PersonAnswer] | None = None) -> tuple[Effect, ...]:
        result = store.result(call_id)
        if result is None or result.evaluation is None or result.hearing is None:
            return ()
        call, month = result.call, result.call.month
        if call.agent_id is None or month is None:
            return ()
        try:
            card = standard_of(result.evaluation.scorecard, settings)
            calls = calls_of(card, month, call.agent_id, store.state_of_month(month, call.agent_id))
        except ConfigurationError:  # no such scorecard here, or the month is to be rescored first
            return ()
        stands = store.counting_answers([call_id]).get(call_id, ())
        said: tuple[tuple[PersonAnswer, ...], ...] = ((), stands)
        if supposing is not None:
            items = {(act.scorecard, act.criterion_id) for act in supposing}
            kept = [act for act in stands if (act.scorecard, act.criterion_id) not in items]
            said = (stands, (*kept, *supposing))
        machine = ScoredCall(
            call=call,
            status=result.status,
            reason=result.reason,
            problem=result.problem,
            evaluation=result.evaluation,
            findings=result.findings,
            speed_of_answer=result.hearing.speed_of_answer,
            duration=result.hearing.recording.duration,
        )
        hearing = replace(result.hearing, turns=())
        counted = {
            each: assess_one(
                month,
                card,
                [s if s.call.id != call_id else counted_in_month(machine, hearing, card, each) for s in calls],
                feeds,
                Whose("agent", call.agent_id),
            )
            for each in dict.fromkeys(said)  # the same is not counted twice
        }
        before, after = (counted[each] for each in said)
        return (Effect(card.title, before, after, store.closing(month, card.name) is not None),)

    return effect
