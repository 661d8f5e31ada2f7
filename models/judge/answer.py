"""An answer read and verified: what is quoted must stand in the turn that is named, or nothing is believed.

Knows text alone; neither where it comes from nor what becomes of it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.validation.learning.opinions import Judged, Problem, Quoted

MOST_QUOTES = 3
LEAST_QUOTE = 2
"""Characters, punctuation aside: one alone stands anywhere."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": [each.value for each in Judged]},
        "evidence": {
            "type": "array",
            "maxItems": MOST_QUOTES,
            "items": {
                "type": "object",
                "properties": {"turn": {"type": "integer"}, "quote": {"type": "string"}},
                "required": ["turn", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["verdict", "evidence"],
    "additionalProperties": False,
}
"""What is asked for, as JSON schema."""


class Quote(BaseModel):
    """A place as it is answered: the number of a line, from 1, and words of it."""

    model_config = ConfigDict(frozen=True)

    turn: int
    quote: str


class Answer(BaseModel):
    """An answer as it is written."""

    model_config = ConfigDict(frozen=True)

    verdict: Judged
    evidence: Annotated[tuple[Quote, ...], Field(max_length=MOST_QUOTES)] = ()


def read_answer(text: str) -> Answer | None:
    """The answer in a text: the last JSON object that is one, whatever stands around it; None where there is none.

    Examples
    --------
    >>> read_answer('好的：```json {"verdict": "met", "evidence": [{"turn": 1, "quote": "您好"}]}```').verdict.title
    '符合'
    >>> read_answer('{"verdict": "met", "evi'), read_answer("符合"), read_answer('{"verdict": "很好"}')
    (None, None, None)
    """
    found = None
    for written in _objects(text):
        try:
            found = Answer.model_validate(written)
        except ValidationError:
            continue
    return found


def _objects(text: str) -> Iterator[object]:
    """The JSON objects in a text, those within others left out."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def verified(answer: Answer, lines: Sequence[str]) -> tuple[tuple[Quoted, ...], Problem | None]:
    """The places of an answer in the lines that were sent, or why the answer is thrown away.

    Characters, blanks and punctuation are folded: a quote may write them otherwise. One wrong place is enough.

    Parameters
    ----------
    lines : sequence of str
        Each turn as it was sent, in order; offsets are those of its characters.

    Examples
    --------
    >>> lines = ["您好，阳光家政。", "我要投诉"]
    >>> verified(Answer(verdict="met", evidence=(Quote(turn=1, quote="您好 阳光"),)), lines)
    (((0, 0, 5),), None)
    >>> verified(Answer(verdict="met", evidence=(Quote(turn=2, quote="非常抱歉"),)), lines)[1].title
    '引文不在这一句里'
    >>> verified(Answer(verdict="met"), lines)[1].title, verified(Answer(verdict="not_met"), lines)
    ('没有依据', ((), None))
    """
    places = []
    for each in answer.evidence:
        if not 1 <= each.turn <= len(lines):
            return (), Problem.TURN
        said, at = folded(lines[each.turn - 1])
        quote, _ = folded(each.quote)
        start = said.find(quote) if len(quote) >= LEAST_QUOTE else -1
        if start < 0:
            return (), Problem.QUOTE
        places.append((each.turn - 1, at[start], at[start + len(quote) - 1] + 1))
    if not places and answer.verdict in (Judged.MET, Judged.PARTLY):
        return (), Problem.BARE
    return tuple(dict.fromkeys(places)), None


def folded(text: str) -> tuple[str, tuple[int, ...]]:
    """The letters and figures of a text in one spelling, and where in it each of them stands.

    Examples
    --------
    >>> folded("ＡBc，，您 好！")
    ('abc您好', (0, 1, 2, 5, 7))
    """
    kept = [
        (letter, n)
        for n, character in enumerate(text)
        for letter in unicodedata.normalize("NFKC", character).casefold()
        if letter.isalnum()
    ]
    return "".join(letter for letter, _ in kept), tuple(n for _, n in kept)
