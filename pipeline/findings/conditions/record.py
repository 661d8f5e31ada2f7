"""Leaves that hold of a call as a whole: its record, its length, and how many turns it has.

Knows what the record of a call says; where something is said is in `leaves`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from pipeline.call.call import SHANGHAI
from pipeline.findings.conditions.scene import Occurrence, Scene, UnknownFactError
from pipeline.findings.conditions.shapes import Bounds, OfCall, Turns
from pipeline.hearing import Hearing
from pipeline.hearing.part import part_of

DIRECTIONS = {"inbound": "呼入", "outbound": "呼出"}
PARTIES = {"agent": "坐席", "customer": "客户", "system": "系统"}


def match_call(leaf: OfCall, scene: Scene) -> Iterator[Occurrence]:
    """The call as a whole, where its record says everything that is asked; nothing where it says otherwise.

    Raises
    ------
    UnknownFactError
        If the record does not tell, in Chinese: nobody knows whether the condition holds.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["（话单：队列=售后，时长=45，渠道=微信）", "坐席：您好"])
    >>> scene = Scene(call, (), Vocabulary({}, None))
    >>> asked = {"queue": "售后", "duration_s": {"at_least": 30}, "parameters": {"渠道": ["微信", "电话"]}}
    >>> [one.wording for one in match_call(OfCall.model_validate(asked), scene)]
    ['队列 售后，通话时长 45 秒，渠道 微信']
    """
    told: list[str] = []
    unknown: list[str] = []
    for title, holds, text in _asked(leaf, scene.hearing):
        if holds is False:
            return
        (unknown if holds is None else told).append(title if holds is None else f"{title} {text}".strip())
    if unknown:
        raise UnknownFactError(f"话单没有写明{'、'.join(unknown)}")
    yield scene.whole("，".join(told))


def count_turns(leaf: Turns, scene: Scene) -> Iterator[Occurrence]:
    """The call as a whole, where somebody, or both together, has so many turns.

    Examples
    --------
    >>> from pipeline.findings.conditions import Vocabulary
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> scene = Scene(hearing_of(["坐席：您好", "客户：喂", "坐席：请讲"]), (), Vocabulary({}, None))
    >>> [one.wording for one in count_turns(Turns(role="agent", at_least=2), scene)]
    ['坐席 2 轮']
    >>> list(count_turns(Turns(at_least=4), scene))
    []
    """
    turns = [turn for turn in scene.turns if turn.role.is_party and leaf.role in (None, turn.role.value)]
    if leaf.holds(len(turns)):
        sure = 1.0 if leaf.role is None else scene.hearing.quality.role_confidence
        yield scene.whole(f"{PARTIES.get(leaf.role or '', '双方共')} {len(turns)} 轮", sure)


def _asked(leaf: OfCall, hearing: Hearing) -> Iterator[tuple[str, bool | None, str]]:
    """Title, whether it holds (None: the record does not tell), and what the call has, of each that is asked."""
    call, fixed = hearing.call, hearing.call.direction.value
    words: Mapping[str, tuple[tuple[str, ...], str | None, str]] = {
        "队列": (leaf.queue, call.queue, call.queue or ""),
        "工号": (leaf.agent, call.agent_id, call.agent_id or ""),
        "方向": ((leaf.direction,) if leaf.direction else (), fixed, DIRECTIONS[fixed]),
        "挂机方": (
            (leaf.hangup_by,) if leaf.hangup_by else (),
            call.hangup_by,
            PARTIES.get(call.hangup_by or "", ""),
        ),
    }
    for title, (wanted, has, shown) in words.items():
        if wanted:
            yield title, _is_one(has, wanted) if has else None, shown
    if leaf.duration_s:
        seconds = part_of(hearing).duration if call.talk_seconds is None else call.talk_seconds
        yield "通话时长", leaf.duration_s.holds(seconds), f"{seconds:g} 秒"
    if leaf.ring_s:
        rang = hearing.speed_of_answer.seconds
        yield "振铃时长", None if rang is None else leaf.ring_s.holds(rang), f"{rang or 0:g} 秒"
    if leaf.hour:
        at = call.started_at and call.started_at.astimezone(SHANGHAI)
        yield "开始时间", leaf.hour.holds(at.hour) if at else None, f"{at:%H:%M}" if at else ""
    for title, asked in leaf.parameters.items():
        text = call.parameter(title)
        yield f"“{title}”" if text is None else title, _parameter(text, asked), text or ""


def _parameter(text: str | None, wanted: tuple[str, ...] | Bounds) -> bool | None:
    """Whether another column says it; None where there is no such column, or no number where one is asked for."""
    if not text:  # a column that is there and empty says that there is none
        return None if text is None else False
    if not isinstance(wanted, Bounds):
        return _is_one(text, wanted)
    try:
        return wanted.holds(float(unicodedata.normalize("NFKC", text).replace(",", "")))
    except ValueError:
        return None


def _is_one(text: str, wanted: tuple[str, ...]) -> bool:
    return _bare(text) in {_bare(each) for each in wanted}


def _bare(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
