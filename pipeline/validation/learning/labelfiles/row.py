"""A label as a stranger's file has it: plain fields, checked one row at a time.

Knows which fields there are and how a wrong one is told; not how a file lays them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import (
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


def _or_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Flag: TypeAlias = Annotated[bool, BeforeValidator(to_bool)]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
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

    model_config = ConfigDict(extra="ignore", frozen=True)

    criterion: Name
    call_id: Name
    agent_id: Annotated[str | None, BeforeValidator(_or_none)] = None
    start: Annotated[FiniteFloat, Field(ge=0)]
    end: Annotated[FiniteFloat, Field(ge=0)]
    role: Role
    text: str
    before: str = ""
    gold: Flag = False
    drawn: Flag = False
    machine: Annotated[Probability | None, BeforeValidator(_or_none)] = None
    rate: Annotated[FiniteFloat, Field(gt=0, le=1)] = 1.0
    audio: str = ""
    why: str = ""

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
    by: Name
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
    problems : tuple of str
        A sentence for each row that was left out, with file and row.
    unanswered : int
        Questions that nobody has answered yet.
    """

    labels: tuple[Label, ...]
    problems: tuple[str, ...]
    unanswered: int


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
