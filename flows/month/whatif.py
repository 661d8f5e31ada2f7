"""What if another standard were in force: a month's stored findings judged by both, and who changes.

Knows how the work is shared out: an agent is a shard, so no process holds more than one agent's calls.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, TypeAlias

from flows.month.monthly import check_search, checked
from flows.policy.standards import checked_standard
from pipeline.errors import ConfigurationError
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.indicators import Feeds
from pipeline.month.assessment import AgentMonth, ScoredCall
from pipeline.month.assessment.asked import Whose, in_scope
from pipeline.month.assessment.assess import assess_one, known_agents
from pipeline.month.assessment.comparison import Difference, compare
from pipeline.month.ledger import Entry, propose
from pipeline.review.answers import PersonAnswer
from pipeline.review.replay import replayed
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint import refuse
from pipeline.store import Store

PROCESSES = 2
FEW = 4
"""Agents for whom no process is begun."""
_Given: TypeAlias = tuple[str, str, tuple[Scorecard, ...], Path | None]
_Shards: TypeAlias = Callable[[Sequence[str]], Iterator[tuple[AgentMonth | None, AgentMonth | None]]]


def what_if(
    store_url: str,
    month: str,
    standard: str,
    against: str,
    feeds: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    start: Literal["fork", "spawn"] = "fork",
) -> tuple[Difference, ...]:
    """Every agent's month under the standard in force and under the one that is tried; nothing is kept.

    Parameters
    ----------
    standard, against : str
        What is tried, and what is in force: names of shipped standards, or files.
    progress : callable
        Told how many agents of how many are done.
    start : str
        How processes begin: a service has threads, with which ``fork`` may hang.

    Raises
    ------
    PolicyError
        If one of the two has an error.
    ConfigurationError
        If there is nothing of the month.
    """
    checked_ones = tuple(checked_standard(name) for name in (against, standard))
    for card, notices in checked_ones:
        refuse(card, notices)
    cards = tuple(card for card, _ in checked_ones)
    given = Feeds.read(feeds)
    with Store.open(store_url, create=False) as store:
        known = {agent for agent in store.agents_of(checked(month)) if agent is not None}
        agents = sorted(known.union(*(known_agents(month, card, given) for card in cards)))
        history = store.standing_months(cards[0].name)
        ledger = store.ledger(cards[0].name)
        for card in cards:
            check_search(store, month, card)
    if not agents:
        raise ConfigurationError(f"the store holds no calls of {month}, and no feed tells of it")
    before: list[AgentMonth] = []
    after: list[AgentMonth] = []
    with _workers(len(agents), start, (store_url, month, cards, feeds)) as work:
        for done, (was, becomes) in enumerate(work(agents), 1):
            before += [was] if was else []
            after += [becomes] if becomes else []
            progress(done, len(agents))
    earlier = [row for row in history if row.month < month]
    titles = (
        _titles(cards[0], [*earlier, *before], ledger, month),
        _titles(cards[1], [*_as_if(cards[1], earlier), *after], ledger, month),
    )
    return tuple(compare((cards[0], cards[1]), before, after, titles))


@dataclass(frozen=True, slots=True)
class _Work:
    """What a process needs for every shard; made once in each."""

    store: Store
    month: str
    cards: tuple[Scorecard, ...]
    feeds: Feeds


_work: _Work | None = None


@contextmanager
def _workers(num_agents: int, start: str, given: _Given) -> Iterator[_Shards]:
    """What judges the agents' months: processes, or, for a few agents, this one, which is sooner done."""
    if num_agents > FEW:
        chunk = max(1, num_agents // (8 * PROCESSES))
        with ProcessPoolExecutor(PROCESSES, get_context(start), _prepare, given) as pool:
            yield partial(pool.map, _months_of, chunksize=chunk)
        return
    global _work  # noqa: PLW0603  as in a process of its own
    url, month, cards, feeds = given
    with Store.open(url, create=False) as store:
        _work = _Work(store, month, cards, Feeds.read(feeds))
        try:
            yield partial(map, _months_of)
        finally:
            _work = None


def _prepare(store_url: str, month: str, cards: tuple[Scorecard, ...], feeds: Path | None) -> None:
    global _work  # noqa: PLW0603  an initializer has no other way to hand something to its process
    gc.set_threshold(200_000)  # an agent's calls hold no cycles; looking for some takes a third of the time
    _work = _Work(Store.open(store_url, create=False), month, cards, Feeds.read(feeds))


def _months_of(agent_id: str) -> tuple[AgentMonth | None, AgentMonth | None]:
    """One agent's month by each card, from what is stored of the agent's calls."""
    if _work is None:
        raise RuntimeError("the process was not prepared")
    month, cards, feeds = _work.month, _work.cards, _work.feeds
    heard = list(_work.store.heard_findings(month, agent_id))
    unjudged = _work.store.unjudged_calls(month, agent_id)
    said = _work.store.counting_of_month(month, agent_id)
    was, becomes = (_month_by(card, month, agent_id, heard, unjudged, feeds, said) for card in cards)
    return was, becomes


def _month_by(
    card: Scorecard,
    month: str,
    agent_id: str,
    heard: Sequence[tuple[Hearing, tuple[Finding, ...]]],
    unjudged: Sequence[ScoredCall],
    feeds: Feeds,
    said: Mapping[str, tuple[PersonAnswer, ...]],
) -> AgentMonth | None:
    """The agent's month by one card; None for an agent whom it asks nothing."""
    again = (replayed(hearing, found, card, counting=said.get(hearing.call.id, ())) for hearing, found in heard)
    judged = (*again, *unjudged)
    calls = [call for call in judged if in_scope(card, call.call, feeds)]
    if not calls and agent_id not in known_agents(month, card, feeds):
        return None
    return assess_one(month, card, calls, feeds, Whose("agent", agent_id))


def _as_if(card: Scorecard, earlier: Sequence[AgentMonth]) -> Iterator[AgentMonth]:
    """Closed months with their grades, so that a streak that began under the old standard goes on."""
    for row in earlier:
        yield replace(row, scorecard=card.name, revision=card.revision)


def _titles(
    card: Scorecard, months: Sequence[AgentMonth], ledger: Sequence[Entry], month: str
) -> Mapping[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for proposal in propose(card, months, ledger):
        if proposal.month == month and proposal.coefficient is None:
            found[proposal.agent_id].add(proposal.title)
    return {agent: frozenset(titles) for agent, titles in found.items()}
