"""The shape of a phrase list: one file is one signed-off revision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class After(BaseModel):
    """The event that a phrase has to follow: a finding, and how far after it the phrase still counts.

    `term` narrows the event to one term of its detector. The reach is counted in turns of any role, or in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: str
    term: str | None = None
    turns: Annotated[int, Field(ge=0)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _reaches(self) -> After:
        if (self.turns is None) is (self.seconds is None):
            raise ValueError("give either turns or seconds: how far after the event the phrase still counts")
        return self


class Phrase(BaseModel):
    """One term of a lexicon: what is looked for, in whose mouth, where, and how loosely.

    `tolerance` is the cost allowed for each syllable of a variant of at least four syllables. A guard is a wording
    near a hit that takes it back: `unless_before` within eight characters before, `unless_after` after. With
    `with_any`, a hit counts only where one of these wordings stands in the same turn: a second piece of evidence
    for a wording that alone proves little. `after` is given with the zone of that name, and with no other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: str
    role: Literal["agent", "customer"]
    zone: Literal["opening", "closing", "anywhere", "after"] = "anywhere"
    after: After | None = None
    variants: Annotated[tuple[str, ...], Field(min_length=1)]
    tolerance: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    severity: Literal["", "fatal", "serious", "medium", "light"] = ""
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    with_any: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _follows_something(self) -> Phrase:
        if (self.zone == "after") is not (self.after is not None):
            raise ValueError("zone: after needs after: {detector: ..., turns: ...}, and nothing else does")
        return self


class LexiconFile(BaseModel):
    """The file as it is written.

    `overlaps` says what becomes of hits of several terms at one place: ``all`` are kept (independent facts), the
    ``best`` one (one offence is one offence), or the one whose term stands ``first`` in the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    detector: str
    title: str
    overlaps: Literal["all", "best", "first"] = "all"
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
