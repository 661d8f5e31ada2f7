"""Seed labels: sentences out of templates and the true lines of the bundled calls, for a start without reviewers.

What it is: a hundred and eighty families of hand-written wording, several templates each, with slots, plain talk
around the decisive clause and a recogniser's errors at 0 to 25 %; among them what only looks like the criterion:
quoted, negated, polite, social, past, said of somebody else. What it is not: how people talk on a real line. Its
shares are ours, not the field's; a classifier that tells the families apart has learned our wording. So generated
labels are kept apart in every figure, and real ones replace them as reviews come in.

Every family counts as an agent, so that none is ever on both sides of a test; the same seed makes the same labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.classifiers.criteria import TunedCriterion, tuned_criteria, tuned_criterion
from models.classifiers.features import Spoken
from models.classifiers.sentences import sentences
from pipeline.lexicon import CLAUSE_END
from pipeline.policy.load import File, load_policy
from pipeline.timeline import Span
from pipeline.validation.accuracy.simulation import corrupt
from pipeline.validation.learning.labels import Label, Source

VERSION = "seeds-1"
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
NUM_HOLDS, NUM_NEAR, NUM_OTHER = 32, 24, 5
"""Labels out of one family: where the criterion holds, of its hard counterexamples, of any other wording."""
NUM_REST = 300
"""Labels out of seed sentences that do not even look like the criterion."""
ERROR_RATES = (0.0, 0.25)
AROUND = 0.45
"""Probability that plain talk stands before the clause in the turn; the same again after it."""
CHARACTER_S = 0.25

_PIECE = re.compile(r"\[([^][]*)\]|\(([^()]*)\)|\{(\w+)\}")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Family(_Shape):
    """Templates of one wording: which criteria hold, for which it is a hard counterexample, and which are unsure.

    A template is written like a phrase of a lexicon: ``[may be left out]``, ``(one|other)``, ``{slot}``.
    """

    name: str
    holds: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    before: Annotated[tuple[str, ...], Field(min_length=1)]
    lines: Annotated[tuple[str, ...], Field(min_length=1)]


class FamiliesFile(_Shape):
    """The families of one role."""

    families: tuple[Family, ...]


class Around(_Shape):
    """Plain talk before and after the decisive clause."""

    first: tuple[str, ...]
    last: tuple[str, ...]


class WordsFile(_Shape):
    """What the templates are filled with; `before` and `around` by role."""

    slots: dict[str, tuple[str, ...]]
    before: dict[Literal["agent", "customer"], dict[str, tuple[str, ...]]]
    around: dict[Literal["agent", "customer"], Around]


class TrueLine(_Shape):
    """A line of a bundled call, as it was said."""

    call: str
    role: Literal["agent", "customer"]
    text: str
    before: str = ""
    holds: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


class LinesFile(_Shape):
    """The true lines of the bundled calls."""

    lines: tuple[TrueLine, ...]

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = {each.name for each in tuned_criteria()}
        if strange := {name for line in self.lines for name in line.holds + line.unsure} - known:
            raise ValueError(f"there is no criterion {sorted(strange)[0]}")
        return self


def seed_labels(criterion: str, seed: int = 0) -> tuple[Label, ...]:
    """Generated labels of a criterion: of every family of its role, and of the true lines; the same for a seed.

    Raises
    ------
    ClassifierError
        For a criterion that nobody knows.
    """
    tuned = tuned_criterion(criterion)
    if not any(criterion in family.holds for family in families(tuned.role)):
        return tuple(_of_sentences(tuned, seed))
    return (*_of_families(tuned, seed), *_of_calls(tuned))


def _of_sentences(tuned: TunedCriterion, seed: int) -> Iterator[Label]:
    """Labels of the seed sentences, few of those that are nothing of the kind; every author counts as an agent."""
    own = [each for each in sentences() if each.role is tuned.speaker]
    chance = Random(f"{VERSION} {seed} {tuned.name}")
    near = [each for each in own if tuned.name in each.near and tuned.name not in each.holds]
    rest = [each for each in own if tuned.name not in each.holds | each.near]
    taken = [each for each in own if tuned.name in each.holds] + near + chance.sample(rest, NUM_REST)
    for n, each in enumerate(taken):
        said = Spoken(_misheard(each.text, chance.uniform(*ERROR_RATES), chance), "", tuned.speaker)
        call = f"seed-{each.author}-{n}"
        yield _label(tuned.name, tuned.name in each.holds, call, f"author-{each.author}", said)


def _of_families(tuned: TunedCriterion, seed: int) -> Iterator[Label]:
    for family in families(tuned.role):
        if tuned.name in family.unsure:
            continue
        holds = tuned.name in family.holds
        num = NUM_HOLDS if holds else NUM_NEAR if tuned.name in family.near else NUM_OTHER
        chance = Random(f"{VERSION} {seed} {family.name}")
        made = dict(_turn(family, tuned, chance) for _ in range(num))
        for n, (text, before) in enumerate(made.items()):
            said = Spoken(text, before, tuned.speaker)
            yield _label(tuned.name, holds, f"seed-{family.name}-{n}", f"family-{family.name}", said)


def _of_calls(tuned: TunedCriterion) -> Iterator[Label]:
    for n, line in enumerate(_file("calls.yaml", LinesFile).lines):
        if line.role == tuned.role and tuned.name not in line.unsure:
            holds = tuned.name in line.holds
            said = Spoken(line.text, line.before, tuned.speaker)
            yield _label(tuned.name, holds, f"bundled-{line.call}", None, said, float(n))


def _label(criterion: str, holds: bool, call: str, agent: str | None, said: Spoken, start: float = 0.0) -> Label:
    span = Span(start, start + len(said.text) * CHARACTER_S)
    source = Source.GENERATED
    return Label(
        criterion, holds, call, agent, span, said.role, said.text, said.before, source, by=VERSION, at=MADE_AT
    )


def _turn(family: Family, tuned: TunedCriterion, chance: Random) -> tuple[str, str]:
    """A turn of a family and the turn before it, as they might be heard."""
    words = _file("words.yaml", WordsFile)
    around = words.around[tuned.role]
    pieces = [filled(chance.choice(family.lines), words.slots, chance)]
    if chance.random() < AROUND:
        pieces.insert(0, filled(chance.choice(around.first), words.slots, chance))
    if chance.random() < AROUND:
        pieces.append(filled(chance.choice(around.last), words.slots, chance))
    pool = words.before[tuned.role][chance.choice(family.before)]
    rate = chance.uniform(*ERROR_RATES)
    before = filled(chance.choice(pool), words.slots, chance)
    return _misheard("，".join(pieces), rate, chance), _misheard(before, rate, chance)


def _misheard(text: str, rate: float, chance: Random) -> str:
    """A turn with recognition errors inside its clauses; what parts them stays."""
    return "，".join(corrupt(clause, rate, chance) for clause in CLAUSE_END.split(text) if clause) or text


def filled(template: str, slots: Mapping[str, tuple[str, ...]], chance: Random) -> str:
    """One sentence of a template.

    Examples
    --------
    >>> filled("我要(投诉){谁}", {"谁": ("你们",)}, Random(0))
    '我要投诉你们'
    """
    while found := _PIECE.search(template):
        optional, choice, slot = found.groups()
        if optional is not None:
            options: tuple[str, ...] = (*optional.split("|"), "")
        else:
            options = tuple(choice.split("|")) if choice is not None else slots[slot]
        template = template[: found.start()] + chance.choice(options) + template[found.end() :]
    return template


def families(role: str) -> tuple[Family, ...]:
    """The families of the agent, or of the customer."""
    file: FamiliesFile = _file(f"{role}.yaml", FamiliesFile)
    return file.families


@cache
def _file(name: str, shape: type[File]) -> File:
    return load_policy(files("models.classifiers") / "seeds" / name, shape)[0]
