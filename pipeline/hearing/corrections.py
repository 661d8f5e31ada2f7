"""Corrections of a hearing by people: of the words of a turn, of who said it, or of both parties for each other.

Knows how one is written and which of them stand; how a hearing reads with them is in `amendment`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.enums import TitledEnum
from pipeline.hearing.hearing import Hearing
from pipeline.hearing.transcript import Word, span_of, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Span

LONGEST_TEXT = 2000


class CorrectionKind(TitledEnum):
    """The kind of fault that a person corrects, or an act that takes a correction back."""

    WORDS = "words", "改字"
    TURN_ROLE = "turn_role", "改说话人"
    SWAP = "swap", "对调坐席与客户"
    UNDO = "undo", "撤销更正"


@dataclass(frozen=True, slots=True)
class Correction:
    """One act of a person about what was heard in one call.

    Parameters
    ----------
    turn_index : int | None
        Of the turn; of a swap, the turn by which one sees whether it is still to be swapped.
    span : Span | None
        Of the replaced words, or of the turn.
    old, new : str
        The words, or the roles: of that turn, also for a swap.
    reason : str
        A code of `answers.reasons`, or free text.
    by : str
        The account's id.
    at : datetime
        When, timezone-aware.
    id : int
        As the store numbers it; 0 before it is kept.
    undoes : int | None
        The correction that this act undoes.
    """

    call_id: str
    kind: CorrectionKind
    turn_index: int | None
    span: Span | None
    old: str
    new: str
    by: str
    at: datetime
    reason: str = ""
    id: int = 0
    undoes: int | None = None

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise ValueError("更正须有署名")
        if self.at.tzinfo is None:
            raise ValueError(f"a correction without a time zone: {self.at}")
        if (self.kind is CorrectionKind.UNDO) != (self.undoes is not None):
            raise ValueError("an undoing, and nothing else, names what it undoes")
        if self.kind is not CorrectionKind.UNDO and (self.turn_index is None or self.span is None):
            raise ValueError("a correction says where")

    @property
    def shown(self) -> str:
        """The change in Chinese: its words, or its kind.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
        >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
        >>> words_corrected(hearing.turns[0], "我要投诉", call_id="D04", by="li", at=at).shown
        '“头”改为“投”'
        """
        if self.kind is CorrectionKind.WORDS:
            return f"“{self.old}”改为“{self.new}”"
        return self.kind.title


def standing_corrections(acts: Iterable[Correction]) -> tuple[Correction, ...]:
    """The corrections on one call that were not undone, in the order made, out of all acts on it.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> swap = replace(roles_swapped(hearing, by="li", at=at), id=1)
    >>> undoing = replace(swap, kind=CorrectionKind.UNDO, undoes=1, id=2)
    >>> len(standing_corrections([swap])), len(standing_corrections([swap, undoing]))
    (1, 0)
    """
    all_acts = tuple(acts)
    undone = {act.undoes for act in all_acts if act.undoes is not None}
    return tuple(act for act in all_acts if act.kind is not CorrectionKind.UNDO and act.id not in undone)


def standing_by_call(acts: Iterable[Correction]) -> dict[str, tuple[Correction, ...]]:
    """The standing corrections of each call that has any, out of all acts in order.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> swap = replace(roles_swapped(hearing, by="li", at=at), call_id="D04", id=1)
    >>> {call_id: len(own) for call_id, own in standing_by_call([swap]).items()}
    {'D04': 1}
    """
    by_call = defaultdict[str, list[Correction]](list)
    for act in acts:
        by_call[act.call_id].append(act)
    counting = {call_id: standing_corrections(own) for call_id, own in by_call.items()}
    return {call_id: own for call_id, own in counting.items() if own}


def words_corrected(turn: Turn, text: str, *, call_id: str, by: str, at: datetime, reason: str = "") -> Correction:
    """The correction by which a turn reads like `text`: of the words between those that stay at both ends.

    Raises
    ------
    ValueError
        In Chinese, if nothing changes, or nothing that sounds would be left.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> made = words_corrected(hearing.turns[0], "我要投诉", call_id="D04", by="li", at=at)
    >>> made.old, made.new, made.span
    ('头', '投', Span(start=0.5, end=0.75))
    """
    text = "".join(text.split())
    if not any(character.isalnum() for character in text):
        raise ValueError("更正后没有内容；若这句话根本没有说，请推翻相应的评分项")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"更正后过长，请在 {LONGEST_TEXT} 字以内")
    if text == turn.text:
        raise ValueError("与原文相同，没有更正")
    words = turn.words
    first, before = 0, 0
    while first < len(words) and text.startswith(words[first].text, before):
        before += len(words[first].text)
        first += 1
    last, after = len(words), len(text)
    while last > first and text.endswith(words[last - 1].text, before, after):
        after -= len(words[last - 1].text)
        last -= 1
    if first == last:  # something was said between two words: the one before is replaced by itself and more
        first, last, before, after = _one_more(words, first, last, before, after)
    while not any(c.isalnum() for c in text[before:after]) or span_of(words[first:last]).duration == 0:
        wider = _one_more(words, first, last, before, after)
        if wider == (first, last, before, after):
            break
        first, last, before, after = wider
    replaced = words[first:last]
    return Correction(
        call_id=call_id,
        kind=CorrectionKind.WORDS,
        turn_index=turn.index,
        span=span_of(replaced),
        old=text_of(replaced),
        new=text[before:after],
        by=by,
        at=at,
        reason=reason,
    )


def _one_more(words: Sequence[Word], first: int, last: int, before: int, after: int) -> tuple[int, int, int, int]:
    """One word more to the left of what is replaced, or else to the right; the same where there is none."""
    if first:
        return first - 1, last, before - len(words[first - 1].text), after
    if last < len(words):
        return first, last + 1, before, after + len(words[last].text)
    return first, last, before, after


def role_corrected(turn: Turn, role: Role, *, call_id: str, by: str, at: datetime, reason: str = "") -> Correction:
    """The correction by which somebody else said a turn; ValueError in Chinese if nothing changes.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> role_corrected(hearing.turns[1], Role.CUSTOMER, call_id="D04", by="li", at=at).shown
    '改说话人'
    """
    if role is turn.role:
        raise ValueError("说话人与现在的相同，没有更正")
    kind = CorrectionKind.TURN_ROLE
    return Correction(call_id, kind, turn.index, turn.span, turn.role, role, by, at, reason)


def roles_swapped(hearing: Hearing, *, by: str, at: datetime, reason: str = "") -> Correction:
    """The correction that takes agent and customer for each other; ValueError in Chinese if neither speaks.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> roles_swapped(hearing, by="li", at=at).new.value
    'agent'
    """
    turn = next((turn for turn in hearing.turns if turn.role.is_party), None)
    if turn is None:
        raise ValueError("本通没有坐席或客户的话，无从对调")
    other = Role.CUSTOMER if turn.role is Role.AGENT else Role.AGENT
    kind = CorrectionKind.SWAP
    return Correction(hearing.call.id, kind, turn.index, turn.span, turn.role, other, by, at, reason)
