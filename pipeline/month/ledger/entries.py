"""The ledger's entries: proposals, and what people said about them. Nothing is ever changed or taken out.

Knows what makes a proposal effective; not what follows from a month (`proposals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from pipeline.enums import TitledEnum
from pipeline.tally import rounded

EntryKind: TypeAlias = Literal["proposal", "signed", "rejected", "withdrawn", "flag", "looked"]

MACHINE = "callqa"
"""The writer of proposals, who takes back unsigned ones; not a person, so its signature counts for nothing."""
SIGNATURES: dict[str, int] = {"proposal": 1, "flag": 2, "looked": 0}
"""The number of different people who must sign an entry, by its kind."""


class EntryState(TitledEnum):
    """The state of a proposal, flag or look after all that people said about it."""

    OPEN = "open", "待签字"
    EFFECTIVE = "effective", "已生效"
    REJECTED = "rejected", "已否决"
    WITHDRAWN = "withdrawn", "已撤回"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One result on which a proposal rests.

    Parameters
    ----------
    period : str
        ``YYYY-MM``, ``YYYY-Qn`` or ``YYYY``.
    score : float | None
        0..100, `rounded`, so that the same result is the same evidence after being stored.
    grade : str | None
        As it stood, flags and looks included.
    places : tuple of str | None
        What happened in the period and where, for a proposal that rests on that and on no score; None otherwise.
    """

    period: str
    score: float | None
    grade: str | None
    places: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.score is not None:
            object.__setattr__(self, "score", rounded(self.score))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    Parameters
    ----------
    id : int
        Rises with every line: the ledger's order, given by the store; 0 before.
    at : datetime
        When it was written, in UTC.
    kind : str
        ``proposal``   something follows from closed months
        ``flag``       刷好评: a person, or a consequence of the scorecard, calls a month of an agent dishonest
        ``looked``     a person has looked at a result in doubt; `note` is the grade confirmed
        ``signed``, ``rejected``, ``withdrawn``   what was said about one of these
    about : int | None
        The entry that is signed, rejected or withdrawn; None for the others.
    month : str
        The month, quarter or year for which it is; for a streak the last one.
    evidence : tuple of Evidence
        Of a proposal: what it rests on. Of a look: the result that was seen, for which alone it counts. Of a
        person's word after a correction: the figures seen then (`Change.seen`); otherwise empty.
    by : str
        The person, or `MACHINE`.

    Raises
    ------
    ValueError
        If `about` is missing, or there although it means nothing.
    """

    id: int
    at: datetime
    kind: EntryKind
    about: int | None
    agent_id: str
    month: str
    standard: str
    consequence_id: str = ""
    title: str = ""
    evidence: tuple[Evidence, ...] = ()
    by: str = MACHINE
    note: str = ""

    def __post_init__(self) -> None:
        if (self.kind in SIGNATURES) != (self.about is None):
            raise ValueError(f"entry {self.id} ({self.kind}) is about {self.about}")

    @property
    def by_person(self) -> bool:
        """Whether a person wrote it.

        Examples
        --------
        >>> at = datetime(2026, 8, 1)
        >>> [Entry(1, at, "flag", None, "1001", "2026-07", "kf01", by=by).by_person for by in ("王", MACHINE)]
        [True, False]
        """
        return self.by.strip() not in ("", MACHINE)


@dataclass(frozen=True, slots=True)
class EntryStatus:
    """A proposal, flag or look with all that was said about it.

    Parameters
    ----------
    signers : tuple of str
        The different people whose signatures count now.
    seen : tuple of Evidence
        The figures that came with a person's last word that had any; empty if none had.
    by_person : bool
        Whether a person said the last word.
    """

    entry: Entry
    state: EntryState
    signers: tuple[str, ...] = ()
    seen: tuple[Evidence, ...] = ()
    by_person: bool = False

    @property
    def basis(self) -> tuple[Evidence, ...]:
        """The figures on which it stands: those last seen by a person, else its own.

        Examples
        --------
        >>> own, seen = (Evidence("2026-07", 93.5, "优秀"),), (Evidence("2026-07", 92.0, "优秀"),)
        >>> entry = Entry(1, datetime(2026, 8, 1), "proposal", None, "1001", "2026-07", "kf01", evidence=own)
        >>> [EntryStatus(entry, EntryState.OPEN, seen=given).basis[0].score for given in ((), seen)]
        [93.5, 92.0]
        """
        return self.seen or self.entry.evidence


def entry_statuses(ledger: Sequence[Entry]) -> tuple[EntryStatus, ...]:
    """Every proposal, flag and look with its present state, in the ledger's order.

    Raises
    ------
    ValueError
        If an entry is about one that the ledger does not have before it.

    Note
    ----
    A person's last word counts. A proposal is effective with the signature of one person. A flag needs the
    signatures of two different people since it was last rejected or withdrawn; who raised the flag may be one of
    the two, but must sign like the other. A look counts without a signature, if a person wrote it. `MACHINE` can
    withdraw what it wrote and nobody has signed; whatever else it says about an entry counts for nothing.

    Examples
    --------
    >>> at = datetime(2026, 8, 1)
    >>> flag = Entry(1, at, "flag", None, "1001", "2026-07", "kf01", by="王")
    >>> one, two = (Entry(n, at, "signed", 1, "1001", "2026-07", "a", by=by) for n, by in [(2, "wang"), (3, "li")])
    >>> [entry_statuses(ledger)[0].state.title for ledger in ([flag, one], [flag, one, two])]  # two must sign
    ['待签字', '已生效']
    """
    found: dict[int, EntryStatus] = {}
    for entry in sorted(ledger, key=lambda entry: entry.id):
        if entry.about is None:
            looked = entry.kind == "looked" and entry.by_person
            found[entry.id] = EntryStatus(entry, EntryState.EFFECTIVE if looked else EntryState.OPEN)
        elif entry.about not in found:
            raise ValueError(f"entry {entry.id} is about {entry.about}, which the ledger does not have before it")
        else:
            found[entry.about] = _after_word(found[entry.about], entry)
    return tuple(found.values())


def entries_in_force(ledger: Sequence[Entry]) -> tuple[Entry, ...]:
    """The proposals, flags and looks that are in force; see `entry_statuses`.

    Examples
    --------
    >>> at = datetime(2026, 8, 1)
    >>> proposal = Entry(1, at, "proposal", None, "1001", "2026-07", "kf01", title="奖金")
    >>> signed = Entry(2, at, "signed", 1, "1001", "2026-07", "kf01", by="王")
    >>> [entry.title for entry in entries_in_force([proposal, signed])], entries_in_force([proposal])
    (['奖金'], ())
    """
    return tuple(each.entry for each in entry_statuses(ledger) if each.state is EntryState.EFFECTIVE)


def _after_word(before: EntryStatus, word: Entry) -> EntryStatus:
    """The status of an entry after one more word about it."""
    if not word.by_person:
        own = before.entry.kind == "proposal" or (before.entry.kind == "flag" and not before.entry.by_person)
        unsigned = own and before.state is EntryState.OPEN and not before.signers
        takes_back = unsigned and word.kind == "withdrawn"
        return replace(before, state=EntryState.WITHDRAWN, signers=(), by_person=False) if takes_back else before
    said = replace(before, seen=word.evidence or before.seen, by_person=True)
    if word.kind != "signed":
        state = EntryState.WITHDRAWN if word.kind == "withdrawn" else EntryState.REJECTED
        return replace(said, state=state, signers=())
    signers = tuple(dict.fromkeys((*before.signers, word.by.strip())))
    enough = len(signers) >= SIGNATURES[before.entry.kind]
    return replace(said, state=EntryState.EFFECTIVE if enough else EntryState.OPEN, signers=signers)
