"""One call through the stages: heard, and handed on to be judged. Plain functions, no Prefect.

What was heard is kept as soon as it is known, so that a night that is killed listens to no recording twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from flows.night.judgement import result_of
from flows.night.second_look import look_again
from flows.night.sources import CallAudio, FetchedCall, read_recording
from flows.night.voices import roles_with_voice, told_apart
from flows.policy.policy import Policy
from models.ears import Ears
from models.speech import VERSION, find_speech
from pipeline.audio.audio import edition, open_recording
from pipeline.audio.channels import Layout, dead_from, layout
from pipeline.audio.clearing import channel_title, clear
from pipeline.audio.loudness import even
from pipeline.audio.playback import waveform
from pipeline.audio.ringing import Ringback, find_ringback
from pipeline.audio.signals import find_signals
from pipeline.audio.speed_of_answer import SpeedOfAnswer, speed_of_answer
from pipeline.call import Call, Status
from pipeline.errors import CallError, StoreError
from pipeline.evaluation.fingerprint import Fingerprint
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Acoustics, Hearing, Quality, Unheard
from pipeline.hearing.acoustics import acoustics, faint_party, noisy, with_signals
from pipeline.hearing.amendment import corrected
from pipeline.hearing.corrections import standing_corrections
from pipeline.hearing.doubts import doubts_of
from pipeline.hearing.edges import protect
from pipeline.hearing.hearing import said_seconds
from pipeline.hearing.lost import dead_lines, lost
from pipeline.hearing.part import (
    of_either,
    rings_within,
    said_within,
    sounds_within,
    unheard_within,
    voices_within,
)
from pipeline.hearing.roles import Roles, decide_roles
from pipeline.hearing.tail import fell_silent, hung_up
from pipeline.hearing.transcript import Transcript
from pipeline.hearing.turns import Role, SpeakerSegment, Turn, Utterance, by_channel, by_voice, to_turns
from pipeline.hearing.unheard import transcribed_seconds, unheard_notice, unheard_speech
from pipeline.notices import Notice, NoticeKind
from pipeline.store import Store
from pipeline.timeline import Seconds, Span, subtract

FIRST_WORD_SLACK_S: Seconds = 0.6  # a stretch of speech this near to the agent's first word begins with it

_STEPS = {"fetch": "取录音", "audio": "读录音", "transcribe": "听写", "evaluate": "评分"}

log = logging.getLogger(__name__)


def run_call(pair: FetchedCall, ears: Ears, policy: Policy, store: Store) -> CallResult:
    """The result of one call; every error but one of the store becomes a `failed` or `unscorable` row."""
    call, file, recording = pair.call, pair.file, None
    fingerprint = Fingerprint(ears.version, policy.version)

    def failure(reason: str, problem: str) -> CallResult:
        return CallResult(
            call, Status.FAILED, stage, reason, problem, fingerprint, uri=file.uri, recording=recording
        )

    stage = "fetch"
    try:
        content = read_recording(file)
        stage = "audio"
        recording, audio = open_recording(content, file.uri)
        del content  # of no more use, and half a gigabyte for hours of sound
        store.recordings.save_waveform(recording.id, waveform(audio))
        stage = "transcribe"
        hearing = hear(CallAudio(call, recording, audio), ears, policy, store)
        stage = "evaluate"
        corrections = standing_corrections(store.corrections.acts(call.id))
        result = result_of(corrected(hearing, corrections), policy, ears.version)
        return replace(result, hearing=hearing)  # what the machine heard is kept as it is; see `Hearings.all`
    except CallError as error:
        # What the system said is for technicians; the sentence is for the QA manager.
        log.info("call %s failed at stage %s", call.id, stage, exc_info=error)
        return failure(error.reason, error.problem)
    except StoreError:
        raise
    except Exception:  # a defect of ours must cost one call, not the night
        log.exception("call %s failed at stage %s", call.id, stage)
        return failure("internal", f"{file.name} 在“{_STEPS[stage]}”一步遇到程序错误；请连同日志报给维护的人")


def judged_by_record(
    heard: Hearing, call: Call, fingerprint: Fingerprint, policy: Policy, store: Store
) -> CallResult:
    """The result of a call whose record was corrected and whose recording is not there any more.

    Judged from what was heard, as people corrected it; who is who stays as it was decided, and so does which part
    of a call was heard.
    """
    placed = call.placed(heard.recording.duration) if call.shares_recording else None
    same = placed is not None and placed.span == heard.part  # else what was heard is more than the part, or other
    lacks = subtract([Span(0.0, heard.recording.duration)], [heard.part]) if heard.part and not same else ()
    unheard = (*heard.unheard, *(Unheard(Role.UNKNOWN, span) for span in lacks))
    hearing = replace(heard, call=call, part=heard.part if same else None, unheard=unheard)
    corrections = standing_corrections(store.corrections.acts(call.id))
    return replace(result_of(corrected(hearing, corrections), policy, fingerprint.ears), hearing=hearing)


def hear(sound: CallAudio, ears: Ears, policy: Policy, store: Store) -> Hearing:
    """The hearing of a call: its rings, its turns with roles, and the second look at doubtful zones."""
    call, ringback = sound.call, find_ringback(sound.audio)
    if call.answered is False:  # what may be said is an announcement of the network
        return _hearing(sound, ringback, Transcript(ears.recognizer.name, (), ()))
    audio, notices = clear(sound.audio)
    sound = replace(sound, audio=audio)
    signals = tuple(find_signals(channel) for channel in sound.audio)
    transcript = _transcript(sound, ringback, signals, ears, store)
    placed = call.placed(sound.recording.duration) if call.shares_recording else None
    part = placed.span if placed else None
    own = transcript.within(part) if part else transcript
    own_rings = rings_within(ringback, part) if part else ringback
    if not own.segments:
        hearing = replace(_hearing(sound, own_rings, own), part=part)
        return replace(hearing, notices=(*notices, *hearing.notices, *noisy(sound.audio, own.speech)))
    silent = None
    if layout(transcript.speech) is Layout.ONE_SILENT:
        live = next(n for n, spans in enumerate(transcript.speech) if spans)
        alone, mix = replace(sound, audio=sound.audio[live : live + 1]), transcript.only(live)
        silent = channel_title(sound.audio, 1 - live), channel_title(sound.audio, live)
        if len({voice.speaker for voice in _voices(alone, mix, ears, store)}) > 1:
            sound, transcript, signals = alone, mix, signals[live : live + 1]
    if sound.mixed:
        voices = _voices(sound, transcript, ears, store)
        utterances = by_voice(transcript.segments, voices)
    else:
        voices = tuple(SpeakerSegment(n, span) for n, spans in enumerate(transcript.speech) for span in spans)
        utterances = told_apart(sound, by_channel(transcript.segments), ears, store)
    own = transcript
    if part:  # voices are told apart in the whole recording, roles are decided in the part
        own, voices, utterances = own.within(part), voices_within(voices, part), said_within(utterances, part)
    roles = _roles(sound, utterances, ringback, ears, policy, store)
    if sound.mixed:
        utterances, roles = _protected(utterances, roles, call, policy)

    def role_of(position: int) -> Role:
        return roles.of(position, utterances[position])

    turns = to_turns(utterances, role_of, roles.probability)
    if silent is not None:
        notices += (_silent_channel(*silent, is_mix={Role.AGENT, Role.CUSTOMER} <= {turn.role for turn in turns}),)
    channels = utterances if sound.mixed else [replace(u, speaker=u.speaker % 2) for u in utterances]
    tones = [*ringback.bursts, *chain.from_iterable(signals)]
    measures = with_signals(acoustics(sound.audio, voices, channels, role_of, tones), sound.audio, signals)
    agent = roles.agent if sound.mixed else roles.agent % 2
    cut, dead = _dead_lines(sound, transcript, agent)
    if part:
        measures, cut = sounds_within(measures, part), unheard_within(cut, part)
        dead = dead if cut else ()
    hearing = _hearing(sound, own_rings, own, turns, roles.probability, measures)
    doubts, unheard = doubts_of(utterances, roles)
    gaps = unheard_speech(measures.stretches, turns)
    either = of_either(placed, turns) if placed else ()
    tone, silence = _ending(sound, transcript, signals, agent, turns)
    return replace(
        hearing,
        part=part,
        hung_up=tone,
        fell_silent=silence,
        looks=look_again(hearing, sound.audio, own, agent, ears, store),
        unheard=(*hearing.unheard, *unheard, *cut, *gaps, *either),
        notices=(
            *(*notices, *hearing.notices, *faint_party(measures), *noisy(sound.audio, transcript.speech)),
            *(*doubts, *dead, *unheard_notice(gaps)),
        ),
    )


def _protected(
    utterances: Sequence[Utterance], roles: Roles, call: Call, policy: Policy
) -> tuple[tuple[Utterance, ...], Roles]:
    """What people say at the ends of a mix given to whom wording has it, in order with what machines say."""
    people, machines = roles.apart(utterances)
    mended = protect(people, roles, policy.role_wording, call.own_slots)
    said = [(utterance.span, False, utterance) for utterance in mended]
    said += [(utterance.span, True, utterance) for utterance in machines]
    said.sort(key=lambda each: each[:2])
    machine = frozenset(n for n, (_, is_machine, _) in enumerate(said) if is_machine)
    return tuple(utterance for *_, utterance in said), replace(roles, announcement=machine)


def _roles(
    sound: CallAudio,
    utterances: Sequence[Utterance],
    ringback: Ringback,
    ears: Ears,
    policy: Policy,
    store: Store,
) -> Roles:
    """Who is who, by the agent's own voice too where voices are kept."""

    def decide(own_voice: float) -> Roles:
        wording, tones = policy.role_wording, ringback.bursts
        return decide_roles(utterances, sound.call, wording, not sound.mixed, own_voice, tones=tones)

    if ears.embedder is None or not ears.keeps_voices or sound.call.shares_recording:
        return decide(0.0)  # of a recording one voice is kept, and it has to be the only agent's
    return roles_with_voice(decide, sound, utterances, ears.embedder, store)


def _transcript(
    sound: CallAudio, ringback: Ringback, signals: Sequence[Sequence[Span]], ears: Ears, store: Store
) -> Transcript:
    """The words of each channel, listened to once per recording, model and settings."""
    recognizer, recording, audio = ears.recognizer, sound.recording, sound.audio
    settings = f"{recognizer.settings}+{VERSION}{edition(recording)}"
    transcript = store.recordings.transcript(recording.id, recognizer.name, settings)
    if transcript is not None:
        return transcript
    tones = [(*ringback.bursts, *found) for found in signals]
    speech = tuple(find_speech(*pair, ears.segmentation) for pair in zip(audio, tones, strict=True))
    segments = tuple(
        segment
        for channel, spans in enumerate(speech)
        for segment in recognizer.transcribe(even(audio[channel], spans), spans, channel)
    )
    transcript = Transcript(recognizer.name, segments, speech)
    store.recordings.save_transcript(recording.id, settings, transcript)
    return transcript


def _dead_lines(
    sound: CallAudio, transcript: Transcript, agent: int
) -> tuple[tuple[Unheard, ...], tuple[Notice, ...]]:
    """Where the line of a party went dead who is heard elsewhere; one who is heard nowhere is told as missing."""
    if layout(transcript.speech) is not Layout.TWO_PARTIES:
        return (), ()
    return dead_lines(sound.audio, (Role.AGENT, Role.CUSTOMER) if agent == 0 else (Role.CUSTOMER, Role.AGENT))


def _ending(
    sound: CallAudio,
    transcript: Transcript,
    signals: Sequence[Sequence[Span]],
    agent: int,
    turns: Sequence[Turn],
) -> tuple[Role | None, Unheard | None]:
    """Who hung up by the tone, and whose line fell silent, at the end of a recording that is the call's own end."""
    if sound.mixed or not sound.call.closes:
        return None, None
    length = sound.recording.duration
    talk_end = max((turn.span.end for turn in turns if turn.role.is_party), default=0.0)
    two = layout(transcript.speech) is Layout.TWO_PARTIES
    gone = [dead_from(channel) for channel in sound.audio] if two else []
    return hung_up(signals, agent, talk_end, length), fell_silent(gone, agent, turns, length)


def _silent_channel(silent: str, live: str, *, is_mix: bool) -> Notice:
    """What is told of a channel without a voice, beside one in which both parties are heard, or one."""
    told = "有双方的声音，按双方混音处理" if is_mix else "只有一方的声音，另一方没有录到，请检查录音设备"
    return Notice(NoticeKind.CHANNEL_SILENT, silent, f"{live}{told}")


def _voices(sound: CallAudio, transcript: Transcript, ears: Ears, store: Store) -> tuple[SpeakerSegment, ...]:
    """Who speaks when in a mixed recording, told apart once per recording, model and settings."""
    diarizer, recording = ears.diarizer, sound.recording
    settings = ears.diarization_settings + edition(recording)
    voices = store.recordings.diarization(recording.id, diarizer.name, settings)
    if voices is None:
        speech = transcript.speech[0]
        voices = diarizer.diarize(even(sound.audio[0], speech), speech)
        store.recordings.save_diarization(recording.id, diarizer.name, settings, voices)
    return voices


def _hearing(
    sound: CallAudio,
    ringback: Ringback,
    transcript: Transcript,
    turns: tuple[Turn, ...] = (),
    role_confidence: float = 1.0,
    acoustics: Acoustics | None = None,
) -> Hearing:
    speech = [span for spans in transcript.speech for span in spans]
    call, answered = sound.call, SpeedOfAnswer(None, None, None)
    if call.opens:  # who takes a call over owes no time to answer
        answered = speed_of_answer(call.ring_seconds, ringback, _agent_speaks_at(turns, speech))
    unheard, notices = ((), ()) if call.shares_recording else lost(call, sound.recording, ringback)
    return Hearing(
        call,
        sound.recording,
        ringback,
        answered,
        turns,
        Quality(
            speech_seconds=transcript.speech_seconds,
            transcribed_seconds=transcribed_seconds(transcript),
            word_confidence=transcript.confidence,
            role_confidence=role_confidence,
            agent_seconds=said_seconds(turns, Role.AGENT),
            customer_seconds=said_seconds(turns, Role.CUSTOMER),
        ),
        acoustics,
        unheard=unheard,
        notices=notices,
    )


def _agent_speaks_at(turns: Sequence[Turn], speech: Sequence[Span]) -> Seconds | None:
    """The agent's first sound: where the stretch of speech begins that holds the agent's first word."""
    first = next((turn.span for turn in turns if turn.role is Role.AGENT), None)
    if first is None:
        return None
    near = [span.start for span in speech if abs(span.start - first.start) <= FIRST_WORD_SLACK_S]
    return min(near, key=lambda start: abs(start - first.start), default=first.start)
