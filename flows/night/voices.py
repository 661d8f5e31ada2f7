"""Voices of agents, where a deployment asks for it: kept, used as evidence of roles, listed and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.table import Table

from flows.night.sources import CallAudio
from models.diarization.voices import Embedder, voices_of_channel
from models.ears import Ears
from pipeline.call import SHANGHAI
from pipeline.hearing.roles import Roles
from pipeline.hearing.turns import SpeakerSegment, Utterance
from pipeline.hearing.voices import Voice, enrolled, own_voice
from pipeline.store import Store

NUM_CHANNELS = 2


def roles_with_voice(
    decide: Callable[[float], Roles],
    sound: CallAudio,
    utterances: Sequence[Utterance],
    embedder: Embedder,
    store: Store,
) -> Roles:
    """The roles of a call with the agent's own voice as evidence; the voice is kept if roles are sure without it.

    Parameters
    ----------
    decide : callable
        The roles, given how much nearer the first party is to the agent's own voice than the second.
    """
    call, recording, roles = sound.call, sound.recording, decide(0.0)
    if call.agent_id is None:
        return roles
    talk = [u for n, u in enumerate(utterances) if n not in roles.announcement]
    spans = [[w.span for u in talk if u.speaker == speaker for w in u.words] for speaker in roles.parties]
    channels = (0, 0) if sound.mixed else (0, 1)
    vectors = [embedder.embed(sound.audio[channel], own) for channel, own in zip(channels, spans, strict=True)]
    own_voices = enrolled(
        (v for v in store.voices.of_agent(call.agent_id, embedder.name) if v.recording_id != recording.id),
        call.agent_id,
        embedder.name,
    )
    agent = roles.parties.index(roles.agent)
    vector, seconds = vectors[agent], sum(span.duration for span in spans[agent])
    voice = (
        Voice(recording.id, embedder.name, call.agent_id, roles.agent, seconds, roles.probability, vector)
        if vector is not None
        else None
    )
    # The voice of someone who may be the customer is not kept at all.
    store.voices.keep(recording.id, embedder.name, voice if voice is not None and voice.enrols else None)
    return roles if own_voices is None else decide(own_voice(own_voices, vectors))


def told_apart(
    sound: CallAudio, utterances: Sequence[Utterance], ears: Ears, store: Store
) -> tuple[Utterance, ...]:
    """The utterances of a recording with one party a channel, each by its voice: a channel may hold several.

    The voices of channel 0 have the even numbers and those of channel 1 the odd ones, by who speaks first. Told
    apart once per recording and embedder; the vectors are not kept.
    """
    embedder, recording = ears.embedder, sound.recording
    if embedder is None:
        return tuple(utterances)
    name, settings = embedder.name, f"{ears.recognizer.name}+{ears.recognizer.settings}+channels-1"
    kept = store.recordings.diarization(recording.id, name, settings)
    if kept is None or [segment.span for segment in kept] != [utterance.span for utterance in utterances]:
        voices = [0] * len(utterances)
        for channel, samples in enumerate(sound.audio):
            own = [n for n, utterance in enumerate(utterances) if utterance.speaker == channel]
            found = voices_of_channel(samples, [utterances[n].span for n in own], embedder)
            for n, voice in zip(own, found, strict=True):
                voices[n] = channel + NUM_CHANNELS * voice
        kept = tuple(SpeakerSegment(voice, u.span) for voice, u in zip(voices, utterances, strict=True))
        store.recordings.save_diarization(recording.id, name, settings, kept)
    return tuple(replace(u, speaker=segment.speaker) for u, segment in zip(utterances, kept, strict=True))


def show_voices(store_url: str) -> Table:
    """Agents of whom a voice is kept, as a table."""
    table = Table("坐席", "更新时间", title="声纹（个人信息）")
    table.add_column("通话", justify="right")
    table.add_column("语音秒数", justify="right")
    with Store.open(store_url, create=False) as store:
        for kept in store.voices.amounts():
            at = kept.last_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            table.add_row(kept.agent_id, at, str(kept.num_calls), f"{kept.seconds:.0f}")
    return table


def forget_voices(store_url: str, agent_id: str) -> str:
    """Erase what is kept of an agent's voice; a sentence that says how much it was."""
    with Store.open(store_url, create=False) as store:
        num_erased = store.voices.forget(agent_id)
    return f"已删除坐席 {agent_id} 的声纹 {num_erased} 条" if num_erased else f"没有坐席 {agent_id} 的声纹"
