"""The ledger of consequences: proposed from closed months, effective by people's signatures, never rewritten."""

from pipeline.month.ledger.entries import MACHINE, Decided, Entry, Evidence, decided, effective
from pipeline.month.ledger.proposals import Proposal, propose
from pipeline.month.ledger.replay import Change, record, replay
from pipeline.month.ledger.standing import LEAST_PRESENT, Standing, standings

__all__ = [
    "LEAST_PRESENT",
    "MACHINE",
    "Change",
    "Decided",
    "Entry",
    "Evidence",
    "Proposal",
    "Standing",
    "decided",
    "effective",
    "propose",
    "record",
    "replay",
    "standings",
]
