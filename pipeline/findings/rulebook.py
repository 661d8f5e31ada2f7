"""Rule files: named conditions with examples of their own, signed off by revision like a phrase list.

Knows how such a file is read and tried on its examples, and what its rules find in a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import PolicyError
from pipeline.findings.conditions import Condition, Occurrence, Scene, Vocabulary, occurrences
from pipeline.findings.conditions.shapes import Where
from pipeline.findings.finding import Finding
from pipeline.findings.silence import UNCLEAR
from pipeline.hearing import Hearing
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.hearing.zones import Zone
from pipeline.policy.load import line_with, load_policy

RULE = "rule"
"""The detector of rule files that name no other."""
Facts: TypeAlias = Callable[[Hearing], Sequence[Finding]]
"""What the other detectors find in a hearing."""
Lines: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]


class RuleText(BaseModel):
    """One rule: a condition with a name.

    Parameters
    ----------
    role : str | None
        Whose doing it is; by default that of whoever speaks where the condition holds.
    zone : str
        Where the condition must hold.
    examples, counterexamples : tuple of tuples of str
        Dialogues in which it holds, and does not: lines ``坐席：…``, ``客户：…``, or ``（8秒）`` for a pause.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: str
    title: str
    role: Literal["agent", "customer"] | None = None
    zone: Zone = "anywhere"
    severity: Literal["", "fatal", "serious", "medium", "light"] = ""
    condition: Condition
    examples: tuple[Lines, ...] = ()
    counterexamples: tuple[Lines, ...] = ()


class RulebookFile(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    title: str
    detector: str = RULE
    rules: Annotated[tuple[RuleText, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _named_once(self) -> RulebookFile:
        terms = [rule.term for rule in self.rules]
        if twice := sorted({term for term in terms if terms.count(term) > 1}):
            raise ValueError(f"term {', '.join(twice)} stands twice")
        return self


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
        """The detector whose findings it yields."""
        return self.file.detector

    @property
    def version(self) -> str:
        """Name, revision and content hash."""
        return f"{self.file.name}-{self.file.revision}-{self.digest}"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Every word that its conditions listen for."""
        return Vocabulary.of((rule.condition for rule in self.file.rules), self.slots)

    def search(self, hearing: Hearing, findings: Sequence[Finding]) -> Iterator[Finding]:
        """What the rules find in a call, given what was found before.

        Note
        ----
        A rule whose regular expression takes too long is told as an `unclear` finding: nobody knows whether it
        holds, so whatever asks for it is left to a person.
        """
        scene = Scene(hearing, findings, self.vocabulary)
        for rule in self.file.rules:
            try:
                places = self.places(rule, scene)
            except TimeoutError:
                whole = Occurrence(scene.whole, (0, 0), Role.UNKNOWN, "", "", 1.0, placed=False)
                why = f"规则“{rule.title}”的正则表达式超时"
                yield self._finding(hearing, rule, whole, UNCLEAR, why)
                continue
            for place in places:
                yield self._finding(hearing, rule, place, self.detector, rule.title)

    def places(self, rule: RuleText, scene: Scene) -> tuple[Occurrence, ...]:
        """Where one rule holds, in its zone.

        Raises
        ------
        TimeoutError
            If a regular expression of it takes too long.
        """
        where = Where(role=rule.role, zone=rule.zone)
        found = occurrences(rule.condition, scene)
        if rule.zone == "anywhere":
            return found
        return tuple(p for p in found if scene.is_there(where, p.turns[1], p.span.end, _whose(rule, p)))

    def _finding(self, hearing: Hearing, rule: RuleText, place: Occurrence, detector: str, value: str) -> Finding:
        return Finding(
            call_id=hearing.call.id,
            detector=detector,
            term=rule.term,
            turn_index=place.turns[1] if place.placed else None,
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
    """A rule file, checked and tried on its own examples.

    Parameters
    ----------
    facts : callable
        What the other detectors find in an example, for conditions over findings.

    Raises
    ------
    PolicyError
        With file and line, for a field that is missing, unknown or wrong, a pattern or a notation that is not one,
        an example in which a rule does not hold or a counterexample in which it does, or a pattern that takes too
        long.
    """
    file, digest = load_policy(path, RulebookFile)
    book = Rulebook(file, digest, slots or {})
    for rule in file.rules:
        try:
            Vocabulary.of([rule.condition], book.slots)
        except ValueError as error:
            raise PolicyError(str(path), line_with(path, rule.term), f"term {rule.term}: {error}") from None
        for lines, wanted in [(e, True) for e in rule.examples] + [(e, False) for e in rule.counterexamples]:
            shown = " / ".join(lines)
            try:
                hearing = hearing_of(lines)
                held = bool(book.places(rule, Scene(hearing, tuple(facts(hearing)), book.vocabulary)))
            except (ValueError, TimeoutError) as error:
                problem = "its regular expression takes too long on" if isinstance(error, TimeoutError) else error
                sentence = f"term {rule.term}: {problem} (example “{shown}”)"
                raise PolicyError(str(path), line_with(path, rule.term), sentence) from None
            if held is not wanted:
                verdict = "does not hold in its example" if wanted else "holds in its counterexample"
                line = line_with(path, rule.term)
                raise PolicyError(str(path), line, f"term {rule.term} {verdict} “{shown}”")
    return book


def rulebook_files() -> tuple[Traversable, ...]:
    """The rule files that come with callqa, in order of name."""
    folder = files("pipeline.policy") / "rules"
    return tuple(sorted((p for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name))


def bundled_rulebooks(
    slots: Mapping[str, Sequence[str]] | None = None, facts: Facts = lambda _: ()
) -> tuple[Rulebook, ...]:
    """The rule files that come with callqa, read and tried as `load_rulebook` does."""
    return tuple(load_rulebook(path, slots, facts) for path in rulebook_files())
