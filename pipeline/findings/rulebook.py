"""A rulebook: named conditions with examples of their own, signed off by revision like a lexicon.

Knows how such a file is read and tried on its examples, and the findings of its rules in a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import prod
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import PolicyError
from pipeline.findings.conditions import (
    UNKNOWN,
    Condition,
    Occurrence,
    Scene,
    UnknownFactError,
    Vocabulary,
    occurrences,
)
from pipeline.findings.conditions.shapes import Where
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.finding import Finding
from pipeline.findings.flow import Flow, pass_through
from pipeline.hearing import Hearing
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.hearing.zones import ENDS, End, Zone
from pipeline.policy.load import line_with, load_policy
from pipeline.titles import Declaration

RULE = "rule"
"""The detector of rulebooks that name no other."""
FLOW = "flow"
"""The detector of the flows that come with callqa."""
CONDITION = "condition"
"""The detector of the conditions that a scorecard writes itself."""
Facts: TypeAlias = Callable[[Hearing], Sequence[Finding]]
"""From a hearing to the findings of everything that is no rulebook."""
Lines: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]


class Broken(BaseModel):
    """A dialogue in which exactly these steps of a flow are missing or out of turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lacks: Annotated[tuple[str, ...], Field(min_length=1)]
    lines: Lines


class RuleText(BaseModel):
    """One rule: a condition, or a flow, with a name.

    Parameters
    ----------
    role : str | None
        Whose doing it is; by default that of whoever speaks where the condition holds.
    zone : str
        Where the condition must hold.
    examples, counterexamples : tuple of tuples of str
        Dialogues in which it holds, and does not: lines ``坐席：…``, ``客户：…``, or ``（8秒）`` for a pause.
    broken : tuple of Broken
        For a flow, dialogues that lack some of its steps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: str
    title: str
    role: Literal["agent", "customer"] | None = None
    zone: Zone = "anywhere"
    severity: Literal["", "fatal", "serious", "medium", "light"] = ""
    condition: Condition | None = None
    flow: Flow | None = None
    examples: tuple[Lines, ...] = ()
    counterexamples: tuple[Lines, ...] = ()
    broken: tuple[Broken, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> RuleText:
        if (self.condition is None) == (self.flow is None):
            raise ValueError("a rule has exactly one of condition and flow")
        if self.flow is None and self.broken:
            raise ValueError("broken is for a flow; write counterexamples")
        if self.flow is not None and self.zone != "anywhere":
            raise ValueError("a flow goes through the call; its steps may have a zone")
        if asked := [id for condition in self.conditions for id in condition.items]:
            raise ValueError(f"a rulebook knows no items ({', '.join(asked)}): ask for them in a scorecard")
        steps = {step.term for step in self.flow.every_step()} if self.flow else set()
        if foreign := sorted({term for each in self.broken for term in each.lacks} - steps):
            raise ValueError(f"the flow has no step {', '.join(foreign)}")
        return self

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition that it stands on."""
        return (self.condition,) if self.condition else tuple(self.flow.conditions()) if self.flow else ()

    @property
    def ends(self) -> frozenset[str]:
        """The ends of a call in which it, or a part of its condition, is looked for."""
        inside = self.condition.ends if self.condition else frozenset[End]()
        return inside | ({self.zone} & set(ENDS))

    @property
    def titles(self) -> dict[str, str]:
        """The title of its term, and of the term ``flow.step`` of each step that may be missing."""
        steps = self.flow.every_step() if self.flow else ()
        missing = {f"{self.term}.{step.term}": f"流程“{self.title}”缺“{step.title}”" for step in steps}
        return {self.term: self.title, **missing}


class RulebookFile(BaseModel):
    """The file as it is written.

    Parameters
    ----------
    detector : str
        By which findings and scorecards name what its rules find.
    rules : tuple of RuleText
        Each with a term of its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    title: str
    detector: str = RULE
    rules: Annotated[tuple[RuleText, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> RulebookFile:
        terms = [rule.term for rule in self.rules]
        if twice := sorted({term for term in terms if terms.count(term) > 1}):
            raise ValueError(f"term {', '.join(twice)} stands twice")
        return self

    @property
    def declaration(self) -> Declaration:
        """The title of each rule; the rulebook's own names its detector where nothing else does.

        Examples
        --------
        >>> rule = {"term": "sorted", "title": "已分类", "condition": {"keywords": {"any": ["分类"]}}}
        >>> written = {"name": "ours", "revision": 1, "detector": "ours", "title": "本单位规则", "rules": [rule]}
        >>> declared = RulebookFile.model_validate(written).declaration
        >>> declared.file_title, dict(declared.terms)
        ('本单位规则', {'sorted': '已分类'})
        """
        terms = {term: title for rule in self.rules for term, title in rule.titles.items()}
        ends = {rule.term: rule.ends for rule in self.rules}
        return Declaration(self.detector, terms=terms, file_title=self.title, ends=ends)


@dataclass(frozen=True)
class Rulebook:
    """Rules, ready to be tried on calls, with the slots of one deployment filled in.

    Parameters
    ----------
    slots : mapping of str to sequence of str
        What ``{company}`` may be.
    """

    file: RulebookFile
    digest: str
    slots: Mapping[str, Sequence[str]]

    @property
    def detector(self) -> str:
        """The detector of its findings."""
        return self.file.detector

    @property
    def version(self) -> str:
        """Name, revision and content hash, as ``service-1-0f3a…``."""
        return f"{self.file.name}-{self.file.revision}-{self.digest}"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every word that its conditions listen for, searched once for all rules."""
        return Vocabulary.of((one for rule in self.file.rules for one in rule.conditions), self.slots)

    def search(self, hearing: Hearing, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The findings of its rules in a call, rule by rule.

        Parameters
        ----------
        findings : sequence of Finding
            Those of everything that was searched before, for conditions over findings.

        Note
        ----
        A rule whose regular expression takes too long, or which asks for what the record does not tell, yields an
        `unclear` finding: nobody knows whether it holds, so whatever asks for it is left to a person.

        Examples
        --------
        >>> rule = {"term": "refund", "title": "要退款", "condition": {"keywords": {"any": ["退款"]}}}
        >>> file = RulebookFile(name="ours", revision=1, title="本单位规则", rules=(RuleText.model_validate(rule),))
        >>> found = Rulebook(file, "f00d", {}).search(hearing_of("客户：我要退款"), ())
        >>> [(finding.term, finding.role.value, finding.quote, finding.value) for finding in found]
        [('refund', 'customer', '退款', '要退款')]
        """
        scene = Scene(hearing, findings, self.vocabulary)
        for rule in self.file.rules:
            try:
                if rule.flow is not None:
                    yield from self._flow(rule, rule.flow, scene)
                    continue
                places = self.places(rule, scene)
            except UNKNOWN as error:
                why = f"：{error}" if isinstance(error, UnknownFactError) else "的正则表达式超时"
                for term in rule.titles:
                    value = f"规则“{rule.title}”{why}"
                    yield self._finding(hearing, rule, scene.whole(""), UNCLEAR, value, term)
                continue
            for place in places:
                yield self._finding(hearing, rule, place, self.detector, rule.title)

    def places(self, rule: RuleText, scene: Scene) -> tuple[Occurrence, ...]:
        """The places in its zone at which one rule holds.

        Raises
        ------
        TimeoutError
            If a regular expression of it takes too long.
        UnknownFactError
            If the record of the call does not tell.

        Examples
        --------
        >>> rule = RuleText(
        ...     term="refund", title="要退款", zone="closing",
        ...     condition=Condition.model_validate({"keywords": {"any": ["退款"]}}),
        ... )
        >>> book = Rulebook(RulebookFile(name="ours", revision=1, title="本单位规则", rules=(rule,)), "f00d", {})
        >>> scene = Scene(hearing_of(["客户：我要退款", "坐席：好的"]), (), book.vocabulary)
        >>> [place.quote for place in book.places(rule, scene)]
        ['退款']
        """
        if rule.condition is None:
            return ()
        where = Where(role=rule.role, zone=rule.zone)
        places = occurrences(rule.condition, scene)
        if rule.zone == "anywhere":
            return places
        return tuple(p for p in places if scene.is_there(where, p.turns[1], p.span.end, _whose(rule, p)))

    def _flow(self, rule: RuleText, flow: Flow, scene: Scene) -> Iterator[Finding]:
        """That the call went through the flow, or each step that it lacks, at the place where it was due."""
        passage = pass_through(flow, rule.title, scene)
        if passage is None:
            return
        for gap in passage.gaps:
            detector = UNCLEAR if gap.unsure else self.detector
            term = f"{rule.term}.{gap.step.term}"
            yield self._finding(scene.hearing, rule, gap.place, detector, gap.sentence, term)
        if not passage.gaps:
            places = passage.taken or (scene.whole(""),)
            whole = Occurrence.join(places, prod(one.confidence for one in places))
            yield self._finding(scene.hearing, rule, whole, self.detector, rule.title)

    def _finding(
        self, hearing: Hearing, rule: RuleText, place: Occurrence, detector: str, value: str, term: str = ""
    ) -> Finding:
        return Finding(
            call_id=hearing.call.id,
            detector=detector,
            term=term or rule.term,
            turn_index=place.turns[1] if place.located else None,
            role=_whose(rule, place),
            span=place.span,
            quote=place.quote,
            value=value,
            confidence=place.confidence,
            detector_version=self.version,
        )


def _whose(rule: RuleText, place: Occurrence) -> Role:
    return Role(rule.role) if rule.role else place.role


def load_rulebook(
    path: Traversable | Path, slots: Mapping[str, Sequence[str]] | None = None, facts: Facts = lambda _: ()
) -> Rulebook:
    """A rulebook out of its file, checked and tried on its own examples.

    Parameters
    ----------
    facts : callable
        The findings of everything else in an example, for conditions over findings.

    Raises
    ------
    PolicyError
        With file and line, for a field that is missing, unknown or wrong, a pattern or a notation that is not one,
        an example in which a rule does not hold or a counterexample in which it does, or a pattern that takes too
        long.
    """
    book = read_rulebook(path, slots)
    for rule in book.file.rules:
        problem = _problem(book, rule, facts)
        if problem:
            raise PolicyError(str(path), line_with(path, rule.term), f"term {rule.term}{problem}")
    return book


def _problem(book: Rulebook, rule: RuleText, facts: Facts) -> str:
    """What is wrong with a rule, by its notation or by its own examples, after its name; empty where nothing is."""
    try:
        Vocabulary.of(rule.conditions, book.slots)
    except ValueError as error:
        return f": {error}"
    for lines, holds in [(e, True) for e in rule.examples] + [(e, False) for e in rule.counterexamples]:
        shown = " / ".join(lines)
        try:
            hearing = hearing_of(lines)
            scene = Scene(hearing, tuple(facts(hearing)), book.vocabulary)
            held = _whole(rule, scene) if rule.flow else bool(book.places(rule, scene))
        except UnknownFactError as error:
            hint = "write it in a line of its own, such as （话单：队列=售后，渠道=微信）"
            return f": {error}; {hint} (example “{shown}”)"
        except TimeoutError:
            return f": its regular expression takes too long on (example “{shown}”)"
        except ValueError as error:
            return f": {error} (example “{shown}”)"
        if held is not holds:
            return f" {'does not hold in its example' if holds else 'holds in its counterexample'} “{shown}”"
    return _problem_of_flow(book, rule, facts)


def _problem_of_flow(book: Rulebook, rule: RuleText, facts: Facts) -> str:
    """What is wrong with the dialogues in which a flow lacks some of its steps; empty where nothing is."""
    if rule.flow is None:
        return ""
    for each in rule.broken:
        shown = " / ".join(each.lines)
        try:
            hearing = hearing_of(each.lines)
            passage = pass_through(rule.flow, rule.title, Scene(hearing, tuple(facts(hearing)), book.vocabulary))
        except (*UNKNOWN, ValueError) as error:
            return f": {error} (example “{shown}”)"
        lacks = {gap.step.term for gap in passage.gaps} if passage else set()
        if lacks != set(each.lacks):
            return f" lacks {', '.join(sorted(lacks)) or 'nothing'}, not {', '.join(each.lacks)}, in “{shown}”"
    return ""


def _whole(rule: RuleText, scene: Scene) -> bool:
    passage = pass_through(rule.flow, rule.title, scene) if rule.flow else None
    return passage is not None and not passage.gaps


def rulebook_files() -> tuple[Traversable, ...]:
    """The files of the rulebooks that come with callqa, in order of name."""
    folder = files("pipeline.policy") / "rules"
    return tuple(sorted((p for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name))


def read_rulebook(path: Traversable | Path, slots: Mapping[str, Sequence[str]] | None = None) -> Rulebook:
    """A rulebook out of its file, not tried on its examples.

    Raises
    ------
    PolicyError
        With file and line, for a field that is missing, unknown or wrong.
    """
    file, digest = load_policy(path, RulebookFile)
    return Rulebook(file, digest, slots or {})


def bundled_rulebooks(slots: Mapping[str, Sequence[str]] | None = None) -> tuple[Rulebook, ...]:
    """The rulebooks that come with callqa; tests have tried them on their examples."""
    return tuple(read_rulebook(path, slots) for path in rulebook_files())
