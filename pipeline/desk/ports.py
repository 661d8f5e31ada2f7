"""What pages ask of the rooms above: functions by name, which `flows` fills.

Knows what is asked and what comes back; nothing of how it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipeline.month.ledger import Entry
from pipeline.month.ledger.entries import Kind as Word
from pipeline.month.ledger.lines import LedgerLine
from pipeline.scorecard import Scorecard
from pipeline.scorecard.drafts import Checked, Draft, Kind, PolicyFile, Report, TriedCalls


class MonthPort(Protocol):
    """What is done with months; every method raises `ConfigurationError` with a sentence for the page."""

    def standard(self, name: str) -> Scorecard | None:
        """The standard in force by that name."""

    def ledger_lines(self, name: str) -> tuple[LedgerLine, ...]:
        """Every proposal, flag and look by a standard, the newest first."""

    def entry(self, name: str, number: int) -> Entry | None:
        """A proposal, flag or look of a standard's ledger."""

    def say(self, kind: Word, name: str, number: int, by: str, note: str, last: int) -> str:
        """What an entry has become after a person spoke about it, in Chinese."""

    def workbook(self, month: str, name: str) -> bytes:
        """The workbook of a month as it is kept; nothing is computed anew or saved."""


class RulesPort(Protocol):
    """What is done with policy files; every method raises `ConfigurationError` with a sentence for the page."""

    @property
    def folder(self) -> Path | None:
        """Where files are released to; None where the deployment has no folder of its own."""

    def lists(self) -> tuple[PolicyFile, ...]:
        """The phrase lists and rule files in force."""

    def standards(self) -> tuple[PolicyFile, ...]:
        """The standards in force."""

    def in_force(self, kind: Kind, name: str) -> PolicyFile | None:
        """One file in force."""

    def check(self, text: str) -> Checked:
        """What is wrong or doubtful in the text of a file."""

    def sample(self, month: str, size: int) -> tuple[str, ...]:
        """Calls of a month, drawn by chance."""

    def try_text(self, text: str, calls: Sequence[str]) -> TriedCalls:
        """What a file with this text hits."""

    def measure(self, draft: Draft, month: str, size: int = 50, against: str = "") -> Report:
        """What a draft would change."""

    def release(self, draft_id: int, by: str, note: str) -> Draft:
        """The draft, released and in force."""
