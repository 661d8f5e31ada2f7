"""The shape of a lexicon: one file is one signed-off revision, and declares its detector and terms."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.titles import Declaration

ROLE_WORDING = "roles"
"""The lexicon by whose phrases agent and customer are told apart; nothing is found with it."""

GUARDS = ("unless_before", "unless_after", "unless_in", "unless_any", "with_any")
"""The fields of a phrase that may name guards of the file."""


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

    `title` is the term's name for a reader, in Chinese; a term without one is shown as it is. `tolerance` is the
    cost allowed for each syllable of a variant of at least four syllables. A guard is a wording near a hit that
    takes it back: `unless_before` within eight characters before, `unless_after` after, `unless_in` inside it,
    `unless_any` anywhere else in the turn. One written ``^像`` stands directly after the hit, one written
    ``不$`` directly before. With `with_any`, a hit counts only where one of these wordings stands in the same
    turn: a second piece of evidence for a wording that alone proves little. `after` is given with the zone of
    that name, and with no other. `category` is one of those that the file declares; `source` and `date` say
    where and when a phrase was written that is not of its file's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: str
    title: str = ""
    role: Literal["agent", "customer"]
    zone: Literal["opening", "closing", "anywhere", "after"] = "anywhere"
    after: After | None = None
    variants: Annotated[tuple[str, ...], Field(min_length=1)]
    tolerance: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    severity: Literal["", "fatal", "serious", "medium", "light"] = ""
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    unless_in: tuple[str, ...] = ()
    unless_any: tuple[str, ...] = ()
    with_any: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    category: str = ""
    source: str = ""
    date: datetime.date | None = None

    @model_validator(mode="after")
    def _is_dated(self) -> Phrase:
        _check_dated(self.source, self.date)
        return self

    @model_validator(mode="after")
    def _follows_something(self) -> Phrase:
        if (self.zone == "after") is not (self.after is not None):
            raise ValueError("zone: after needs after: {detector: ..., turns: ...}, and nothing else does")
        return self


class LexiconFile(BaseModel):
    """The file as it is written.

    `detector_title` names the detector for a reader, in Chinese; a detector that no lexicon names so has the title
    of the lexicon. `overlaps` says what becomes of hits of several terms at one place: ``all`` are kept
    (independent facts), the ``best`` one (one offence is one offence), or the one whose term stands ``first`` in
    the file. `source` says where the wordings are from, `date` when they were written; one is not given without the
    other. `categories` are what the terms are grouped under, by name, each with its title in Chinese: where a file
    has them, every phrase names one, and all phrases of a term the same. `not_named` are wordings that no name
    holds: what stands in ``{名称}`` or ``{机构}`` and holds one of them is no name (先生, 请问). `guards` are
    shared by several phrases, each by its name: a phrase writes ``{name}`` among its own. With `second_opinion` a
    hit costs nothing where the bundled classifier, which hears the whole sentence, finds it unlikely: a person
    decides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    detector: str
    detector_title: str = ""
    title: str
    overlaps: Literal["all", "best", "first"] = "all"
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    source: str = ""
    date: datetime.date | None = None
    categories: dict[str, str] = {}
    not_named: tuple[str, ...] = ()
    guards: dict[str, tuple[str, ...]] = {}
    second_opinion: bool = False
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _guards_written_out(cls, written: Any) -> Any:
        """The file with every ``{name}`` of a phrase's guards replaced by the wordings that the file gives it."""
        named = written.get("guards", {}) if isinstance(written, Mapping) else {}
        phrases = written.get("phrases") if isinstance(named, Mapping) and isinstance(written, Mapping) else None
        if not isinstance(phrases, Sequence):
            return written  # what is wrong with it, the fields say
        return {**written, "phrases": [_with_guards(phrase, named) for phrase in phrases]}

    @model_validator(mode="after")
    def _is_dated(self) -> LexiconFile:
        _check_dated(self.source, self.date)
        return self

    @model_validator(mode="after")
    def _is_grouped(self) -> LexiconFile:
        of_terms: dict[str, str] = {}
        for phrase in self.phrases:
            if phrase.category not in (self.categories or ("",)):
                known = ", ".join(self.categories) or "none"
                raise ValueError(f"term {phrase.term}: category {phrase.category!r} is none of categories: {known}")
            if of_terms.setdefault(phrase.term, phrase.category) != phrase.category:
                raise ValueError(f"term {phrase.term} has two categories: give all its phrases the same one")
        return self

    @property
    def declaration(self) -> Declaration:
        """The title of the detector and of each term, and where in a call each term is looked for.

        Examples
        --------
        >>> phrase = {"term": "first", "title": "先分类", "role": "agent", "variants": ["请您先分类"]}
        >>> written = {"name": "g", "revision": 1, "detector": "green", "title": "环保提示", "phrases": [phrase]}
        >>> declared = LexiconFile.model_validate(written).declaration
        >>> declared.file_title, dict(declared.terms)
        ('环保提示', {'first': '先分类'})
        """
        terms: dict[str, str] = {}
        for phrase in self.phrases:  # a term may have several, of which one has the title
            terms[phrase.term] = terms.get(phrase.term) or phrase.title
        zones: dict[str, set[str]] = {}
        for phrase in self.phrases:
            zones.setdefault(phrase.term, set()).add(phrase.zone)
        ends = {term: frozenset(each) for term, each in zones.items() if each in ({"opening"}, {"closing"})}
        return Declaration(self.detector, self.detector_title, terms, file_title=self.title, ends=ends)


def _with_guards(phrase: Any, named: Mapping[str, Any]) -> Any:
    if not isinstance(phrase, Mapping):
        return phrase
    given = {field: phrase[field] for field in GUARDS if isinstance(phrase.get(field), Sequence)}
    for field, guards in given.items():
        references = [each for each in guards if isinstance(each, str) and each.startswith("{")]
        if unknown := [each for each in references if each.strip("{}") not in named]:
            raise ValueError(
                f"term {phrase.get('term')}: {field} names {unknown[0]}, which is none of the file's guards"
            )
        given[field] = [w for each in guards for w in (named[each.strip("{}")] if each in references else [each])]
    return {**phrase, **given}


def _check_dated(source: str, date: datetime.date | None) -> None:
    if bool(source) is not (date is not None):
        raise ValueError("give source and date together: where the wordings are from, and when they were written")


def with_phrase(text: str, phrase: Phrase) -> str:
    r"""The text of a lexicon's file with one phrase more at its end, in its next revision; comments stay.

    Parameters
    ----------
    phrase : Phrase
        Of it, term, title, category, role, zone, source, date, variants and examples are written.

    Examples
    --------
    >>> phrase = Phrase(term="推诿", role="agent", variants=("您找物业去",), examples=("您找物业去啊",))
    >>> written = with_phrase("name: g\nrevision: 3\nphrases:\n  # 推脱\n  - term: 推诿\n    role: agent\n", phrase)
    >>> print(written)
    name: g
    revision: 4
    phrases:
      # 推脱
      - term: 推诿
        role: agent
      - {"term": "推诿", "role": "agent", "variants": ["您找物业去"], "examples": ["您找物业去啊"]}
    <BLANKLINE>
    """
    listed = re.search(r"^phrases:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*( *)- ", text, re.MULTILINE)
    indent = listed[1] if listed else "  "
    fields = phrase.model_dump(mode="json", include=_WRITTEN, exclude_defaults=True)
    later = re.sub(r"^(revision: *)(\d+)", lambda m: f"{m[1]}{int(m[2]) + 1}", text, count=1, flags=re.MULTILINE)
    return f"{later.rstrip()}\n{indent}- {json.dumps(fields, ensure_ascii=False)}\n"


_WRITTEN = {"term", "title", "category", "role", "zone", "source", "date", "variants", "examples"}
