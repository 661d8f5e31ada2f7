"""A dialogue that somebody wrote down, as if it had been heard: for the examples of rules and for trying them.

A line is ``坐席：…`` or ``客户：…`` (``录音：…`` for an announcement); a line ``（8秒）`` is a pause of so long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Recording
from pipeline.hearing.hearing import Hearing, Quality
from pipeline.hearing.transcript import Word, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

SPEAKERS = {"坐席": Role.AGENT, "客服": Role.AGENT, "客户": Role.CUSTOMER, "录音": Role.SYSTEM}
WORD_S: Seconds = 0.25
"""The time of one written character: four a second, which is how people talk on the telephone."""
BREATH_S: Seconds = 0.5  # between two turns
LINE = re.compile(r"^\s*(\w+)\s*[：:]\s*(.+?)\s*$")
PAUSE = re.compile(r"^\s*[（(]\s*(\d+(?:\.\d+)?)\s*秒\s*[）)]\s*$")


def hearing_of(lines: str | Iterable[str], call_id: str = "") -> Hearing:
    r"""A written dialogue as a hearing: every word certain, every role known, no ringing.

    Parameters
    ----------
    lines : str or iterable of str
        As above; empty lines and those with ``#`` in front are skipped. A text without any speaker is the agent's.

    Raises
    ------
    ValueError
        If a line is neither, in Chinese; names the line.

    Examples
    --------
    >>> [turn.role.value for turn in hearing_of("坐席：您好\n客户：喂").turns]
    ['agent', 'customer']
    """
    all_lines = lines.splitlines() if isinstance(lines, str) else list(lines)
    speeches = [line for line in all_lines if line.strip() and not line.lstrip().startswith("#")]
    if speeches and not any(_spoken(line) for line in speeches):
        speeches = [f"坐席：{line}" for line in speeches]
    turns: list[Turn] = []
    now: Seconds = 0.0
    for line in speeches:
        if pause := PAUSE.match(line):
            now += float(pause[1])
            continue
        spoken = _spoken(line)
        if spoken is None:
            raise ValueError(f"“{line.strip()}”前面没有写谁说的：每行以“坐席：”或“客户：”开头，停顿写“（8秒）”")
        role, text = spoken
        words = tuple(
            Word(character, Span(now + n * WORD_S, now + (n + 1) * WORD_S), 1.0) for n, character in enumerate(text)
        )
        now = words[-1].span.end + BREATH_S
        if turns and turns[-1].role is role:  # as it is heard: one turn until the other one speaks
            words = turns.pop().words + words
        span = Span(words[0].span.start, words[-1].span.end)
        turns.append(Turn(len(turns), role, span, text_of(words), words, 1.0))
    return _hearing(call_id, tuple(turns), now)


def _spoken(line: str) -> tuple[Role, str] | None:
    match = LINE.match(line)
    if match is None or match[1] not in SPEAKERS:
        return None
    return SPEAKERS[match[1]], unicodedata.normalize("NFKC", match[2])


def _hearing(call_id: str, turns: tuple[Turn, ...], length: Seconds) -> Hearing:
    spoken = sum(turn.span.duration for turn in turns)
    by_agent = sum(turn.span.duration for turn in turns if turn.role is Role.AGENT)
    call = Call(
        id=call_id,
        agent_id=None,
        agent_name=None,
        queue=None,
        direction=Direction.INBOUND,
        caller=None,
        ring_at=None,
        answered_at=None,
        ended_at=None,
        recording_name=None,
        answered=True,
    )
    return Hearing(
        call=call,
        recording=Recording(call_id, "", 8000, 2, round(length * 8000), length),
        ringback=Ringback(()),
        speed_of_answer=SpeedOfAnswer(None, None, None),
        turns=turns,
        quality=Quality(
            speech_seconds=spoken,
            transcribed_seconds=spoken,
            word_confidence=1.0,
            role_confidence=1.0,
            agent_seconds=by_agent,
        ),
    )
