"""The calls of a month as a scorecard judges them, and whether that can be done with what is stored."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from rich.console import Console
from rich.progress import track

from flows.policy.claims import counts_for, lines_in_force, settings_for
from flows.policy.policy import covers, search_digest
from flows.settings import load_settings
from pipeline.call import Call
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.fingerprint import judged_as
from pipeline.findings.finding import FLAG, JUDGE, SHADOW
from pipeline.indicators import Feeds
from pipeline.indicators.roster import Roster
from pipeline.month.assessment import ScoredCall
from pipeline.month.assessment.month_card import NO_FEEDS
from pipeline.review.overlay import overlay_month
from pipeline.review.replay import replay
from pipeline.scorecard import Scorecard, bundled_scorecards
from pipeline.store import Store
from pipeline.validation.learning.registry import Stage

LEAST = 1e-6
"""Points that differ by less are the same."""


def scored_calls(store: Store, card: Scorecard, month: str, feeds: Feeds = NO_FEEDS) -> Iterator[ScoredCall]:
    """Every call of a month that counts by the card, as the card judges it: its stored evaluation, or its findings.

    What people said of a call stands over either.

    Parameters
    ----------
    feeds : Feeds
        Their roster tells in which team an agent was.

    Raises
    ------
    ConfigurationError
        If findings would have to be judged that were made with other lexicons than those of today.
    """
    ours = Ours.of(store, card, feeds)
    for agent_id in track(
        store.calls.agents(month), description="考核", transient=True, console=Console(stderr=True)
    ):
        yield from _calls_of(store, ours, month, agent_id)


def scored_calls_of(
    store: Store, card: Scorecard, month: str, agent_id: str | None, feeds: Feeds = NO_FEEDS
) -> tuple[ScoredCall, ...]:
    """An agent's calls of a month as `scored_calls` has them; an agent of None has the calls without one."""
    return tuple(_calls_of(store, Ours.of(store, card, feeds), month, agent_id))


@dataclass(frozen=True)
class Ours:
    """A scorecard, which calls count by it, and the digest of what each of them is to be searched for.

    `edited` tells of a month the calls that were judged by another content under the same revision.
    """

    card: Scorecard
    counts: Callable[[Call], bool]
    wanted: Callable[[Call], str]
    edited: Callable[[str], Container[str]]

    @staticmethod
    def of(store: Store, card: Scorecard, feeds: Feeds) -> Ours:
        """The same of a store and feeds, by the settings of the deployment."""
        settings = load_settings()
        roster = Roster.of_rows(feeds.memberships or store.roster.memberships())
        digest = cache(lambda own: search_digest(card, own, store))
        return Ours(
            card,
            counts_for(card, settings, feeds, store),
            lambda call: digest(settings_for(call, card, settings, roster)),
            cache(lambda month: store.calls.edited(judged_as(card), month)),
        )


def _calls_of(store: Store, ours: Ours, month: str, agent_id: str | None) -> Iterator[ScoredCall]:
    card = ours.card
    every = store.calls.scored(month, card.name, card.revision, agent_id)
    calls = tuple(each for each in every if ours.counts(each.call))
    stake = {asked.criterion.id: asked.stake for asked in card.call_criteria}
    others = {
        s.call.id: s.evaluation
        for s in calls
        if s.evaluation is not None and (s.call.id in ours.edited(month) or not _is_by(s.evaluation, card, stake))
    }
    for each in calls:
        if each.call.id in others and not covers(others[each.call.id].lexicons, ours.wanted(each.call)):
            raise ConfigurationError(_stale(month, card))
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


def edited_sentence(store: Store, card: Scorecard, month: str | None = None) -> str:
    """That calls were judged by another content under the same revision, and what to do; empty where none was."""
    found = store.calls.edited(judged_as(card), month)
    if not found:
        return ""
    months = "、".join(sorted({each or "无日期" for each in found.values()}))
    return (
        f"提示 {card.name} 第{card.revision}版的内容和评这些通话时不同，版本号却没有变：{months} 有 {len(found)} 通"
        "仍是按改动前的内容评的。要都按现在的内容评，请重新评分："
        f"callqa rescore --standard {_as_option(card)}；"
        f"如果两种算法都要留，请恢复原文件，把新内容另存为第{card.revision + 1}版并写明 effective_from"
    )


def check_search(store: Store, month: str, card: Scorecard) -> None:
    """Refuse to judge all stored findings by rules that may ask for phrases which nobody listened for.

    Raises
    ------
    ConfigurationError
        If some calls of the month were searched with other lexicons than those of today, of whatever line.
    """
    settings = load_settings()
    every = {settings, *(line.settings for line in lines_in_force(settings).lines)}
    wanted = [search_digest(card, own, store) for own in every]
    searched = store.evaluations.lexicons(month)
    if not all(any(covers(each, digest) for digest in wanted) for each in searched):
        raise ConfigurationError(_stale(month, card))


def _stale(month: str, card: Scorecard) -> str:
    return (
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
        and detector not in (FLAG, JUDGE, SHADOW)
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
        and all(_may_have(answer, stake[answer.criterion_id]) for answer in answers if answer.tally.possible)
    )


def _may_have(answer: Answer, stake: float) -> bool:
    """Whether a criterion with these points can have given an answer; what nobody can make out counts nowhere."""
    left_out = any(item.outcome is Outcome.UNSURE for item in answer.items)
    return answer.tally.possible - stake < LEAST if left_out else abs(answer.tally.possible - stake) < LEAST
