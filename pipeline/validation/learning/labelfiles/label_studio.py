"""Labels as Label Studio has them: a JSON list of tasks, each a turn of a recording with a choice.

A task's ``data`` has the recording and the fields of `row.Row`; each annotation is what one person chose, as a
region of the audio and a per-region choice with the same id:

    {"id": "turn", "from_name": "turn", "to_name": "audio", "type": "labels",
     "value": {"start": 3.2, "end": 5.9, "labels": ["话轮"]}}
    {"id": "turn", "from_name": "verdict", "to_name": "audio", "type": "choices",
     "value": {"start": 3.2, "end": 5.9, "choices": ["有"]}}

An unanswered task has the region as a prediction, so that the person sees where to listen. Who judged, and when, is
in the choice's ``meta`` where callqa wrote it; of an annotation made in Label Studio it is ``completed_by`` where
that has an e-mail address, and ``created_at``. A region that was moved there is where the label then lies. A
cancelled annotation, and one without the choice, is no answer.

Source: labelstud.io, "Label Studio Task Format" and the tags Audio, Labels, Choices (perRegion).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.validation.learning.labelfiles.row import NO, YES, JudgementRow, LabelImport, Row, describe_error
from pipeline.validation.learning.labels import Label, Question

TURN = "话轮"

CONFIG = f"""<View>
  <Header value="$criterion"/>
  <Text name="before" value="$before"/>
  <Text name="text" value="$text"/>
  <Audio name="audio" value="$audio"/>
  <Labels name="turn" toName="audio"><Label value="{TURN}"/></Labels>
  <Choices name="verdict" toName="audio" choice="single" required="true" perRegion="true">
    <Choice value="{YES}"/>
    <Choice value="{NO}"/>
  </Choices>
</View>
"""
"""The labelling interface of a project that is to take these tasks."""


class _Part(BaseModel):
    """A part of the file: what Label Studio adds of its own is let through."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Value(_Part):
    """A choice, and where; a choice for the whole recording has no region."""

    choices: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None


class _Result(_Part):
    """One region or choice of an annotation."""

    type: str
    value: _Value = _Value()
    meta: dict[str, Any] = Field(default_factory=dict)


class _Annotation(_Part):
    """The answer of one person to a task."""

    result: tuple[_Result, ...] = ()
    was_cancelled: bool = False
    completed_by: Any = None
    created_at: str | None = None


class _Task(_Part):
    """One turn, and what was said of it."""

    data: Row
    annotations: tuple[_Annotation, ...] = ()


def to_json(labels: Sequence[Label], questions: Iterable[Question], recordings: Mapping[str, str]) -> str:
    """The JSON text of these labels, one task a turn, and of a task for each question.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> question = Question("complaint", "C1", None, Span(1.0, 2.5), Role.CUSTOMER, "我要投诉", "")
    >>> json.loads(to_json([], [question], {}))[0]["data"]["text"]
    '我要投诉'
    """
    said: dict[Question, list[Label]] = {}
    for label in labels:
        said.setdefault(Question.of(label), []).append(label)
    tasks = [
        _task(question, recordings)
        | {
            "annotations": [
                {
                    "created_at": label.at.isoformat(),
                    "ground_truth": label.gold,
                    "was_cancelled": False,
                    "result": [_region(question), _choice(label)],
                }
                for label in own
            ]
        }
        for question, own in said.items()
    ]
    tasks += [
        _task(question, recordings) | {"predictions": [{"result": [_region(question)]}]} for question in questions
    ]
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def read(content: bytes, path: str, by: str, now: datetime) -> LabelImport:
    """The labels of a file; a wrong task is told by its place in the list, from 1, and costs no other.

    Raises
    ------
    ConfigurationError
        If the file is no JSON list.

    Examples
    --------
    >>> read(b"[]", "labels.json", "wang", datetime(2025, 4, 1)).unanswered
    0
    """
    try:
        tasks = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise ConfigurationError(f"{path}: is no JSON ({error}); export it from Label Studio as JSON") from None
    if not isinstance(tasks, list):
        raise ConfigurationError(f"{path}: is no list of tasks; export it from Label Studio as JSON, not JSON-MIN")
    labels, problems, unanswered = [], [], 0
    for number, given in enumerate(tasks, 1):
        try:
            task = _Task.model_validate(given)
            answers = list(_answers(task, by, now))
        except ValidationError as error:
            problems.append(f"{path}: task {number}: {describe_error(error)}")
            continue
        except ValueError as error:
            problems.append(f"{path}: task {number}: {error}")
            continue
        labels += answers
        unanswered += not answers
    return LabelImport(tuple(labels), tuple(problems), unanswered)


def _task(question: Question, recordings: Mapping[str, str]) -> dict[str, Any]:
    return {"data": Row.of(question, recordings.get(question.call_id, "")).model_dump(mode="json")}


def _region(question: Question) -> dict[str, Any]:
    value = {"start": question.span.start, "end": question.span.end, "labels": [TURN]}
    return {"id": "turn", "from_name": "turn", "to_name": "audio", "type": "labels", "value": value}


def _choice(label: Label) -> dict[str, Any]:
    value = {"start": label.span.start, "end": label.span.end, "choices": [YES if label.holds else NO]}
    meta = {"by": label.by, "at": label.at.isoformat(), "source": label.source.value}
    return {
        "id": "turn",
        "from_name": "verdict",
        "to_name": "audio",
        "type": "choices",
        "value": value,
        "meta": meta,
    }


def _answers(task: _Task, by: str, now: datetime) -> Iterator[Label]:
    for annotation in task.annotations:
        chosen = [result for result in annotation.result if result.type == "choices"]
        if annotation.was_cancelled:
            continue
        for result in chosen:
            if len(result.value.choices) != 1:
                raise ValueError(f"one choice is wanted, {YES} or {NO}, and not {'、'.join(result.value.choices)}")
            said: dict[str, Any] = {"by": _person(annotation.completed_by) or by}
            said |= {"at": annotation.created_at or now} | result.meta | {"holds": result.value.choices[0]}
            judged = JudgementRow.model_validate(said)
            value, row = result.value, task.data
            if value.start is not None and value.end is not None:
                row = Row.model_validate(row.model_dump() | {"start": value.start, "end": value.end})
            yield row.question.label(judged.judgement)


def _person(completed_by: object) -> str:
    """The e-mail address of who annotated; empty where the file has only a number that means nothing here."""
    return str(completed_by.get("email") or "") if isinstance(completed_by, dict) else ""
