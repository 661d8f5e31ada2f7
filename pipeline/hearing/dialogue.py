"""A dialogue that somebody wrote down, as if it had been heard: for the examples of rules and for trying them.

A line is ``坐席：…`` or ``客户：…`` (``录音：…`` for an announcement); a line ``（8秒）`` is a pause of so long.
A line ``（话单：队列=售后，方向=呼出，工号=1001，开始=2025-03-03 21:30，时长=95，振铃=9，渠道=微信）`` is
the record of the call, or some of it: any other name is a column of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import SHANGHAI, Call, Direction, Recording
from pipeline.hearing.hearing import Hearing, Quality
from pipeline.hearing.transcript import Word, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

SPEAKERS = {"坐席": Role.AGENT, "客服": Role.AGENT, "客户": Role.CUSTOMER, "录音": Role.SYSTEM}
_DIRECTIONS = {"呼入": Direction.INBOUND, "呼出": Direction.OUTBOUND}
_PARTIES = {"坐席": "agent", "客户": "customer", "系统": "system"}
_OWN = ("队列", "方向", "工号", "开始", "时长", "振铃", "挂机")
WORD_S: Seconds = 0.25
"""The time of one written character: four a second, which is how people talk on the telephone."""
BREATH_S: Seconds = 0.5  # between two turns
LINE = re.compile(r"^\s*(\w+)\s*[：:]\s*(.+?)\s*$")
RECORD = re.compile(r"^\s*[（(]\s*话单\s*[：:](.*)[）)]\s*$")
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
    written = [line for line in all_lines if line.strip() and not line.lstrip().startswith("#")]
    speeches = [line for line in written if not RECORD.match(line)]
    columns = dict(pair for line in written if (record := RECORD.match(line)) for pair in _columns(record[1]))
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
    return _hearing(_call(call_id, columns), columns, tuple(turns), now)


def _columns(record: str) -> Iterator[tuple[str, str]]:
    for cell in re.split(r"[，,；;]", record):
        title, sep, text = cell.partition("=")
        if not sep or not title.strip():
            raise ValueError(
                f"话单一行里的“{cell.strip()}”不是“名称=内容”，请写成（话单：队列=售后，时长=95）的样子"
            )
        yield title.strip(), text.strip()


def _spoken(line: str) -> tuple[Role, str] | None:
    match = LINE.match(line)
    if match is None or match[1] not in SPEAKERS:
        return None
    return SPEAKERS[match[1]], unicodedata.normalize("NFKC", match[2])


def _call(call_id: str, columns: dict[str, str]) -> Call:
    direction, hangup_by = columns.get("方向", "呼入"), columns.get("挂机", "")
    if direction not in _DIRECTIONS or hangup_by not in ("", *_PARTIES):
        raise ValueError("话单一行里，方向写“呼入”或“呼出”，挂机写“坐席”“客户”或“系统”")
    ring_at = answered_at = ended_at = None
    if at := columns.get("开始"):
        try:
            ring_at = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI).astimezone(UTC)
        except ValueError:
            raise ValueError(f"话单一行里的开始“{at}”不是时间，请写成 2025-03-03 21:30 的样子") from None
        answered_at = ring_at + timedelta(seconds=_seconds(columns, "振铃") or 0.0)
        lasted = _seconds(columns, "时长")
        ended_at = None if lasted is None else answered_at + timedelta(seconds=lasted)
    return Call(
        id=call_id,
        agent_id=columns.get("工号"),
        agent_name=None,
        queue=columns.get("队列"),
        direction=_DIRECTIONS[direction],
        caller=None,
        ring_at=ring_at,
        answered_at=answered_at,
        ended_at=ended_at,
        recording_name=None,
        answered=True,
        hangup_by=_PARTIES.get(hangup_by),
        parameters=tuple((title, text) for title, text in columns.items() if title not in _OWN),
    )


def _seconds(columns: dict[str, str], title: str) -> Seconds | None:
    try:
        return float(columns[title]) if title in columns else None
    except ValueError:
        raise ValueError(f"话单一行里的{title}“{columns[title]}”不是秒数") from None


def _hearing(call: Call, columns: dict[str, str], turns: tuple[Turn, ...], length: Seconds) -> Hearing:
    length = _seconds(columns, "时长") or length
    rang = _seconds(columns, "振铃")
    spoken = sum(turn.span.duration for turn in turns)
    by_agent, by_customer = (
        sum(turn.span.duration for turn in turns if turn.role is role) for role in (Role.AGENT, Role.CUSTOMER)
    )
    return Hearing(
        call=call,
        recording=Recording(call.id, "", 8000, 2, round(length * 8000), length),
        ringback=Ringback(()),
        speed_of_answer=SpeedOfAnswer(rang, None, None),
        turns=turns,
        quality=Quality(
            speech_seconds=spoken,
            transcribed_seconds=spoken,
            word_confidence=1.0,
            role_confidence=1.0,
            agent_seconds=by_agent,
            customer_seconds=by_customer,
        ),
    )
