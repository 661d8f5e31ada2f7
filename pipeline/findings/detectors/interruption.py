"""Interruptions: one takes the floor while the other speaks (抢话). Detector ``interruption``; value in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.findings.detectors.backchannel import SHORTER_THAN_S, is_backchannel, spoken_only
from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED, Interruption
from pipeline.hearing import Hearing
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role
from pipeline.timeline import Seconds, Span, union

LOST_S: Seconds = 0.2  # of sound before the first word: words are missing there
EDGE_S: Seconds = 0.15  # by which the recogniser's times of words may lie beside the sound


@dataclass(frozen=True, slots=True)
class _Talk:
    """The words of one role between two of his breaths; `sounding` are its stretches."""

    span: Span
    sounding: tuple[Span, ...]
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)

    @property
    def listens(self) -> bool:
        """Whether it is no more than a back-channel, or a noise: nothing that takes the floor or has it."""
        wordless = not any(word.spoken for word in self.words)
        return wordless or self.span.duration < SHORTER_THAN_S or is_backchannel(self.text)


def interruptions(
    hearing: Hearing, _phrases: Sequence[Finding] = (), limits: Interruption = AS_SHIPPED.interruption
) -> Iterator[Measurement]:
    """Every place where one begins while the other one speaks, and goes on when he has stopped.

    Role: who interrupts. Term ``cut_in``. Span and value: from where the interrupter has more to say than 嗯 or
    好的 to where the other one stops; the value counts the seconds in which both sound.

    Note
    ----
    Overlaps of less than 0.3 s happen to people who take turns well (Heldner and Edlund 2010, J. Phonetics 38,
    555-568). Who had not been speaking for `limits.floor_s` began at the same time; a pause of up to
    `limits.breath_s` does not give the floor away. Whoever is spoken over and keeps the floor was not interrupted.
    Back-channels neither interrupt nor can be interrupted; of a mixed recording the words of an overlap are mostly
    lost, so there only their length tells.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing import Acoustics, Stretch
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["客户：我家的水管漏水了", "坐席：您先听我说完好不好"])
    >>> customer, agent = call.turns
    >>> earlier = [replace(w, span=Span(w.span.start - 1.5, w.span.end - 1.5)) for w in agent.words]
    >>> agent = replace(agent, span=Span(agent.span.start - 1.5, agent.span.end - 1.5), words=tuple(earlier))
    >>> voices = tuple(Stretch(turn.role, turn.span, -25.0) for turn in (customer, agent))
    >>> call = replace(call, turns=(customer, agent), acoustics=Acoustics(voices, ()))
    >>> [(one.role.value, one.value) for one in interruptions(call)]
    [('agent', 1.0)]
    """
    if hearing.acoustics is None:
        return
    talks = {role: _talks(hearing, role, limits.breath_s) for role in (Role.AGENT, Role.CUSTOMER)}
    for role, other in ((Role.AGENT, Role.CUSTOMER), (Role.CUSTOMER, Role.AGENT)):
        for talk in talks[role]:
            for floor in talks[other]:
                span = _cut_in(talk, floor, limits.floor_s)
                if span is None:
                    continue
                both = sum(a.overlap(b) for a in talk.sounding for b in floor.sounding if b.overlap(span) > 0)
                both = min(both, span.duration)
                if both >= limits.min_overlap_s:
                    turn = next((t for t in hearing.turns_of(role) if t.span.overlap(talk.span) > 0), None)
                    yield Measurement("cut_in", span, both, role, turn, talk.text)


def _cut_in(talk: _Talk, floor: _Talk, least: Seconds) -> Span | None:
    """From the interrupter's first word to the other's last; None if `talk` does not cut into `floor`."""
    start, end = talk.span.start, floor.span.end
    taken = floor.span.start + least <= start < end < talk.span.end
    if not taken or talk.listens or floor.listens:
        return None
    start = max(start, _says_more_at(talk))
    return Span(start, end) if start < end else None


def _says_more_at(talk: _Talk) -> Seconds:
    """Where the talk is more than the 嗯 or 好的 that it begins with.

    Of a mixed recording the first words may be lost: then what is heard later was not the beginning.
    """
    text, at = "", talk.span.start
    if talk.words and talk.words[0].span.start - at > LOST_S:
        return at
    for word in talk.words:
        text += word.text
        if spoken_only(text) and not is_backchannel(text):
            break
        at = word.span.end
    return at


def _talks(hearing: Hearing, role: Role, breath: Seconds) -> Sequence[_Talk]:
    if hearing.acoustics is None:
        return ()
    stretches = union(stretch.span for stretch in hearing.acoustics.of(role))
    words = [word for turn in hearing.turns_of(role) for word in turn.words]
    return [
        _Talk(
            span,
            tuple(s for s in stretches if s.overlap(span) > 0),
            tuple(w for w in words if span.start - EDGE_S <= w.span.middle < span.end + EDGE_S),
        )
        for span in union(stretches, breath)
    ]


INTERRUPTION = Detector(
    name="interruption",
    title="抢话",
    unit="秒",
    terms={"cut_in": "打断对方"},
    detect=interruptions,
    version=VERSION,
    tuned=lambda thresholds: partial(interruptions, limits=thresholds.interruption),
)
