"""One call through the stages: heard, and handed on to be judged. Plain functions, no Prefect.

What was heard is kept as soon as it is known, so that a night that is killed listens to no recording twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from flows.night.judgement import judged
from flows.night.second_look import look_again
from flows.night.sources import Fetched, read_recording
from flows.night.voices import roles_with_voice
from flows.policy.rules import Rules
from models.ears import Ears
from models.speech import find_speech
from pipeline.audio.audio import Audio, open_recording, same_mix, without_leaks
from pipeline.audio.ringing import Ringback, find_ringback, speed_of_answer
from pipeline.call import Call, Recording, Status
from pipeline.errors import CallError, StoreError
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Acoustics, Hearing, Quality
from pipeline.hearing.acoustics import acoustics
from pipeline.hearing.corrections import corrected, standing_corrections
from pipeline.hearing.edges import protect
from pipeline.hearing.playback import waveform
from pipeline.hearing.roles import Roles, decide_roles
from pipeline.hearing.transcript import Transcript
from pipeline.hearing.turns import Role, SpeakerSegment, Turn, Utterance, by_channel, by_voice, to_turns
from pipeline.store import Store
from pipeline.timeline import Seconds, Span

FIRST_WORD_SLACK_S: Seconds = 0.6  # a stretch of speech this near to the agent's first word begins with it

log = logging.getLogger(__name__)


def run_call(fetched: Fetched, ears: Ears, rules: Rules, store: Store) -> CallResult:
    """The result of one call; every error but one of the store becomes a `failed` or `unscorable` row."""
    call, file, recording = fetched.call, fetched.file, None
    fingerprint = f"{ears.fingerprint}|{rules.fingerprint}"

    def ended(status: Status, stage: str, reason: str, problem: str) -> CallResult:
        return CallResult(call, status, stage, reason, problem, fingerprint, uri=file.uri, recording=recording)

    stage = "fetch"
    try:
        content = read_recording(file)
        stage = "audio"
        recording, audio = open_recording(content, file.uri)
        store.keep_waveform(recording.id, waveform(audio))
        stage = "transcribe"
        hearing = hear(call, recording, audio, ears, rules, store)
        stage = "evaluate"
        otherwise = standing_corrections(store.corrections_on(call.id))
        result = judged(corrected(hearing, otherwise), rules, fingerprint)
        return replace(result, hearing=hearing)  # what the machine heard is kept as it is; see `Store.hearings`
    except CallError as error:
        return ended(Status.FAILED, stage, error.reason, error.problem)
    except StoreError:
        raise
    except Exception as error:  # a defect of ours must cost one call, not the night
        log.exception("call %s failed at stage %s", call.id, stage)
        return ended(Status.FAILED, stage, "internal", f"{type(error).__name__} at stage {stage}; please report it")


def hear(call: Call, recording: Recording, audio: Audio, ears: Ears, rules: Rules, store: Store) -> Hearing:
    """All that is heard in one call."""
    ringback = find_ringback(audio)
    if call.answered is False:  # what may be said is an announcement of the network
        return _hearing(call, recording, ringback, (), Transcript(ears.recognizer.name, (), ()), 1.0)
    if mixed := audio.shape[0] == 1 or same_mix(audio):
        audio = audio[:1]
    transcript = _transcript(recording, audio, ringback, ears, store)
    if not transcript.segments:
        return _hearing(call, recording, ringback, (), transcript, 1.0)
    if mixed:
        voices = _voices(recording, audio, transcript, ears, store)
        utterances = by_voice(transcript.segments, voices)
    else:
        voices = tuple(SpeakerSegment(n, span) for n, spans in enumerate(transcript.speech) for span in spans)
        utterances = by_channel(transcript.segments)
    roles = _roles(call, recording, audio, utterances, mixed, ears, rules, store)
    if mixed:
        utterances = protect(utterances, roles, rules.role_wording, call.own_slots)

    def role_of(position: int) -> Role:
        return roles.of(position, utterances[position])

    turns = to_turns(utterances, role_of, roles.probability)
    measured = acoustics(audio, voices, utterances, role_of, ringback.bursts)
    hearing = _hearing(call, recording, ringback, turns, transcript, roles.probability, measured)
    return replace(hearing, looks=look_again(hearing, audio, transcript, roles.agent, ears, store))


def _roles(
    call: Call,
    recording: Recording,
    audio: Audio,
    utterances: Sequence[Utterance],
    mixed: bool,
    ears: Ears,
    rules: Rules,
    store: Store,
) -> Roles:
    """Who is who, by the agent's own voice too where voices are kept."""

    def decide(own_voice: float) -> Roles:
        return decide_roles(utterances, call, rules.role_wording, call.own_slots, not mixed, own_voice)

    if ears.embedder is None:
        return decide(0.0)
    return roles_with_voice(decide, call, recording, audio, utterances, ears.embedder, store)


def _transcript(recording: Recording, audio: Audio, ringback: Ringback, ears: Ears, store: Store) -> Transcript:
    """The words of each channel, listened to once per recording, model and settings."""
    recognizer = ears.recognizer
    kept = store.transcript(recording.id, recognizer.name, recognizer.settings)
    if kept is not None:
        return kept
    speech = without_leaks(audio, [find_speech(channel, ringback.bursts) for channel in audio])
    segments = tuple(
        segment
        for channel, spans in enumerate(speech)
        for segment in recognizer.transcribe(audio[channel], spans, channel)
    )
    transcript = Transcript(recognizer.name, segments, speech)
    store.save_transcript(recording.id, recognizer.settings, transcript)
    return transcript


def _voices(
    recording: Recording, audio: Audio, transcript: Transcript, ears: Ears, store: Store
) -> tuple[SpeakerSegment, ...]:
    """Who speaks when in a mixed recording, told apart once per recording, model and settings."""
    diarizer = ears.diarizer
    voices = store.diarization(recording.id, diarizer.name, diarizer.settings)
    if voices is None:
        voices = diarizer.diarize(audio[0], transcript.speech[0])
        store.save_diarization(recording.id, diarizer.name, diarizer.settings, voices)
    return voices


def _hearing(
    call: Call,
    recording: Recording,
    ringback: Ringback,
    turns: tuple[Turn, ...],
    transcript: Transcript,
    role_confidence: float,
    measured: Acoustics | None = None,
) -> Hearing:
    speech = [span for spans in transcript.speech for span in spans]
    heard = [segment.span for segment in transcript.segments]
    return Hearing(
        call,
        recording,
        ringback,
        speed_of_answer(call.ring_seconds, ringback, _agent_speaks_at(turns, speech)),
        turns,
        Quality(
            speech_seconds=transcript.speech_seconds,
            transcribed_seconds=sum(s.duration for s in speech if any(s.overlap(h) > 0 for h in heard)),
            word_confidence=transcript.confidence,
            role_confidence=role_confidence,
            agent_seconds=sum(w.span.duration for t in turns if t.role is Role.AGENT for w in t.words),
        ),
        measured,
    )


def _agent_speaks_at(turns: Sequence[Turn], speech: Sequence[Span]) -> Seconds | None:
    """The agent's first sound: where the stretch of speech begins that holds the agent's first word."""
    first = next((turn.span for turn in turns if turn.role is Role.AGENT), None)
    if first is None:
        return None
    near = [span.start for span in speech if abs(span.start - first.start) <= FIRST_WORD_SLACK_S]
    return min(near, key=lambda start: abs(start - first.start), default=first.start)
