"""The ledger's entries: proposals, and what people said about them. Nothing is ever changed or taken out.

Knows what makes a proposal effective; not what follows from a month (`proposals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["proposal", "signed", "rejected", "withdrawn", "flag", "looked"]
State: TypeAlias = Literal["open", "effective", "rejected", "withdrawn"]

MACHINE = "callqa"
"""Who writes proposals and takes back unsigned ones; not a person, so its signature counts for nothing."""
SIGNATURES: dict[str, int] = {"proposal": 1, "flag": 2, "looked": 0}
"""How many different people must sign."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One result on which a proposal rests.

    Parameters
    ----------
    period : str
        ``YYYY-MM``, ``YYYY-Qn`` or ``YYYY``.
    score : float | None
        0..100, to four decimals, so that the same result is the same evidence after being stored.
    grade : str | None
        As it stood, flags and looks included.
    """

    period: str
    score: float | None
    grade: str | None

    def __post_init__(self) -> None:
        if self.score is not None:
            object.__setattr__(self, "score", round(self.score, 4))


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
        ``flag``       刷好评: a month of an agent is called dishonest
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
    kind: Kind
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
        """Whether a person wrote it."""
        return self.by.strip() not in ("", MACHINE)


@dataclass(frozen=True, slots=True)
class Decided:
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
    state: State
    signers: tuple[str, ...] = ()
    seen: tuple[Evidence, ...] = ()
    by_person: bool = False

    @property
    def basis(self) -> tuple[Evidence, ...]:
        """The figures on which it stands: those last seen by a person, else its own."""
        return self.seen or self.entry.evidence


def decided(ledger: Sequence[Entry]) -> tuple[Decided, ...]:
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
    withdraw what nobody has signed; whatever else it says about an entry counts for nothing.
    """
    found: dict[int, Decided] = {}
    for entry in sorted(ledger, key=lambda entry: entry.id):
        if entry.about is None:
            looked = entry.kind == "looked" and entry.by_person
            found[entry.id] = Decided(entry, "effective" if looked else "open")
        elif entry.about not in found:
            raise ValueError(f"entry {entry.id} is about {entry.about}, which the ledger does not have before it")
        else:
            found[entry.about] = _heard(found[entry.about], entry)
    return tuple(found.values())


def effective(ledger: Sequence[Entry]) -> tuple[Entry, ...]:
    """The proposals, flags and looks that are in force; see `decided`."""
    return tuple(each.entry for each in decided(ledger) if each.state == "effective")


def _heard(before: Decided, word: Entry) -> Decided:
    """What is left of an entry after one more word about it."""
    if not word.by_person:
        unsigned = before.entry.kind == "proposal" and before.state == "open"
        takes_back = unsigned and word.kind == "withdrawn"
        return replace(before, state="withdrawn", signers=(), by_person=False) if takes_back else before
    said = replace(before, seen=word.evidence or before.seen, by_person=True)
    if word.kind != "signed":
        return replace(said, state="withdrawn" if word.kind == "withdrawn" else "rejected", signers=())
    signers = tuple(dict.fromkeys((*before.signers, word.by.strip())))
    enough = len(signers) >= SIGNATURES[before.entry.kind]
    return replace(said, state="effective" if enough else "open", signers=signers)
