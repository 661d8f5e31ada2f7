"""A month under the scorecard in force and under another: stored findings judged by both, and who changes.

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

from flows.month.calls import check_search
from flows.month.periods import valid_month
from flows.policy.claims import counts_for
from flows.policy.revisions import scorecard_of_month
from flows.policy.scorecards import checked_scorecard, notices_of
from flows.settings import load_settings
from pipeline.call import Call
from pipeline.errors import ConfigurationError
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.indicators import Feeds
from pipeline.month.assessment import AgentMonth, ScoredCall
from pipeline.month.assessment.comparison import Difference, compare
from pipeline.month.assessment.month_card import Assessee
from pipeline.month.assessment.months import assess_one, feed_agents
from pipeline.month.ledger import Entry, propose
from pipeline.month.ratings import with_ratings
from pipeline.review.answers import PersonAnswer
from pipeline.review.replay import replay
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint import refuse
from pipeline.store import Store

PROCESSES = 2
FEW = 4
"""Agents for whom no process is begun."""
_Task: TypeAlias = tuple[str, str, tuple[Scorecard, ...], Path | None]
_Shards: TypeAlias = Callable[[Sequence[str]], Iterator[tuple[AgentMonth | None, AgentMonth | None]]]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A month under two scorecards.

    Parameters
    ----------
    month : str
        ``YYYY-MM``.
    scorecard : str
        The one that is tried, whenever it begins: a shipped or released scorecard by name, its newest revision, or
        a file.
    against : str | Scorecard
        The one in force: by name, the revision by which the month is assessed.
    feeds : Path | None
        Folder of tables from outside.
    """

    month: str
    scorecard: str
    against: str | Scorecard
    feeds: Path | None = None


def what_if(
    store_url: str,
    asked: WhatIf,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    start: Literal["fork", "spawn"] = "fork",
) -> tuple[Difference, ...]:
    """Every agent's month under the scorecard in force and under the one that is tried; nothing is kept.

    Parameters
    ----------
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
    month, feeds = valid_month(asked.month), Feeds.read(asked.feeds)
    with Store.open(store_url, create=False) as store:
        cards = _cards(store, asked)
        known = {agent for agent in store.calls.agents(month) if agent is not None}
        given = _given(store, feeds, month, cards)
        agents = sorted(known.union(*(feed_agents(month, *pair) for pair in zip(cards, given, strict=True))))
        history = store.months.standing(cards[0].name)
        ledger = store.ledger.entries(cards[0].name)
        for card in cards:
            check_search(store, month, card)
    if not agents:
        raise ConfigurationError(f"the store holds no calls of {month}, and no feed tells of it")
    before: list[AgentMonth] = []
    after: list[AgentMonth] = []
    with _workers(len(agents), start, (store_url, month, cards, asked.feeds)) as work:
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


def _cards(store: Store, asked: WhatIf) -> tuple[Scorecard, Scorecard]:
    """The scorecard by which the month is assessed and the one that is tried, both without an error."""
    against, (draft, notices) = asked.against, checked_scorecard(asked.scorecard)
    if isinstance(against, str):
        against = scorecard_of_month(store, against, asked.month, load_settings())
    refuse(draft, notices)
    refuse(against, notices_of(against))
    return against, draft


@dataclass(frozen=True, slots=True)
class _Work:
    """Store, month, policy and the feeds by each card, which a process needs for every shard; made once in each."""

    store: Store
    month: str
    cards: tuple[Scorecard, ...]
    feeds: tuple[Feeds, ...]


_work: _Work | None = None


@contextmanager
def _workers(num_agents: int, start: str, task: _Task) -> Iterator[_Shards]:
    """A function that judges agents' months: in processes, or, for a few agents, in this one."""
    if num_agents > FEW:
        chunk = max(1, num_agents // (8 * PROCESSES))
        with ProcessPoolExecutor(PROCESSES, get_context(start), _prepare, task) as pool:
            yield partial(pool.map, _months_of, chunksize=chunk)
        return
    global _work  # noqa: PLW0603  as in a process of its own
    url, month, cards, feeds = task
    with Store.open(url, create=False) as store:
        _work = _Work(store, month, cards, _given(store, Feeds.read(feeds), month, cards))
        try:
            yield partial(map, _months_of)
        finally:
            _work = None


def _prepare(store_url: str, month: str, cards: tuple[Scorecard, ...], feeds: Path | None) -> None:
    global _work  # noqa: PLW0603  an initializer has no other way to hand something to its process
    gc.set_threshold(200_000)  # an agent's calls hold no cycles; looking for some takes a third of the time
    store = Store.open(store_url, create=False)
    _work = _Work(store, month, cards, _given(store, Feeds.read(feeds), month, cards))


def _given(store: Store, feeds: Feeds, month: str, cards: Sequence[Scorecard]) -> tuple[Feeds, ...]:
    """The feeds as each card has them, with what people rated by it."""
    return tuple(with_ratings(feeds, card, month, store.ratings.of_month(month, card.name)) for card in cards)


def _months_of(agent_id: str) -> tuple[AgentMonth | None, AgentMonth | None]:
    """One agent's month by each card, from what is stored of the agent's calls."""
    if _work is None:
        raise RuntimeError("the process was not prepared")
    month = _work.month
    calls = _AgentCalls(
        tuple(_work.store.calls.replay(month, agent_id)),
        tuple(_work.store.calls.unjudged(month, agent_id)),
        _work.store.answers.standing_of_month(month, agent_id),
    )
    settings = load_settings()
    before, after = (
        _month_by(card, month, agent_id, calls.scored(card, counts_for(card, settings, feeds, _work.store)), feeds)
        for card, feeds in zip(_work.cards, _work.feeds, strict=True)
    )
    return before, after


@dataclass(frozen=True, slots=True)
class _AgentCalls:
    """An agent's stored calls of a month: heard ones with findings, those without judgement, people's answers."""

    findings: tuple[tuple[Hearing, tuple[Finding, ...]], ...]
    unjudged: tuple[ScoredCall, ...]
    answers: Mapping[str, tuple[PersonAnswer, ...]]

    def scored(self, card: Scorecard, counts: Callable[[Call], bool]) -> list[ScoredCall]:
        """The calls that count by a scorecard, judged by it."""
        judgements = (
            replay(hearing, findings, card, acts=self.answers.get(hearing.call.id, ()))
            for hearing, findings in self.findings
        )
        return [call for call in (*judgements, *self.unjudged) if counts(call.call)]


def _month_by(
    card: Scorecard, month: str, agent_id: str, calls: list[ScoredCall], feeds: Feeds
) -> AgentMonth | None:
    """The agent's month by one scorecard; None for an agent whom it asks nothing."""
    if not calls and agent_id not in feed_agents(month, card, feeds):
        return None
    return assess_one(month, card, calls, feeds, Assessee("agent", agent_id))


def _as_if(card: Scorecard, earlier: Sequence[AgentMonth]) -> Iterator[AgentMonth]:
    """Closed months with their grades, so that a streak that began under the old scorecard goes on."""
    for row in earlier:
        yield replace(row, scorecard=card.name, revision=card.revision)


def _titles(
    card: Scorecard, months: Sequence[AgentMonth], ledger: Sequence[Entry], month: str
) -> Mapping[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for proposal in propose(card, months, ledger):
        if proposal.month == month and not proposal.pay:
            found[proposal.agent_id].add(proposal.title)
    return {agent: frozenset(titles) for agent, titles in found.items()}
