"""Labels as Label Studio has them: a JSON list of tasks, each a turn of a recording with a choice.

A task's ``data`` has the recording and the fields of `row.Row`; each annotation is what one person chose, as a
region of the audio and a per-region choice with the same id:

    {"id": "turn", "from_name": "turn", "to_name": "audio", "type": "labels",
     "value": {"start": 3.2, "end": 5.9, "labels": ["话轮"]}}
    {"id": "turn", "from_name": "verdict", "to_name": "audio", "type": "choices",
     "value": {"start": 3.2, "end": 5.9, "choices": ["有"]}}

An unanswered task has the region as a prediction, so that the person sees where to listen. Who judged, and when, is
in the choice's ``meta`` where callqa wrote it and the choice is still the same; of an annotation made or changed in
Label Studio it is ``completed_by`` (`annotators`) and ``updated_at``. A region that was moved there is where the
label then lies. A cancelled annotation, a draft, and one without the choice, is no answer; what a project asks
beside ``verdict`` is let through.

Source: labelstud.io, "Label Studio Task Format" and the tags Audio, Labels, Choices (perRegion).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline.errors import ConfigurationError
from pipeline.notices import Notice, NoticeKind
from pipeline.validation.learning.labelfiles.annotators import Annotators
from pipeline.validation.learning.labelfiles.row import (
    NO,
    YES,
    JudgementRow,
    LabelImport,
    Row,
    describe_error,
    without_time,
)
from pipeline.validation.learning.labels import Label, Question

TURN, VERDICT = "话轮", "verdict"
_AT_ONCE = timedelta(seconds=2)
"""Between the two times of an annotation that was never changed."""
_MIN = frozenset({"annotation_id", "annotator", VERDICT, "criterion"})
"""What a task of the export JSON-MIN has beside its answer, and one of JSON has not."""

CONFIG = f"""<View>
  <Header value="$criterion"/>
  <Text name="before" value="$before"/>
  <Text name="text" value="$text"/>
  <Audio name="audio" value="$audio"/>
  <Labels name="turn" toName="audio"><Label value="{TURN}"/></Labels>
  <Choices name="{VERDICT}" toName="audio" choice="single" required="true" perRegion="true">
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
    """The verdict on one region."""

    value: _Value = _Value()
    meta: Any = None


class _Annotation(_Part):
    """The answer of one person to a task; its results are those of any control."""

    result: tuple[Any, ...] | None = ()
    was_cancelled: bool | None = False
    ground_truth: bool | None = False
    completed_by: Any = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    @property
    def verdicts(self) -> list[Any]:
        """The results of the control that is asked for the verdict."""
        return [each for each in self.result or () if _is_choice(each) and each.get("from_name") == VERDICT]

    @property
    def is_changed(self) -> bool:
        """Whether somebody changed it after it was made."""
        made, changed = self.created_at, self.updated_at
        return made is not None and changed is not None and changed - made > _AT_ONCE


class _Task(_Part):
    """One turn, and what was said of it."""

    data: Row
    annotations: tuple[_Annotation, ...] | None = ()
    drafts: tuple[Any, ...] | None = ()


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
        If the file is no JSON list, or one of tasks without their annotations.

    Examples
    --------
    >>> read(b"[]", "labels.json", "wang", datetime(2025, 4, 1)).unanswered
    0
    """
    given = _tasks(content, path)
    annotators = Annotators(by, [each for each in _annotations(given) if isinstance(each, dict)])
    labels, places, problems = list[Label](), list[str](), list[str]()
    unanswered = skipped = drafts = timeless = 0
    for number, one in enumerate(given, 1):
        place = f"{path}: task {number}"
        try:
            task = _Task.model_validate(one)
            answers = list(_answers(task, annotators, now))
        except ValidationError as error:
            problems.append(f"{place}: {describe_error(error)}")
            continue
        except ValueError as error:
            problems.append(f"{place}: {error}")
            continue
        labels += answers
        places += [place] * len(answers)
        unanswered += not answers
        skipped += sum(bool(each.was_cancelled) for each in task.annotations or ())
        drafts += len(task.drafts or ())
        timeless += sum(label.at == now for label in answers)
    name = PurePath(path).name
    notices = [*annotators.notices(name), *without_time(timeless, name)]
    if skipped or drafts:
        told = f"被跳过（取消）的答案 {skipped} 份、没有提交的草稿 {drafts} 份，不算答案，没有读"
        notices.append(Notice(NoticeKind.LABEL_SKIPPED, name, told))
    if others := _other_controls(given):
        problems.append(
            f"{path}: 没有名为 {VERDICT} 的选项，只有 {'、'.join(others)}；界面请用 callqa labels config"
        )
    return LabelImport(tuple(labels), tuple(places), tuple(problems), unanswered, tuple(notices))


def _tasks(content: bytes, path: str) -> list[Any]:
    try:
        tasks = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: is no JSON ({error}); export it from Label Studio as JSON") from None
    if not isinstance(tasks, list):
        raise ConfigurationError(f"{path}: is no list of tasks; export it from Label Studio as JSON, not JSON-MIN")
    own = [task for task in tasks if isinstance(task, dict)]
    if own and all("data" not in task and _MIN & task.keys() for task in own):
        raise ConfigurationError(f"{path}：是 Label Studio 的 JSON-MIN 导出，答案不全；请改选 JSON 再导出一次")
    return tasks


def _annotations(tasks: Iterable[Any]) -> Iterator[Any]:
    """Every annotation in a file, checked or not."""
    for task in tasks:
        own = task.get("annotations") if isinstance(task, dict) else None
        yield from own if isinstance(own, list) else ()


def _is_choice(result: Any) -> bool:
    return isinstance(result, dict) and result.get("type") == "choices"


def _other_controls(tasks: Iterable[Any]) -> list[str]:
    """The names of the choices in a file in which nobody was asked for the verdict; none in any other."""
    given = (one.get("result") for one in _annotations(tasks) if isinstance(one, dict))
    choices = [each for results in given if isinstance(results, list) for each in results if _is_choice(each)]
    names = {str(each.get("from_name")) for each in choices}
    return [] if VERDICT in names else sorted(names)


def _task(question: Question, recordings: Mapping[str, str]) -> dict[str, Any]:
    return {"data": Row.of(question, recordings.get(question.call_id, "")).model_dump(mode="json")}


def _region(question: Question) -> dict[str, Any]:
    value = {"start": question.span.start, "end": question.span.end, "labels": [TURN]}
    return {"id": "turn", "from_name": "turn", "to_name": "audio", "type": "labels", "value": value}


def _choice(label: Label) -> dict[str, Any]:
    value = {"start": label.span.start, "end": label.span.end, "choices": [YES if label.holds else NO]}
    meta = {
        "by": label.by,
        "at": label.at.isoformat(),
        "source": label.source.value,
        "holds": YES if label.holds else NO,
    }
    return {
        "id": "turn",
        "from_name": VERDICT,
        "to_name": "audio",
        "type": "choices",
        "value": value,
        "meta": meta,
    }


def _answers(task: _Task, annotators: Annotators, now: datetime) -> Iterator[Label]:
    for annotation in task.annotations or ():
        if annotation.was_cancelled:
            continue
        said: dict[tuple[float, float], Label] = {}
        for given in annotation.verdicts:
            label = _label(task.data, annotation, _Result.model_validate(given), annotators, now)
            if label is None:
                continue
            before = said.setdefault((label.span.start, label.span.end), label)
            if before.holds is not label.holds:
                raise ValueError(f"同一处既答了“{YES}”又答了“{NO}”，没有采用")
        yield from said.values()


def _label(
    row: Row, annotation: _Annotation, result: _Result, annotators: Annotators, now: datetime
) -> Label | None:
    """The label of a verdict; None where nothing is chosen."""
    chosen, value = result.value.choices, result.value
    if not chosen:
        return None
    if len(chosen) != 1:
        raise ValueError(f"one choice is wanted, {YES} or {NO}, and not {'、'.join(chosen)}")
    said: dict[str, Any] = {"by": annotators.name(annotation.completed_by)}
    said |= {"at": annotation.updated_at or annotation.created_at or now}
    judged = JudgementRow.model_validate(said | _own(annotation, result) | {"holds": chosen[0]})
    fields = row.model_dump() | {"gold": row.gold or bool(annotation.ground_truth)}
    if value.start is not None and value.end is not None:
        fields |= {"start": value.start, "end": value.end}
    return Row.model_validate(fields).question.label(judged.judgement)


def _own(annotation: _Annotation, result: _Result) -> dict[str, Any]:
    """Who judged, when and for what, as callqa wrote it; empty where somebody has changed the choice since."""
    meta = result.meta if isinstance(result.meta, dict) else {}
    is_same = (result.value.choices == (meta["holds"],)) if "holds" in meta else not annotation.is_changed
    return {key: meta[key] for key in ("by", "at", "source") if is_same and meta.get(key) is not None}
