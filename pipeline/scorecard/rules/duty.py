"""``duty``: something happened that asks for an answer, which came in time, too late, or never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from pipeline.call import Direction
from pipeline.findings import Finding
from pipeline.findings.absence import USUALLY_SAID, absence
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.hearing.turns import Role
from pipeline.scorecard.rules.rule import Phrase, Rule, Sought
from pipeline.scorecard.rules.verdict import ELSEWHERE, Case, Verdict, undecided
from pipeline.timeline import place


class Duty(Rule):
    """A finding of `trigger` asks for one of `detector` and `terms` after it; without a trigger nothing is asked.

    Parameters
    ----------
    trigger : tuple of Sought
        What makes the duty; the name of a detector alone stands for all that it finds.
    within_turns, within_seconds : int, float | None
        How long after the trigger it may be done: turns of both roles, seconds from the end of the trigger.
    turns_before : int | None
        Done so many turns before the trigger it counts too; 0 is the turn of the trigger itself.
    before : tuple of Sought
        What the agent may say only after the duty is done, such as an excuse before an apology.
    every : bool
        Each trigger asks anew, and the share of those answered counts; else the first one asks for all.
    """

    needs: ClassVar[tuple[str, ...]] = ("trigger", "detector", "terms")
    sentence: ClassVar[str] = "应做到 {judged} 通、未做到 {lost} 通"

    kind: Literal["duty"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    trigger: tuple[Sought, ...] = ()
    within_turns: Annotated[int, Field(ge=1)] | None = None
    within_seconds: Annotated[float, Field(gt=0)] | None = None
    turns_before: Annotated[int, Field(ge=0)] | None = None
    before: tuple[Sought, ...] = ()
    every: bool = False

    @field_validator("trigger", "before", mode="before")
    @classmethod
    def _listed(cls, written: object) -> object:
        return listed(written)

    def decide(self, title: str, case: Case) -> Verdict:
        """Whether it was done; of several triggers the first asks for all, or each for itself (`every`).

        Note
        ----
        Without a trigger it does not apply. With `every`, the share is of the duties that can be decided; where one
        cannot be and the others were all done, nobody can tell.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> rule = Duty(kind="duty", trigger="complaint", detector="apology", terms=("sincere",))
        >>> rule.decide("要点", case)
        Verdict(share=None, evidence=(), reasons=(), confidence=1.0, unsure=False)
        """
        triggers = [n for n, f in enumerate(case.findings) if self._triggered_by(f)]
        if not triggers:
            return Verdict(None)
        if not case.owed(self.detector, self.terms):
            return ELSEWHERE
        verdicts = [self._owed(title, case, n) for n in (triggers if self.every else triggers[:1])]
        if len(verdicts) == 1:
            return verdicts[0]
        decided = [v for v in verdicts if v.share is not None]
        unsure = [v for v in verdicts if v.unsure]
        if unsure and all(v.share for v in decided):
            return unsure[0]
        return Verdict(
            sum(v.share or 0.0 for v in decided) / len(decided),
            tuple(dict.fromkeys(n for v in decided for n in v.evidence)),
            tuple(reason for v in decided for reason in v.reasons),
            prod(v.confidence for v in decided),
        )

    @property
    def may_not_arise(self) -> bool:
        """True: most calls have no trigger."""
        return True

    @property
    def evidence_of(self) -> str:
        """The detector of what is asked for."""
        return self.detector

    def required(self, direction: Direction) -> tuple[Phrase, ...]:  # noqa: ARG002
        """The one phrase that is asked for; none where one of several would do.

        Examples
        --------
        >>> duty = Duty(kind="duty", trigger="complaint", detector="apology", terms=("sincere",))
        >>> duty.required(Direction.INBOUND)
        (('apology', 'sincere'),)
        """
        return ((self.detector, self.terms[0]),) if len(self.terms) == 1 else ()

    def sought(self) -> Iterator[tuple[str, Sought]]:
        """The findings asked for, those that make the duty, and those that may not come before."""
        yield "terms", Sought(detector=self.detector, terms=self.terms)
        yield from (("trigger", each) for each in self.trigger)
        yield from (("before", each) for each in self.before)

    def _triggered_by(self, finding: Finding) -> bool:
        return any(sought.names(finding) for sought in self.trigger)

    def _owed(self, title: str, case: Case, trigger: int) -> Verdict:
        """The verdict on the duty that one finding makes."""
        findings, cause = case.findings, case.findings[trigger]
        responses = [
            n
            for n, f in enumerate(findings)
            if f.detector == self.detector and f.role is Role.AGENT and _since(f, cause, self.turns_before)
        ]
        in_time = [n for n in responses if findings[n].term in self.terms and self._in_time(findings[n], cause)]
        too_early = self._first(case, cause)
        done = next((n for n in in_time if too_early is None or findings[n].span < findings[too_early].span), None)
        if done is not None:
            return Verdict(1.0, (trigger, done), (), findings[done].confidence)
        titles = [case.titles.term(self.detector, term) for term in self.terms]
        if not in_time and (unclear := self._unclear(findings, cause)):
            return undecided(title, case, unclear, titles)
        if not in_time and (suspected := case.suspected(partial(self._may_do, cause))):
            return undecided(title, case, suspected, titles)
        what, wanted = case.titles.cause(cause.detector, cause.term), "、".join(titles)
        if case.doubtful(trigger):
            return undecided(title, case, [trigger], [what])
        if in_time and too_early is not None:
            excuse = findings[too_early]
            reason = f"{title}：{what}后未先{wanted}，{place(excuse.span.start)} 就“{excuse.quote}”"
            confidence = cause.confidence * excuse.confidence * findings[in_time[0]].confidence
            return Verdict(0.0, (trigger, too_early, in_time[0]), (reason,), confidence)
        within = f" {self.within_turns} 个话轮内" if self.within_turns else ""
        within += f" {self.within_seconds:g} 秒内" if self.within_seconds else ""
        first = findings[responses[0]] if responses else None
        instead = f"，只有 {place(first.span.start)} “{first.quote}”" if first else ""
        reason = f"{title}：{place(cause.span.start)} {what}后{within}未听到{wanted}{instead}"
        confidence = cause.confidence * absence(case.hearing.quality, USUALLY_SAID)
        return Verdict(0.0, (trigger, *responses), (reason,), confidence)

    def _in_time(self, finding: Finding, cause: Finding) -> bool:
        late = finding.span.start - cause.span.end
        if self.within_seconds is not None and late > self.within_seconds:
            return False
        turn, owed_in = finding.turn_index, cause.turn_index
        return self.within_turns is None or turn is None or owed_in is None or turn - owed_in <= self.within_turns

    def _may_do(self, cause: Finding, finding: Finding) -> bool:
        """Whether what is only suspected would do what the cause makes a duty."""
        asked = finding.detector == self.detector and finding.term in self.terms
        return asked and _since(finding, cause, self.turns_before) and self._in_time(finding, cause)

    def _first(self, case: Case, cause: Finding) -> int | None:
        """The first thing after the trigger that the agent should have said only later, and clearly said."""
        return next(
            (
                n
                for n, f in enumerate(case.findings)
                if f.span.start >= cause.span.start
                and f.role is Role.AGENT
                and any(sought.names(f) for sought in self.before)
                and not case.doubtful(n)
            ),
            None,
        )

    def _unclear(self, findings: Sequence[Finding], cause: Finding) -> tuple[int, ...]:
        """Where the agent may have done it, and nobody can make it out."""
        terms = (*self.terms, ANYTHING)
        return tuple(
            n
            for n, f in enumerate(findings)
            if f.detector == UNCLEAR
            and f.term in terms
            and f.role is not Role.CUSTOMER
            and f.span.end > cause.span.start
            and self._in_time(f, cause)
        )


def _since(finding: Finding, cause: Finding, turns_before: int | None) -> bool:
    """Whether it was said after the trigger, or so few turns before that it counts."""
    if finding.span.start >= cause.span.start:
        return True
    if turns_before is None or finding.turn_index is None or cause.turn_index is None:
        return False
    return cause.turn_index - finding.turn_index <= turns_before


def listed(written: object) -> object:
    """What is written as findings sought: one detector's name, one mapping, or a list of either.

    Examples
    --------
    >>> listed("complaint"), listed(None)
    ([{'detector': 'complaint'}], [])
    """
    each_of = written if isinstance(written, list | tuple) else [written] if written else []
    return [{"detector": each} if isinstance(each, str) else each for each in each_of]
