"""The ledger of consequences: proposed from closed months, effective by people's signatures, never rewritten."""

from pipeline.month.ledger.changes import Change, find_changes, machine_entries
from pipeline.month.ledger.entries import MACHINE, Entry, EntryStatus, Evidence, entries_in_force, entry_statuses
from pipeline.month.ledger.proposals import Proposal, propose
from pipeline.month.ledger.standings import LEAST_PRESENT, Standing, standings

__all__ = [
    "LEAST_PRESENT",
    "MACHINE",
    "Change",
    "Entry",
    "EntryStatus",
    "Evidence",
    "Proposal",
    "Standing",
    "entries_in_force",
    "entry_statuses",
    "find_changes",
    "machine_entries",
    "propose",
    "standings",
]
