"""Questions to a judge: one for each item of a standard, made from the standard's own sentence.

Knows the file ``prompt.yaml``; not how a question is sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.judge.masking import MASKING
from pipeline.errors import ClassifierError
from pipeline.policy.load import load_policy
from pipeline.scorecard import Scorecard
from pipeline.validation.learning.opinions import criterion_of

LEAST_PRECISION, LEAST_RECALL = 0.8, 0.6
"""Floors of the gate, of "not fully met" against what people say."""


class Prompt(BaseModel):
    """The words around a question, as the file has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: Annotated[int, Field(ge=1)]
    system: str
    ask: str


@cache
def prompt() -> Prompt:
    """The shipped file, checked."""
    return load_policy(files("models.judge") / "prompt.yaml", Prompt)[0]


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one item of a standard.

    Parameters
    ----------
    title, sentence : str
        The criterion's title, and its sentence as printed.
    item_title : str
        What is asked of it here.
    answered_as : str
        The id under which people answer it: the criterion's where it has one item alone.
    """

    standard: str
    item_id: str
    title: str
    sentence: str
    item_title: str
    answered_as: str = ""

    @property
    def criterion(self) -> str:
        """As the registry has it."""
        return criterion_of(self.standard, self.item_id)

    @property
    def text(self) -> str:
        """The question as it is sent, after the dialogue."""
        return prompt().ask.format(title=self.title, standard=self.sentence, item=self.item_title)

    def version(self, model: str) -> str:
        """The model's name and a hash of all that shapes its answer: question, words around it, masking.

        Examples
        --------
        >>> asked = Question("kf01", "KF01-9-1", "感谢", "对客户的来电表示感谢。", "感谢")
        >>> asked.version("qwen3:8b") == asked.version("qwen3:8b"), asked.version("qwen3:8b")[:9]
        (True, 'qwen3-8b-')
        >>> asked.version("qwen3:8b") == asked.version("qwen3:14b")
        False
        """
        shaped = "\n".join((model, prompt().system, self.text, MASKING))
        name = re.sub(r"[^\w.]+", "-", model.rpartition("/")[2]).strip("-")
        return f"{name}-{hashlib.sha256(shaped.encode()).hexdigest()[:12]}"


def questions_of(card: Scorecard) -> Iterator[Question]:
    """The questions of a standard, one for each item that a call is asked and no feed answers.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [each.item_id for each in questions_of(find_scorecard("kf01"))][:3]
    ['KF01-3-1', 'KF01-4-1', 'KF01-4-2']
    """
    for asked in card.call_criteria:
        for item in asked.items:
            if item.source != "feed":
                sentence, alone = asked.criterion.standard, len(asked.items) == 1
                answered_as = asked.criterion.id if alone else item.id
                yield Question(card.name, item.id, asked.criterion.title, sentence, item.title, answered_as)


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """The card of a judge: which model is asked which question, and what the gate asks of it.

    No figure stands on it: a judge is not trained, it is measured on what people answer.
    """

    model: str
    question: Question
    least_precision: float = LEAST_PRECISION
    least_recall: float = LEAST_RECALL

    def to_json(self) -> str:
        """The card as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @property
    def artifact(self) -> bytes:
        """What is kept as the artifact: the very words that are sent, but for the dialogue."""
        return "\n".join((prompt().system, self.question.text)).encode()


def read_judge_card(text: str) -> JudgeCard:
    """A card from its JSON text.

    Raises
    ------
    ClassifierError
        If it is not the card of a judge.
    """
    try:
        written = json.loads(text)
        return JudgeCard(**(written | {"question": Question(**written["question"])}))
    except (ValueError, TypeError, KeyError) as error:
        raise ClassifierError(f"not the card of a judge: {error}") from None
