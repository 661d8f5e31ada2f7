"""The judge at work: one question about one call -> an opinion, verified or thrown away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.judge.answer import SCHEMA, read_answer, verified
from models.judge.client import Chat, Message
from models.judge.masking import known_names, masked
from models.judge.question import Question, prompt
from pipeline.hearing import Hearing
from pipeline.validation.learning.opinions import Opinion, Problem, Quoted, key_of

LONGEST_DIALOGUE = 20_000
"""Characters; a longer one is not asked about, since half a dialogue says nothing of what is missing."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A call as it is sent: each turn without what is personal, as long as it was.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> print(Dialogue.of(hearing_of(["坐席：您好请讲", "客户：我电话幺三八零零幺三二二零幺"])).text)
    [1] 坐席：您好请讲
    [2] 客户：我电话***********
    """

    hearing: Hearing
    lines: tuple[str, ...]

    @staticmethod
    def of(hearing: Hearing, names: Collection[str] = (), keep: Collection[str] = ()) -> Dialogue:
        """The dialogue of a call; `names` are known to be people's, `keep` to be nobody's."""
        known = known_names(hearing, names)
        return Dialogue(hearing, tuple(masked(turn.text, known, keep) for turn in hearing.turns))

    @property
    def text(self) -> str:
        """Every turn with its number, from 1, and who speaks."""
        numbered = zip(self.hearing.turns, self.lines, strict=True)
        return "\n".join(f"[{n}] {turn.role.title}：{line}" for n, (turn, line) in enumerate(numbered, 1))

    @property
    def is_too_long(self) -> bool:
        """Whether it is not asked about."""
        return sum(map(len, self.lines)) > LONGEST_DIALOGUE


def messages_of(question: Question, dialogue: Dialogue) -> Sequence[Message]:
    """What is sent: the dialogue first, so that a server that keeps what it has read reads it once a call."""
    return (
        {"role": "system", "content": prompt().system},
        {"role": "user", "content": f"{dialogue.text}\n\n{question.text}"},
    )


def ask(chat: Chat, question: Question, dialogue: Dialogue, version: str, *, shown: bool) -> Opinion:
    """The opinion on one item of a call.

    Parameters
    ----------
    shown : bool
        Whether people will see it beside the item.

    Raises
    ------
    UnansweredError
        If nothing came back.
    """
    reply = chat.ask(messages_of(question, dialogue), SCHEMA)
    answer = read_answer(reply.text)
    quoted: tuple[Quoted, ...] = ()
    problem: Problem | None = Problem.UNREADABLE
    if answer is not None:
        quoted, problem = verified(answer, dialogue.lines)
    return Opinion(
        key=key_of(version, dialogue.hearing),
        call_id=dialogue.hearing.call.id,
        criterion=question.criterion,
        version=version,
        judged=answer.verdict if answer is not None and problem is None else None,
        quoted=quoted,
        problem=problem,
        shown=shown,
        tokens=reply.tokens,
        at=datetime.now(UTC),
    )
