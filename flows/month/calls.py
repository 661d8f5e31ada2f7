"""The calls of a month as a scorecard judges them, and whether that can be done with what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from rich.console import Console
from rich.progress import track

from flows.policy.policy import covers, search_digest
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Evaluation
from pipeline.findings.finding import FLAG, SHADOW
from pipeline.month.assessment import ScoredCall
from pipeline.review.overlay import overlay_month
from pipeline.review.replay import replay
from pipeline.scorecard import Scorecard, bundled_scorecards
from pipeline.store import Store
from pipeline.validation.learning.registry import Stage

LEAST = 1e-6
"""Points that differ by less are the same."""


def scored_calls(store: Store, card: Scorecard, month: str) -> Iterator[ScoredCall]:
    """Every call of a month as the card judges it: its stored evaluation, or its stored findings judged now.

    What people said of a call stands over either.

    Raises
    ------
    ConfigurationError
        If findings would have to be judged that were made with other lexicons than those of today.
    """
    check = cache(partial(check_search, store, month, card))
    for agent_id in track(
        store.calls.agents(month), description="考核", transient=True, console=Console(stderr=True)
    ):
        yield from _calls_of(store, card, month, agent_id, check)


def scored_calls_of(store: Store, card: Scorecard, month: str, agent_id: str | None) -> tuple[ScoredCall, ...]:
    """An agent's calls of a month as `scored_calls` has them; an agent of None has the calls without one."""
    return tuple(_calls_of(store, card, month, agent_id, partial(check_search, store, month, card)))


def _calls_of(
    store: Store, card: Scorecard, month: str, agent_id: str | None, check: Callable[[], None]
) -> Iterator[ScoredCall]:
    calls = tuple(store.calls.scored(month, card.name, card.revision, agent_id))
    stake = {asked.criterion.id: asked.stake for asked in card.call_criteria}
    others = {
        s.call.id: s.evaluation for s in calls if s.evaluation is not None and not _is_by(s.evaluation, card, stake)
    }
    if others:
        check()
    answers = store.answers.standing_of_month(month, agent_id)
    hearings = store.calls.replay(month, agent_id) if others else ()
    current = {
        hearing.call.id: replay(
            hearing, findings, card, others[hearing.call.id].lexicons, answers.get(hearing.call.id, ())
        )
        for hearing, findings in hearings
        if hearing.call.id in others
    }
    by_people = {s.call.id: s for s in calls if s.call.id in answers and s.call.id not in current and s.answers}
    for call_id, hearing in store.hearings.without_turns(list(by_people)).items():
        current[call_id] = overlay_month(by_people[call_id], hearing, card, answers[call_id])
    yield from (current.get(scored.call.id, scored) for scored in calls)


def check_search(store: Store, month: str, card: Scorecard) -> None:
    """Refuse to judge stored findings by rules that may ask for phrases which nobody listened for.

    Raises
    ------
    ConfigurationError
        If some calls of the month were searched with other lexicons than those of today.
    """
    wanted = search_digest(card, load_settings(), store)
    if not all(covers(searched, wanted) for searched in store.evaluations.lexicons(month)):
        raise ConfigurationError(
            f"some calls of {month} were searched with other phrase lists, rules, classifiers or demotions, or "
            f"another CALLQA_COMPANIES, than now: run `callqa rescore --scorecard {_as_option(card)}` first"
        )


def check_demotions(store: Store, month: str, card: Scorecard) -> None:
    """Refuse to close a month in which something still costs or gives points that was demoted since.

    Raises
    ------
    ConfigurationError
        Naming what it is, and how the calls are judged again.
    """
    demoted = store.demotions.terms()
    stages = {each.version: each.stage for each in store.classifiers.versions()}
    counting = {
        f"{detector}/{term}"
        for detector, term, version in store.evaluations.terms(month)
        if (stages[version] is Stage.FLAG if version in stages else (detector, term) in demoted)
        and detector not in (FLAG, SHADOW)
    }
    if counting:
        raise ConfigurationError(
            f"{month} 的评分仍计入已降级的 {'、'.join(sorted(counting))}，不能关账；"
            f"请先重新评分：callqa rescore --scorecard {_as_option(card)}"
        )


def _as_option(card: Scorecard) -> str:
    """The scorecard as it is named on the command line: by its name, or by its file."""
    return card.name if card.name in bundled_scorecards() or not card.path else str(card.path)


def _is_by(evaluation: Evaluation, card: Scorecard, stake: Mapping[str, float]) -> bool:
    """Whether a scorecard as it is now made the evaluation: a file may have been edited under the same revision.

    Parameters
    ----------
    stake : mapping
        The points that a call can have of each criterion, in the card's order.
    """
    if (evaluation.scorecard, evaluation.revision) != (card.name, card.revision):
        return False
    answers = evaluation.answers
    return not answers or (
        [answer.criterion_id for answer in answers] == list(stake)
        and all(abs(a.tally.possible - stake[a.criterion_id]) < LEAST for a in answers if a.tally.possible)
    )
