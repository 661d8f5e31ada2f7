"""The second look: doubtful openings and closings are heard once more, in another way, and kept beside the first.

A recording is looked at again once per model, settings and stretch; rescoring needs what was heard and no audio.
"""

from __future__ import annotations

from models.ears import Ears
from models.speech import VERSION
from pipeline.audio.audio import Audio, edition
from pipeline.audio.loudness import even
from pipeline.hearing import Hearing, Look
from pipeline.hearing.second_look import doubtful_ends
from pipeline.hearing.transcript import Segment, Transcript
from pipeline.hearing.turns import Role, Turn, by_channel, by_voice, to_turns
from pipeline.store import Store
from pipeline.timeline import Span


def look_again(
    hearing: Hearing, audio: Audio, transcript: Transcript, agent: int, ears: Ears, store: Store
) -> tuple[Look, ...]:
    """The looks of a second opinion at the zones of a call that were heard badly; none in most calls.

    Parameters
    ----------
    hearing : Hearing
        The call as it was heard the first time.
    audio : ndarray of float32, shape (n_channels, n_samples)
        One channel where both parties are mixed.
    agent : int
        The agent's channel, or voice.
    """
    channel = agent if len(audio) > 1 else 0
    looks = []
    for zone, stretches in doubtful_ends(hearing.turns, transcript.speech[channel]):
        span = Span(stretches[0].start, stretches[-1].end)
        settings = f"{ears.second.settings}+{VERSION}-{channel}@{span.start:.2f}-{span.end:.2f}"
        words = store.recordings.transcript(hearing.recording.id, ears.second.name, settings)
        if words is None:
            samples = even(audio[channel], transcript.speech[channel])
            segments = ears.second.transcribe(samples, stretches, channel)
            words = Transcript(ears.second.name, segments, (stretches,))
            store.recordings.save_transcript(hearing.recording.id, settings, words)
        looks.append(Look(zone, span, _turns(hearing, words.segments, agent, len(audio) == 1, ears, store)))
    return tuple(looks)


def _turns(
    hearing: Hearing, segments: tuple[Segment, ...], agent: int, mixed: bool, ears: Ears, store: Store
) -> tuple[Turn, ...]:
    """The words of a second look as turns, the voices being those that were told apart the first time."""
    diarizer, recording = ears.diarizer, hearing.recording
    settings = ears.diarization_settings + edition(recording)
    voices = store.recordings.diarization(recording.id, diarizer.name, settings) if mixed else None
    utterances = by_voice(segments, voices) if voices else by_channel(segments)

    def role_of(position: int) -> Role:
        """As the first hearing has it; where that has a machine or a stranger, theirs."""
        utterance = utterances[position]
        nearest = max(
            hearing.turns, key=lambda turn: (turn.span.overlap(utterance.span), -turn.span.gap(utterance.span))
        )
        if not nearest.role.is_party:
            return nearest.role
        return Role.AGENT if utterance.speaker == agent else Role.CUSTOMER

    return to_turns(utterances, role_of, hearing.quality.role_confidence)
