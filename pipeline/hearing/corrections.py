"""What a person heard otherwise than the machine: words of a turn, who said it, or both parties for each other.

Knows how a hearing reads with the corrections laid over; nothing of how it was heard is lost, and those of a call
that was heard anew are laid over only where what they correct is still there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum

from pipeline.hearing.hearing import Acoustics, Hearing, Look
from pipeline.hearing.transcript import Word, span_of, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

LONGEST_TEXT = 2000
CERTAIN = 1.0
"""The probability of what a person heard."""


class CorrectionKind(StrEnum):
    """What was wrong."""

    WORDS = "words"
    TURN_ROLE = "turn_role"
    SWAP = "swap"
    UNDO = "undo"


CORRECTIONS = {
    CorrectionKind.WORDS: "改字",
    CorrectionKind.TURN_ROLE: "改说话人",
    CorrectionKind.SWAP: "对调坐席与客户",
    CorrectionKind.UNDO: "撤销更正",
}


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
        """What was changed, in Chinese."""
        if self.kind is CorrectionKind.WORDS:
            return f"“{self.old}”改为“{self.new}”"
        return CORRECTIONS[self.kind]


def standing_corrections(acts: Iterable[Correction]) -> tuple[Correction, ...]:
    """What counts now of all acts on one call, in the order made: what was not undone."""
    listed = tuple(acts)
    undone = {act.undoes for act in listed if act.undoes is not None}
    return tuple(act for act in listed if act.kind is not CorrectionKind.UNDO and act.id not in undone)


def corrected(hearing: Hearing, corrections: Iterable[Correction]) -> Hearing:
    """The call as it reads with the corrections laid over; those that no longer fit are left out.

    Note
    ----
    Turns keep their number and are not joined, so that later corrections and findings name the same turn.
    """
    return _walked(hearing, corrections)[0]


def misfits(hearing: Hearing, corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """The corrections that `corrected` leaves out: the call was heard anew, and what they correct is not there."""
    return _walked(hearing, corrections)[1]


def _walked(hearing: Hearing, corrections: Iterable[Correction]) -> tuple[Hearing, tuple[Correction, ...]]:
    left: list[Correction] = []
    for correction in corrections:
        match correction.kind:
            case CorrectionKind.WORDS:
                after = _with_words(hearing, correction)
            case CorrectionKind.TURN_ROLE:
                after = _with_role(hearing, correction)
            case CorrectionKind.SWAP:
                after = _with_swap(hearing, correction)
            case CorrectionKind.UNDO:
                raise ValueError("an undoing changes nothing by itself: give what stands (`standing_corrections`)")
        if after is None:
            left.append(correction)
        else:
            hearing = after
    return hearing, tuple(left)


# --- how one is written


def words_corrected(turn: Turn, text: str, *, call_id: str, by: str, at: datetime, reason: str = "") -> Correction:
    """What changes when a turn reads like `text`: the words between those that stay at both ends.

    Raises
    ------
    ValueError
        In Chinese, if nothing changes, or nothing that sounds would be left.
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
    """What changes when somebody else said a turn; ValueError in Chinese if nothing does."""
    if role is turn.role:
        raise ValueError("说话人与现在的相同，没有更正")
    kind = CorrectionKind.TURN_ROLE
    return Correction(call_id, kind, turn.index, turn.span, turn.role, role, by, at, reason)


def roles_swapped(hearing: Hearing, *, by: str, at: datetime, reason: str = "") -> Correction:
    """What changes when agent and customer are each other; ValueError in Chinese if neither speaks."""
    turn = next((turn for turn in hearing.turns if turn.role is not Role.UNKNOWN), None)
    if turn is None:
        raise ValueError("本通没有坐席或客户的话，无从对调")
    other = Role.CUSTOMER if turn.role is Role.AGENT else Role.AGENT
    kind = CorrectionKind.SWAP
    return Correction(hearing.call.id, kind, turn.index, turn.span, turn.role, other, by, at, reason)


# --- how one is laid over


def _with_words(hearing: Hearing, correction: Correction) -> Hearing | None:
    span = correction.span or Span(0.0, 0.0)
    for turn in _near(hearing.turns, correction):
        place = _place_of(turn.words, span, correction.old)
        if place is None:
            continue
        first, last = place
        old = turn.words[first:last]
        new = _respelt(old, correction.new)
        words = (*turn.words[:first], *new, *turn.words[last:])
        turns = _put(hearing.turns, replace(turn, words=words, text=text_of(words)))
        looks = tuple(_look_with(look, span_of(old), new) for look in hearing.looks)
        return _measured(replace(hearing, turns=turns, looks=looks), old, new)
    return None


def _with_role(hearing: Hearing, correction: Correction) -> Hearing | None:
    turn = next((t for t in _near(hearing.turns, correction) if t.role == correction.old), None)
    if turn is None:
        return None
    role = Role(correction.new)
    turns = _put(hearing.turns, replace(turn, role=role, confidence=CERTAIN))
    looks = tuple(_look_of(look, role, turn.span) for look in hearing.looks)
    measured = hearing.acoustics and _sounding_of(hearing.acoustics, turn, role)
    return _measured(replace(hearing, turns=turns, looks=looks, acoustics=measured))


def _with_swap(hearing: Hearing, correction: Correction) -> Hearing | None:
    anchor = next(iter(_near(hearing.turns, correction)), None)
    if anchor is None or anchor.role != correction.old:
        return None  # heard anew, and already the right way round
    other = hearing.swapped()
    turns = tuple(turn if turn.role is Role.UNKNOWN else replace(turn, confidence=CERTAIN) for turn in other.turns)
    return replace(other, turns=turns, quality=replace(other.quality, role_confidence=CERTAIN))


def _near(turns: Sequence[Turn], correction: Correction) -> list[Turn]:
    """The turns that sound where the correction is, the one that it names first, then by how much they do."""
    span = correction.span or Span(0.0, 0.0)
    there = [turn for turn in turns if turn.span.overlap(span) > 0]
    return sorted(there, key=lambda turn: (turn.index != correction.turn_index, -turn.span.overlap(span)))


def _place_of(words: Sequence[Word], span: Span, old: str) -> tuple[int, int] | None:
    """Where in the words `old` is heard in `span`: from and to; None if it is not."""
    for first in range(len(words)):
        text = ""
        for last in range(first, len(words)):
            text += words[last].text
            if text == old and span_of(words[first : last + 1]).overlap(span) > span.duration / 2:
                return first, last + 1
            if not old.startswith(text):
                break
    return None


def _respelt(old: Sequence[Word], text: str) -> tuple[Word, ...]:
    """The words for `text` in the time of others: characters that stay keep their times, others share what is left.

    What comes between two characters that stay, where nothing was heard, takes half of the one before it; at the
    start, half of the one after it.
    """
    timed = [
        (character, Span(word.span.start + n * each, word.span.start + (n + 1) * each))
        for word in old
        for each in [word.span.duration / max(1, len(word.text))]
        for n, character in enumerate(word.text)
    ]
    made: list[Word] = []
    for tag, a, b, c, d in SequenceMatcher(None, text_of(old), text, autojunk=False).get_opcodes():
        if tag == "equal":
            made += [Word(character, at, CERTAIN) for character, at in timed[a:b]]
        elif tag == "replace":
            made += _spread(text[c:d], Span(timed[a][1].start, timed[b - 1][1].end))
        elif tag == "insert" and made:
            last = made[-1]
            made[-1] = replace(last, span=Span(last.span.start, last.span.middle))
            made += _spread(text[c:d], Span(last.span.middle, last.span.end))
        elif tag == "insert":
            character, at = timed[a]
            timed[a] = character, Span(at.middle, at.end)
            made += _spread(text[c:d], Span(at.start, at.middle))
    return tuple(made)


def _spread(text: str, room: Span) -> list[Word]:
    """A word for each character, the sounding ones of equal length; the others end with the one before."""
    sounding = sum(character.isalnum() for character in text)
    each: Seconds = room.duration / max(1, sounding)
    words, at = [], room.start
    for character in text:
        end = min(room.end, at + each) if character.isalnum() else at
        words.append(Word(character, Span(at, end), CERTAIN))
        at = end
    return words


def _put(turns: Sequence[Turn], turn: Turn) -> tuple[Turn, ...]:
    return tuple(turn if each.index == turn.index else each for each in turns)


def _look_with(look: Look, span: Span, new: Sequence[Word]) -> Look:
    """The second hearing, with what a person heard in place of what it made of the same stretch."""
    turns = []
    for turn in look.turns:
        within = [n for n, word in enumerate(turn.words) if word.span.middle in span]
        if within:
            words = (*turn.words[: within[0]], *new, *turn.words[within[-1] + 1 :])
            turn = replace(turn, words=words, text=text_of(words))  # noqa: PLW2901
        turns.append(turn)
    return replace(look, turns=tuple(turns))


def _look_of(look: Look, role: Role, span: Span) -> Look:
    """The second hearing, with what it heard in a span said by the right role."""
    certain = (replace(t, role=role, confidence=CERTAIN) if t.span.middle in span else t for t in look.turns)
    return replace(look, turns=tuple(certain))


def _sounding_of(acoustics: Acoustics, turn: Turn, role: Role) -> Acoustics:
    """The stretches of the turn's old role that sound mostly in it, as the other's."""
    stretches = tuple(
        replace(each, role=role)
        if each.role is turn.role and each.span.overlap(turn.span) > each.span.duration / 2
        else each
        for each in acoustics.stretches
    )
    return replace(acoustics, stretches=stretches)


def _measured(hearing: Hearing, old: Sequence[Word] = (), new: Sequence[Word] = ()) -> Hearing:
    """The hearing with its quality as it is now: how long the agent speaks, how sure the words are."""
    quality = hearing.quality
    now = sum(len(word.text) for turn in hearing.turns for word in turn.words)
    was = now - len(text_of(new)) + len(text_of(old))
    gained = sum(len(w.text) * w.probability for w in new) - sum(len(w.text) * w.probability for w in old)
    sure = min(1.0, max(0.0, (quality.word_confidence * was + gained) / now)) if now else quality.word_confidence
    seconds = sum(w.span.duration for t in hearing.turns if t.role is Role.AGENT for w in t.words)
    return replace(
        hearing, quality=replace(quality, word_confidence=min(1.0, max(0.0, sure)), agent_seconds=seconds)
    )


def by_call_corrected(acts: Iterable[Correction]) -> dict[str, tuple[Correction, ...]]:
    """What counts now on each call of which any counts, given all acts in order."""
    listed = defaultdict[str, list[Correction]](list)
    for act in acts:
        listed[act.call_id].append(act)
    counting = {call_id: standing_corrections(own) for call_id, own in listed.items()}
    return {call_id: own for call_id, own in counting.items() if own}
