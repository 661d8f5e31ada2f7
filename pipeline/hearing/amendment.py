"""A hearing amended by corrections: the call as it reads with them laid over.

Nothing of how it was heard is lost, and the corrections of a call that was heard anew are laid over only where what
they correct is still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from pipeline.hearing.corrections import Correction, CorrectionKind
from pipeline.hearing.hearing import Acoustics, Hearing, Look, said_seconds
from pipeline.hearing.transcript import Word, span_of, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

CERTAIN = 1.0
"""The probability of what a person heard."""


def corrected(hearing: Hearing, corrections: Iterable[Correction]) -> Hearing:
    """The call as it reads with the corrections laid over; those that no longer fit are left out.

    Note
    ----
    Turns keep their number and are not joined, so that later corrections and findings name the same turn.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pipeline.hearing.corrections import words_corrected
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> right = words_corrected(hearing.turns[0], "我要投诉", call_id="D04", by="li", at=at)
    >>> corrected(hearing, [right]).turns[0].text
    '我要投诉'
    """
    return _walked(hearing, corrections)[0]


def misfits(hearing: Hearing, corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """The corrections that `corrected` leaves out: the call was heard anew, and what they correct is not there.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pipeline.hearing.corrections import words_corrected
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["客户：我要头诉", "坐席：好的"])
    >>> at = datetime.fromisoformat("2025-03-03T09:00:00+08:00")
    >>> right = words_corrected(hearing.turns[0], "我要投诉", call_id="D04", by="li", at=at)
    >>> [each.shown for each in misfits(hearing_of(["客户：我要投诉"]), [right])]
    ['“头”改为“投”']
    """
    return _walked(hearing, corrections)[1]


def _walked(hearing: Hearing, corrections: Iterable[Correction]) -> tuple[Hearing, tuple[Correction, ...]]:
    leftovers: list[Correction] = []
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
            leftovers.append(correction)
        else:
            hearing = after
    return hearing, tuple(leftovers)


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
    sounds = hearing.acoustics and _sounding_of(hearing.acoustics, turn, role)
    return _measured(replace(hearing, turns=turns, looks=looks, acoustics=sounds))


def _with_swap(hearing: Hearing, correction: Correction) -> Hearing | None:
    anchor = next(iter(_near(hearing.turns, correction)), None)
    if anchor is None or anchor.role != correction.old:
        return None  # heard anew, and already the right way round
    other = hearing.swapped()
    turns = tuple(replace(turn, confidence=CERTAIN) if turn.role.is_party else turn for turn in other.turns)
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
    result: list[Word] = []
    for tag, a, b, c, d in SequenceMatcher(None, text_of(old), text, autojunk=False).get_opcodes():
        if tag == "equal":
            result += [Word(character, at, CERTAIN) for character, at in timed[a:b]]
        elif tag == "replace":
            result += _spread(text[c:d], Span(timed[a][1].start, timed[b - 1][1].end))
        elif tag == "insert" and result:
            last = result[-1]
            result[-1] = replace(last, span=Span(last.span.start, last.span.middle))
            result += _spread(text[c:d], Span(last.span.middle, last.span.end))
        elif tag == "insert":
            character, at = timed[a]
            timed[a] = character, Span(at.middle, at.end)
            result += _spread(text[c:d], Span(at.start, at.middle))
    return tuple(result)


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
    return replace(
        hearing,
        quality=replace(
            quality,
            word_confidence=min(1.0, max(0.0, sure)),
            agent_seconds=said_seconds(hearing.turns, Role.AGENT),
            customer_seconds=said_seconds(hearing.turns, Role.CUSTOMER),
        ),
    )
