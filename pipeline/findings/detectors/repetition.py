"""Repetitions: the customer has to say the same again. Detector ``repetition``; value the likeness, 0..1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rapidfuzz.fuzz import ratio

from pipeline.findings.detectors.backchannel import is_backchannel, spoken_only
from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED, Repetition
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.lexicon.phonetics import listen
from pipeline.timeline import Span

_END = re.compile(r"[，。！？；、,.!?;\s]+")


@dataclass(frozen=True, slots=True)
class _Sentence:
    order: int  # of its turn among the customer's
    turn: Turn
    text: str
    span: Span
    sounds: str


def repetitions(
    hearing: Hearing, _phrases: Sequence[Finding] = (), limits: Repetition = AS_SHIPPED.repetition
) -> Iterator[Measurement]:
    """Every sentence of the customer that sounds like one of his turns before, the likest one of them.

    Term ``again``, span the second saying, role customer. Likeness is one less the share of syllables that must
    be inserted or deleted (Indel), tones aside, so that a word misheard once is still the same word. The same
    turn is not compared with itself: who says a thing twice in a breath does so of his own will. The limits are
    those of Aliyun's Smart Conversation Analysis, context repeat.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["客户：我家厨房漏水了", "坐席：什么", "客户：我家厨房漏水了"])
    >>> [(one.quote, one.value) for one in repetitions(call)]
    [('我家厨房漏水了', 1.0)]
    """
    earlier: list[_Sentence] = []
    for sentence in _sentences(hearing, limits.min_characters):
        near = [e for e in earlier if 0 < sentence.order - e.order <= limits.within_turns]
        likeness = max((ratio(e.sounds, sentence.sounds) / 100 for e in near), default=0.0)
        if likeness >= limits.alike:
            yield Measurement("again", sentence.span, likeness, Role.CUSTOMER, sentence.turn, sentence.text)
        earlier.append(sentence)


def _sentences(hearing: Hearing, least: int) -> Iterator[_Sentence]:
    """The customer's sentences, from one mark of the recogniser to the next; digits read out are none."""
    for order, turn in enumerate(hearing.turns_of(Role.CUSTOMER)):
        start = 0
        for end in [*(mark.start() for mark in _END.finditer(turn.text)), len(turn.text)]:
            text = turn.text[start:end]
            spoken = spoken_only(text)
            if len(spoken) >= least and not is_backchannel(text) and not spoken.isdigit():
                sounds = "".join(chr(0xE000 + int(syllable)) for syllable in listen(text).syllables)
                yield _Sentence(order, turn, text, turn.span_of(start, end), sounds)
            start = end


REPETITION = Detector(
    name="repetition",
    title="重复",
    unit="",
    terms={"again": "又说了一遍"},
    detect=repetitions,
    version=VERSION,
    tuned=lambda thresholds: partial(repetitions, limits=thresholds.repetition),
)
