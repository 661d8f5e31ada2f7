"""A label as a stranger's file has it: plain fields, checked one row at a time.

Knows which fields there are and how a wrong one is told; not how a file lays them out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    model_validator,
)

from pipeline.hearing.turns import Role
from pipeline.ids import bare, one_id
from pipeline.notices import Notice, NoticeKind
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Judgement, Label, Question, Source

YES, NO = "有", "没有"
"""The two choices that a person has."""

WORDS = {YES: True, NO: False} | {
    word: holds for holds, words in ((True, "是 yes true 1"), (False, "否 无 no false 0")) for word in words.split()
}
"""The words for yes and no."""


def to_bool(value: object) -> object:
    """The value of a word; anything else as it is, for pydantic to refuse.

    Examples
    --------
    >>> to_bool("有"), to_bool("no"), to_bool("perhaps")
    (True, False, 'perhaps')
    """
    return WORDS.get(value.strip().casefold(), value) if isinstance(value, str) else value


def to_id(value: object) -> object:
    """The id in a field, as everywhere; programs make numbers of some. None for none.

    Raises
    ------
    ValueError
        If it is in doubt.

    Examples
    --------
    >>> to_id(1003), to_id(1003.0), to_id("１００３"), to_id("NULL")
    ('1003', '1003', '1003', None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < _EXACT else f"{value:E}"
    return one_id(str(value))


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""


def _storable(text: str) -> str:
    """The text, if every database takes it."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("含有不是文字的字符")
    return text


_EXACT = 10**15
"""Whole numbers below it are kept as they are by every program."""
Flag: TypeAlias = Annotated[bool, BeforeValidator(to_bool)]
Text: TypeAlias = Annotated[str, AfterValidator(_storable)]
Name: TypeAlias = Annotated[Text, Field(min_length=1)]
Person: TypeAlias = Annotated[Text, AfterValidator(bare), Field(min_length=1)]
Probability: TypeAlias = Annotated[FiniteFloat, Field(ge=0, le=1)]


class Row(BaseModel):
    """The fields of a question, which every format has; see `labels.Label` for what they mean.

    Parameters
    ----------
    audio : str
        Where the recording lies; for the person who listens, and not read back.
    why : str
        Why the question is asked; not read back into a label either.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    criterion: Name
    call_id: Annotated[Name, BeforeValidator(to_id)]
    agent_id: Annotated[Text | None, BeforeValidator(to_id)] = None
    start: Annotated[FiniteFloat, Field(ge=0)]
    end: Annotated[FiniteFloat, Field(ge=0)]
    role: Role
    text: Text
    before: Text = ""
    gold: Flag = False
    drawn: Flag = False
    machine: Probability | None = None
    rate: Annotated[FiniteFloat, Field(gt=0, le=1)] = 1.0
    audio: str = ""
    why: str = ""

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        """What is left blank in a field that may be: tables write nothing, null or NaN there."""
        if not isinstance(given, Mapping):
            return given
        fields = cls.model_fields
        return {k: v for k, v in given.items() if k not in fields or fields[k].is_required() or not _is_blank(v)}

    @model_validator(mode="after")
    def _forwards(self) -> Row:
        if self.end < self.start:
            raise ValueError(f"the end, {self.end:g}, lies before the start, {self.start:g}")
        return self

    @property
    def question(self) -> Question:
        """The question that a person is asked.

        Examples
        --------
        >>> row = Row(criterion="complaint", call_id="C1", start=1.0, end=2.5, role=Role.CUSTOMER, text="我要投诉")
        >>> row.question.span, row.question.gold
        (Span(start=1.0, end=2.5), False)
        """
        return Question(
            self.criterion,
            self.call_id,
            self.agent_id,
            Span(self.start, self.end),
            self.role,
            self.text,
            self.before,
            self.gold,
            self.drawn,
            self.machine,
            self.rate,
            self.why,
        )

    @staticmethod
    def of(question: Question, audio: str) -> Row:
        """The row of a question.

        Examples
        --------
        >>> question = Question("complaint", "C1", None, Span(1.0, 2.5), Role.CUSTOMER, "我要投诉", "您好")
        >>> Row.of(question, "recordings/C1.wav").question == question
        True
        """
        return Row.model_construct(
            criterion=question.criterion,
            call_id=question.call_id,
            agent_id=question.agent_id,
            start=question.span.start,
            end=question.span.end,
            role=question.role,
            text=question.text,
            before=question.before,
            gold=question.gold,
            drawn=question.drawn,
            machine=question.machine,
            rate=question.rate,
            audio=audio,
            why=question.why,
        )


class JudgementRow(BaseModel):
    """The judgement of a person, who and when; of a file that names neither, `read_labels` is told."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    holds: Flag
    source: Source = Source.IMPORT
    by: Person
    at: AwareDatetime

    @property
    def judgement(self) -> Judgement:
        """The judgement of a label."""
        return Judgement(self.holds, self.by, self.at, self.source)


@dataclass(frozen=True, slots=True)
class LabelImport:
    """The content of a file.

    Parameters
    ----------
    places : tuple of str
        Where each label stands: ``file: task 3``.
    problems : tuple of str
        A sentence for each row that was left out, with file and row.
    unanswered : int
        Questions that nobody has answered yet.
    notices : tuple of Notice
        What was doubtful, and how it was taken.
    """

    labels: tuple[Label, ...]
    places: tuple[str, ...]
    problems: tuple[str, ...]
    unanswered: int
    notices: tuple[Notice, ...] = ()


def without_time(count: int, file: str) -> tuple[Notice, ...]:
    """That so many labels of a file do not say when they were given; none where all do."""
    if not count:
        return ()
    told = f"{count} 条没有写时间，按导入的时间算；同一人别的答案若更早，会被它们取代"
    return (Notice(NoticeKind.LABEL_WITHOUT_TIME, file, told),)


def describe_error(error: ValidationError) -> str:
    """The first mistake in a row, with the field's name and what it should be.

    Examples
    --------
    >>> row = {"criterion": "complaint", "call_id": "C1", "start": -1, "end": 2, "role": "agent", "text": ""}
    >>> try:
    ...     Row.model_validate(row)
    ... except ValidationError as error:
    ...     describe_error(error)
    'start is -1: Input should be greater than or equal to 0'
    """
    first = error.errors(include_url=False)[0]
    problem = first["msg"].removeprefix("Value error, ")
    field = ".".join(str(step) for step in first["loc"])
    if not field:
        return problem
    if field == "holds":
        problem = f"should be {YES} or {NO}"
    given = first["input"]
    return f"{field} is {given!r}: {problem}" if isinstance(given, str | int | float) else f"{field}: {problem}"
