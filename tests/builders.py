"""Small calls in memory, from which several test files build their cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Recording
from pipeline.evaluation.fingerprint import EarsVersion
from pipeline.findings import Finding
from pipeline.hearing import Acoustics, Hearing, Quality, Stretch
from pipeline.hearing.transcript import Segment, Word
from pipeline.hearing.turns import Role, Turn, Utterance, to_turns
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons
from pipeline.scorecard import Scorecard
from pipeline.timeline import Span

RINGING = datetime(2025, 3, 3, 1, 12, 5, tzinfo=UTC)
WORD_S = 0.25
"""Every word is one character, and every character takes this long."""
TWO_RINGS = Ringback((Span(0.5, 1.5), Span(5.5, 6.5)))

CALL = Call(
    id="C1",
    agent_id="1001",
    agent_name="林晓雯",
    queue="热线",
    direction=Direction.INBOUND,
    caller=None,
    ring_at=RINGING,
    answered_at=RINGING + timedelta(seconds=8),
    ended_at=RINGING + timedelta(seconds=68),
    recording_name="C1.wav",
    answered=True,
    hangup_by="customer",
)
RECORDING = Recording("sha", "file:///C1.wav", 8000, 2, 544_000, 68.0)  # ringing included, as the record has it
EARS = EarsVersion("base", "beam5", "voices", "v1")


def changed(card: Scorecard, **changes) -> Scorecard:
    """A scorecard with other values in some fields, checked like a file."""
    fields = {name: getattr(card, name) for name in Scorecard.model_fields}
    return Scorecard.model_validate(fields | changes)


@cache
def bundled() -> dict[str, Lexicon]:
    """The phrase lists that come with callqa, by name, for a company called 阳光家政."""
    return {each.file.name: each for each in bundled_lexicons({"company": ("阳光家政",)})}


def words(text: str, start: float = 0.0) -> tuple[Word, ...]:
    return tuple(
        Word(character, Span(start + n * WORD_S, start + (n + 1) * WORD_S), 0.9) for n, character in enumerate(text)
    )


def segment(channel: int, text: str, start: float) -> Segment:
    return Segment(channel, words(text, start))


def utterance(speaker: int, text: str, start: float = 0.0) -> Utterance:
    return Utterance(speaker, words(text, start))


def dialogue(*lines: str, start: float = 0.0, confidence: float = 1.0) -> tuple[Turn, ...]:
    """Turns a second apart, each written ``坐席：…``, ``客户：…`` or ``机器：…``."""
    who = {"坐席": Role.AGENT, "客户": Role.CUSTOMER, "机器": Role.SYSTEM}
    turns: list[Turn] = []
    for line in lines:
        speaker, _, text = line.partition("：")
        said = words(text, turns[-1].span.end + 1.0 if turns else start)
        span = Span(said[0].span.start, said[-1].span.end)
        turns.append(Turn(len(turns), who[speaker], span, text, said, confidence))
    return tuple(turns)


def hearing(*lines: str, call: Call = CALL, quality: Quality | None = None, **parts) -> Hearing:
    """A call as it was heard; two rings, then the lines of `dialogue`."""
    turns = parts.get("turns", dialogue(*lines, start=8.7))
    agent_seconds = sum(word.span.duration for turn in turns if turn.role is Role.AGENT for word in turn.words)
    heard = Hearing(
        call=call,
        recording=RECORDING,
        ringback=TWO_RINGS,
        speed_of_answer=SpeedOfAnswer(8.0, 8.2, 2),
        turns=turns,
        quality=quality or Quality(40.0, 39.0, 0.9, 0.99, agent_seconds),
    )
    return replace(heard, **parts)


def finding(detector: str, term: str, start: float = 10.0, role: Role = Role.AGENT, quote: str = "") -> Finding:
    return Finding("C1", detector, term, 0, role, Span(start, start + 1), quote or term, None, 0.9, "test")


def lexicon(*phrases: dict, slots: dict | None = None, **file) -> Lexicon:
    """A phrase list out of phrases such as ``{"variants": ["您好"]}``; what is not given does not matter."""
    given = {"name": "test", "revision": 1, "detector": "heard", "title": "test"}
    listed = [{"term": f"term{n}", "role": "agent", **phrase} for n, phrase in enumerate(phrases)]
    return Lexicon(LexiconFile.model_validate({**given, **file, "phrases": listed}), "f00d", slots or {})


def talk(*said: tuple[str, float, str], music: tuple[Span, ...] = (), level_db: float = -25.0, **parts) -> Hearing:
    """A call in which each ``(坐席, 10.0, text)`` sounds from that second on, a character each `WORD_S`.

    Every saying is one stretch of sound; sayings of one role that follow each other are one turn.
    """
    who = {"坐席": Role.AGENT, "客户": Role.CUSTOMER, "机器": Role.SYSTEM}
    utterances = sorted((utterance(list(who).index(name), text, start) for name, start, text in said), key=_begins)
    turns = to_turns(utterances, lambda n: list(who.values())[utterances[n].speaker], 0.9)
    stretches = tuple(Stretch(list(who.values())[u.speaker], u.span, level_db) for u in utterances)
    return hearing(turns=turns, acoustics=Acoustics(stretches, music), **parts)


def _begins(said: Utterance) -> float:
    return said.span.start
