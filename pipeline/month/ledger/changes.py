"""The changes that a correction makes: the ledger against the months as they stand now.

Knows what is new, what no longer follows and what rests on other figures; decides nothing that was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.month.assessment.periods import months_of
from pipeline.month.ledger.entries import Entry, EntryState, EntryStatus, Evidence, entry_statuses
from pipeline.month.ledger.proposals import Proposal, condition, propose, revision_by_month
from pipeline.month.ledger.standings import describe_result, period_title, standings, unit_standings
from pipeline.scorecard import Scorecard

ChangeKind: TypeAlias = Literal["new", "changed", "withdrawn", "decide"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the ledger and what follows now.

    Parameters
    ----------
    kind : str
        ``new``        follows and is not in the ledger
        ``changed``    follows still, from other figures
        ``withdrawn``  follows no longer, and nobody had signed it
        ``decide``     follows no longer, but is signed: a person must decide
    proposal : Proposal | None
        What follows now.
    entry : Entry | None
        What the ledger has.
    signed : bool
        Whether the entry is in force; it then stays so, whatever the change.
    seen : tuple of Evidence
        The figures as they stand. A person's word about this change carries them (`Entry.evidence`).
    sentence : str
        The change in Chinese.
    """

    kind: ChangeKind
    agent_id: str
    month: str
    consequence_id: str
    proposal: Proposal | None
    entry: Entry | None
    signed: bool
    seen: tuple[Evidence, ...]
    sentence: str


def find_changes(card: Scorecard, months_now: Sequence[AgentMonth], ledger: Sequence[Entry]) -> tuple[Change, ...]:
    """The changes of the ledger by the months as they stand, by period, agent and the order of the scorecard.

    Parameters
    ----------
    months_now : sequence of AgentMonth
        As in `propose`: all standing closed months of all agents since the first.

    Note
    ----
    - A signature never disappears: what is signed and follows no longer is listed as ``decide``, at every replay,
      until a person withdraws it, or signs it once more on the figures that stand (`Change.seen`).
    - What is signed and rests on other figures is listed as ``changed`` until it is signed on them; it stays in
      force meanwhile. What is not signed is withdrawn and proposed anew with the new figures: `machine_entries`.
    - What a person rejected or withdrew is proposed again only when it rests on other figures than those seen.
    - Only entries for periods whose last month is closed and was assessed by the card's own revision are judged:
      a month that is open again changes nothing before it is closed, and a correction of an older month is
      replayed with the revision by which it was assessed.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> find_changes(find_scorecard("jiazheng"), months_now=[], ledger=[])
    ()
    """
    revisions = revision_by_month(card, months_now)
    follows = {proposal.key: proposal for proposal in propose(card, months_now, ledger)}
    stands = {
        (s.agent_id, s.period): s.evidence
        for s in (*unit_standings(card, months_now), *standings(card, months_now, ledger))
    }
    recorded: dict[tuple[str, str, str], EntryStatus] = {}
    for entry in entry_statuses(ledger):
        proposed = entry.entry
        if not proposed.consequence_id or proposed.by_person or proposed.standard != card.name:
            continue  # a look, or what a person flagged or proposed
        if revisions.get(months_of(proposed.month)[-1]) != card.revision:
            continue
        key = (proposed.agent_id, proposed.month, proposed.consequence_id)
        if key not in recorded or recorded[key].state is not EntryState.EFFECTIVE:
            recorded[key] = entry  # the latest, unless an earlier one is in force
    changes = [_follows(proposal, recorded.get(key)) for key, proposal in follows.items()]
    changes += [_gone(card, entry, stands) for key, entry in recorded.items() if key not in follows]
    order = {consequence.id: number for number, consequence in enumerate(card.consequences)}

    def place(change: Change) -> tuple[str, str, str, int, str]:
        number = order.get(change.consequence_id, len(order))
        return months_of(change.month)[-1], change.month, change.agent_id, number, change.consequence_id

    return tuple(sorted((change for change in changes if change), key=place))


def machine_entries(changes: Sequence[Change], at: datetime) -> tuple[Entry, ...]:
    """The entries that callqa itself writes for changes, without ids; what is signed is left to people.

    Examples
    --------
    >>> machine_entries([], datetime(2026, 8, 1))
    ()
    """
    entries: list[Entry] = []
    for change in changes:
        if change.signed:
            continue
        if (gone := change.entry) is not None:
            entries.append(
                Entry(
                    id=0,
                    at=at,
                    kind="withdrawn",
                    about=gone.id,
                    agent_id=gone.agent_id,
                    month=gone.month,
                    standard=gone.standard,
                    consequence_id=gone.consequence_id,
                    title=gone.title,
                    note=change.sentence,
                )
            )
        if (new := change.proposal) is not None:
            entries.append(
                Entry(
                    id=0,
                    at=at,
                    kind="flag" if new.flag else "proposal",
                    about=None,
                    agent_id=new.agent_id,
                    month=new.month,
                    standard=new.standard,
                    consequence_id=new.consequence_id,
                    title=new.title,
                    evidence=new.evidence,
                    note=new.sentence,
                )
            )
    return tuple(entries)


def _follows(proposal: Proposal, recorded: EntryStatus | None) -> Change | None:
    """The change where a proposal follows; None where nothing differs."""
    same = recorded is not None and recorded.basis == proposal.evidence
    if recorded is None or recorded.state in (EntryState.REJECTED, EntryState.WITHDRAWN):
        if same and recorded is not None and recorded.by_person:
            return None  # a person has said no to just this
        sentence = f"{proposal.agent_id} {proposal.sentence}：提出“{proposal.title}”"
        return Change("new", *proposal.key, proposal, None, False, proposal.evidence, sentence)
    if same:
        return None
    signed = _signed(recorded)
    then = (
        f"已签字的“{proposal.title}”继续有效，请签字人核对" if signed else f"“{proposal.title}”按新的结果重新提出"
    )
    differences = _differences(recorded.basis, proposal.evidence)
    sentence = f"{proposal.agent_id} {differences}：仍满足“{proposal.condition}”，{then}"
    return Change("changed", *proposal.key, proposal, recorded.entry, signed, proposal.evidence, sentence)


def _gone(card: Scorecard, recorded: EntryStatus, stands: Mapping[tuple[str, str], Evidence]) -> Change | None:
    """The change where a recorded proposal follows no longer; None where nothing differs."""
    entry, signed = recorded.entry, _signed(recorded)
    seen = tuple(
        stands.get((entry.agent_id, e.period), Evidence(e.period, None, None))
        if e.places is None
        else Evidence(e.period, None, None, ())
        for e in recorded.basis
    )
    if not signed and recorded.state is not EntryState.OPEN:
        return None
    if signed and recorded.seen == seen:
        return None  # signed once more, on these figures
    conditions = {each.id: condition(card, each) for each in card.consequences}
    missed = conditions.get(entry.consequence_id, "标准的条件")
    then = f"已签字的“{entry.title}”需人工决定" if signed else f"撤回未签字的“{entry.title}”"
    sentence = f"{entry.agent_id} {_differences(recorded.basis, seen)}：不再满足“{missed}”，{then}"
    kind: ChangeKind = "decide" if signed else "withdrawn"
    return Change(kind, entry.agent_id, entry.month, entry.consequence_id, None, entry, signed, seen, sentence)


def _signed(recorded: EntryStatus) -> bool:
    """Whether people have signed: the one whom a proposal needs, or the first of the two of a flag."""
    return recorded.state is EntryState.EFFECTIVE or bool(recorded.signers)


def _differences(before: Sequence[Evidence], now: Sequence[Evidence]) -> str:
    """The results that changed, in Chinese."""
    said = [
        f"{period_title(new.period)} 由 {describe_result(old)} 改为 {describe_result(new)}"
        for old, new in zip(before, now, strict=True)
        if old != new
    ]
    return "，".join(said) or f"{period_title(now[-1].period)} 分数未变"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A proposal, flag or look with what was said about it.

    Parameters
    ----------
    last : int
        The id of the last word about it: what a person who signs now has seen.
    change : Change | None
        What a correction of the months has changed since.
    """

    status: EntryStatus
    last: int
    change: Change | None = None


def last_word(ledger: Iterable[Entry], number: int) -> int:
    """The id of the last entry that has this number or is about it; 0 where there is none.

    Examples
    --------
    >>> proposal = Entry(3, datetime(2026, 8, 1), "proposal", None, "1001", "2026-07", "kf01")
    >>> signed = Entry(5, datetime(2026, 8, 2), "signed", 3, "1001", "2026-07", "kf01", by="王")
    >>> last_word([proposal, signed], 3), last_word([proposal, signed], 4)
    (5, 0)
    """
    return max((entry.id for entry in ledger if number in (entry.id, entry.about)), default=0)
