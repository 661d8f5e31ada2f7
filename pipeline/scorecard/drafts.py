"""Drafts of policy files: proposed by one person, released by another, and what would change.

Knows who may do what to a draft and in which state; how a file is read and checked, and where it is written, is the
deployment's knowledge.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from pipeline.enums import TitledEnum
from pipeline.errors import ConfigurationError
from pipeline.findings.rulebook import RulebookFile
from pipeline.lexicon import LexiconFile
from pipeline.scorecard import Scorecard

LARGEST = 200_000
"""Characters in a policy file."""
STEM = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{0,63}")
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows keeps for itself."""


class Kind(TitledEnum):
    """A kind of policy file."""

    LEXICON = "lexicon", "词库"
    RULES = "rules", "规则"
    STANDARD = "standard", "评分表"


class DraftState(TitledEnum):
    """The state of a draft: it waits, or was decided."""

    PROPOSED = "proposed", "待发布"
    RELEASED = "released", "已发布"
    REJECTED = "rejected", "已否决"
    WITHDRAWN = "withdrawn", "已撤回"


Said: TypeAlias = Literal["released", "rejected", "withdrawn", "reported"]


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A lexicon, rulebook or scorecard in force.

    Parameters
    ----------
    own : bool
        Whether it is the deployment's own, and not one that comes with callqa.
    version : str
        Name, revision and short hash, as provenance has it.
    text : str
        As it is written.
    """

    kind: Kind
    name: str
    title: str
    revision: int
    version: str
    own: bool
    text: str
    document: LexiconFile | RulebookFile | Scorecard

    @property
    def sha256(self) -> str:
        """The sha256 of its text."""
        return sha256_of(self.text)

    @property
    def detector(self) -> str:
        """Under which name its hits are found; empty for a standard."""
        return "" if isinstance(self.document, Scorecard) else self.document.detector


@dataclass(frozen=True, slots=True)
class Report:
    """The changes that a draft would make, as they were measured: kept with the draft as it is shown.

    Parameters
    ----------
    what : str
        What was compared, over which calls or month, in Chinese.
    figures : tuple of pairs
        Name and figure, in Chinese.
    heads : tuple of str
        Of the rows.
    rows : tuple of tuples of str
        What changes, as many as are shown.
    links : tuple of str
        For each row the call and second behind it, ``C1@12.3``; empty where there is none.
    left_off : int
        Rows that are not shown.
    """

    what: str
    figures: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()
    left_off: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a draft, or, where it is no `error`, doubtful; with the 1-based line where it is known."""

    line: int | None
    sentence: str
    error: bool = True

    @property
    def told(self) -> str:
        """Line and sentence.

        Examples
        --------
        >>> Problem(3, "没有分值。").told
        '第 3 行：没有分值。'
        """
        return f"第 {self.line} 行：{self.sentence}" if self.line else self.sentence


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking a text; without a kind where it could not be read at all."""

    kind: Kind | None = None
    name: str = ""
    title: str = ""
    revision: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Those that must be settled before it can be proposed or released."""
        return tuple(problem for problem in self.problems if problem.error)


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit of a file that is tried: where, in whose mouth, what was heard, and which phrase it answers to."""

    call_id: str
    at: float
    role: str
    quote: str
    term: str
    title: str
    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class TriedCalls:
    """The hits of a file in some calls.

    Parameters
    ----------
    examples : int
        Examples and counterexamples of its own that were run, all as they should be.
    missing : tuple of str
        Calls that were asked for and have no transcript.
    """

    name: str
    calls: int
    examples: int
    hits: tuple[Hit, ...]
    missing: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[tuple[str, int, int], ...]:
        """Title, hits and calls of each term that was hit, most hits first."""
        titles = {hit.term: hit.title for hit in self.hits}
        counted = [
            (title, sum(h.term == term for h in self.hits), len({h.call_id for h in self.hits if h.term == term}))
            for term, title in titles.items()
        ]
        return tuple(sorted(counted, key=lambda each: -each[1]))


@dataclass(frozen=True, slots=True)
class DraftEvent:
    """A word about a draft, or a measurement of it; a `report` changes no state."""

    kind: Said
    by: str
    at: datetime
    note: str = ""
    report: Report | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy file that somebody proposes; its text is fixed.

    Parameters
    ----------
    name : str
        The `name` in the file; also the stem of the file to be written.
    base : str
        The text in force when it was proposed; empty where there was none.
    why : str
        The proposer's reason.
    """

    kind: Kind
    name: str
    text: str
    base: str
    why: str
    by: str
    at: datetime
    events: tuple[DraftEvent, ...] = ()
    id: int = 0

    @property
    def state(self) -> DraftState:
        """As the last word about it has it."""
        said = [event.kind for event in self.events if event.kind != "reported"]
        return DraftState(said[-1]) if said else DraftState.PROPOSED

    @property
    def reports(self) -> tuple[DraftEvent, ...]:
        """Its measurements, in order."""
        return tuple(event for event in self.events if event.report is not None)

    @property
    def sha256(self) -> str:
        """The sha256 of its text."""
        return sha256_of(self.text)


def sha256_of(text: str) -> str:
    """The sha256 of a text as the file with it has it; empty for no text, which is no file.

    Examples
    --------
    >>> sha256_of("")
    ''
    >>> sha256_of("name: x")[:8]
    'cc624066'
    """
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def may_say(draft: Draft, said: Said, by: str) -> None:
    """Nothing, where this person may say this of the draft now.

    Raises
    ------
    ConfigurationError
        In Chinese: it is decided already, a proposer would release or reject the own draft, or somebody else would
        withdraw it.
    """
    if not by.strip():
        raise ConfigurationError("须写明是谁")
    if said == "reported":
        return
    if draft.state is not DraftState.PROPOSED:
        raise ConfigurationError(f"草案 {draft.id}{draft.state.title}，不能再改；如需更改请另提草案")
    if said == "withdrawn" and by != draft.by:
        raise ConfigurationError(f"草案 {draft.id} 由 {draft.by} 提出，只能由本人撤回；不同意请否决")
    if said in ("released", "rejected") and by == draft.by:
        raise ConfigurationError(f"草案 {draft.id} 由您本人提出，须由另一人发布或否决；您可以撤回")


def check_stem(name: str) -> None:
    """Nothing, where the name may be the stem of a file.

    Raises
    ------
    ConfigurationError
        If it has anything but letters, digits, Chinese characters, ``_`` and ``-``, or more than 64 of them.

    Examples
    --------
    >>> check_stem("banned"), check_stem("家政_用语-2")
    (None, None)
    """
    if not STEM.fullmatch(name) or name.lower() in DEVICES:
        raise ConfigurationError(
            f"名称“{name[:40]}”不能作文件名：只用字母、数字、汉字、下划线和连字符，不以连字符开头，最多 64 个字"
        )


def difference(before: str, after: str, context: int = 3) -> tuple[tuple[str, str], ...]:
    r"""The lines that differ, each with its sign: ``+``, ``-``, a blank for the ones around, ``@`` between parts.

    Examples
    --------
    >>> difference("a\nb", "a\nc", context=1)
    (('@', '@@ -1,2 +1,2 @@'), (' ', 'a'), ('-', 'b'), ('+', 'c'))
    """
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    return tuple((line[0], line if line.startswith("@@") else line[1:]) for line in list(lines)[2:])


def newest_first(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """The drafts, those that wait before those that are decided, the newest first."""
    return tuple(sorted(drafts, key=lambda draft: (draft.state is not DraftState.PROPOSED, -draft.id)))
