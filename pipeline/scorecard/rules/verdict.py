"""The verdict of a rule on one call, and the call as rules look at it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.findings import Finding
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.findings.suspicion import affirmed, suspected_of
from pipeline.hearing import Hearing
from pipeline.timeline import place
from pipeline.titles import Titles

UNREADABLE, PLEASE_LISTEN = "转写不清", "请人工复核"
"""The words with which a reason says that something may have been said where nobody can make it out."""

LIKELY = 0.5
"""Probability of a suspicion from which what it would be is not counted as missing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule decided.

    Parameters
    ----------
    share : float | None
        How much of it was met, 0..1; None when it does not apply.
    evidence : tuple[int, ...]
        Positions in the call's findings.
    reasons : tuple[str, ...]
        In Chinese, why something was not met.
    confidence : float
        Probability that this is right, 0..1.
    unsure : bool
        It applies, but what would decide it cannot be made out: `share` is None, and a person should listen.
    elsewhere : bool
        It is owed by the agent of another part of the call: `share` is None.
    """

    share: float | None
    evidence: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0
    unsure: bool = False
    elsewhere: bool = field(default=False, repr=False)


ELSEWHERE = Verdict(None, elsewhere=True)
"""What is asked of one end of a call is not asked of an agent who was not there."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an item, or a criterion, of the same call came to, machine's and people's answers considered.

    Parameters
    ----------
    outcome : str
        ``met``, ``partly_met``, ``not_met`` or ``not_applicable``; empty where that is not decided.
    told : str
        In Chinese.
    confidence : float
        Probability that this is right, 0..1.
    """

    title: str
    outcome: str
    told: str
    confidence: float = 1.0

    @property
    def sentence(self) -> str:
        """The item and what it came to.

        Examples
        --------
        >>> Standing("接听速度", "not_met", "不符合").sentence
        '“接听速度”不符合'
        """
        return f"“{self.title}”{self.told}"


@dataclass(frozen=True, slots=True)
class Case:
    """One call before its rules: the hearing, its findings, and the titles by which reasons name them.

    Parameters
    ----------
    first : mapping
        The position of the first finding of each detector and term.
    standings : mapping
        What the items that were answered before came to, by id.
    item : str
        The id of the item that is asked now.
    """

    hearing: Hearing
    findings: Sequence[Finding]
    first: Mapping[tuple[str, str], int]
    titles: Titles
    standings: Mapping[str, Standing] = field(default_factory=dict)
    item: str = ""

    def standing(self, id: str) -> Standing:
        """What an item came to; of one that is not assessed nobody knows."""
        return self.standings.get(id) or Standing(id, "", "还没有结论（不在评定之列）")

    def of_term(self, detector: str, term: str) -> tuple[int, ...]:
        """The positions of all findings of a detector and term."""
        if (detector, term) not in self.first:
            return ()
        return tuple(n for n, f in enumerate(self.findings) if (f.detector, f.term) == (detector, term))

    def lacks(self, ends: Collection[str]) -> bool:
        """Whether the agent's part of the call does not have one of these ends of it."""
        call = self.hearing.call
        return ("opening" in ends and not call.opens) or ("closing" in ends and not call.closes)

    def owed(self, detector: str, terms: Iterable[str]) -> tuple[str, ...]:
        """The terms that are looked for at an end of the call at which its agent was."""
        return tuple(term for term in terms if not self.lacks(self.titles.ends(detector, term)))

    def suspected(self, wanted: Callable[[Finding], bool]) -> tuple[int, ...]:
        """The positions of suspicions, likelier than not, that would be what is wanted if a person said yes."""
        likely = ((n, f) for n, f in enumerate(self.findings) if f.confidence >= LIKELY and suspected_of(f))
        return tuple(n for n, f in likely if wanted(affirmed(f)))

    def doubtful(self, position: int) -> bool:
        """Whether a finding rests on words that can hardly be made out: these may have been any others.

        A measured quantity rests on no words.
        """
        finding = self.findings[position]
        return isinstance(finding.value, str) and any(
            unclear.role is finding.role and unclear.span.overlap(finding.span) > finding.span.duration / 2
            for unclear in (self.findings[n] for n in self.of_term(UNCLEAR, ANYTHING))
        )

    @staticmethod
    def of(
        hearing: Hearing,
        findings: Sequence[Finding],
        titles: Titles,
        standings: Mapping[str, Standing] | None = None,
    ) -> Case:
        """All of it together, indexed; `standings` may be filled while the call is judged."""
        first: dict[tuple[str, str], int] = {}
        for n, finding in enumerate(findings):
            first.setdefault((finding.detector, finding.term), n)
        return Case(hearing, findings, first, titles, {} if standings is None else standings)


def undecided(title: str, case: Case, evidence: Sequence[int], wanted: Sequence[str]) -> Verdict:
    """The verdict where what was asked for may have been said, and nobody can make it out.

    Parameters
    ----------
    evidence : sequence of int
        Positions of the unclear findings, of those that rest on unclear words, or of suspicions.
    wanted : sequence of str
        What may have been said there, in Chinese.
    """
    findings = [case.findings[n] for n in evidence]
    wordings = "、".join(f"“{one}”" for one in wanted)
    if guess := next((f for f in findings if suspected_of(f) is not None), None):
        why = f"{place(guess.span.start)} “{guess.quote}”疑似{wordings}，换了说法，拿不准"
        return Verdict(None, tuple(evidence), (f"{title}：{why}，{PLEASE_LISTEN}",), 1.0, unsure=True)
    told = next((f.value for f in findings if f.detector == UNCLEAR and isinstance(f.value, str)), None)
    where = "、".join(dict.fromkeys(place(f.span.start) for f in findings))
    why = f"{told}，无法判断" if told else f"{where} 处{UNREADABLE}，无法判断是否说过{wordings}"
    return Verdict(None, tuple(evidence), (f"{title}：{why}，{PLEASE_LISTEN}",), 1.0, unsure=True)
