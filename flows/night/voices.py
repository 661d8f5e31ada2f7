"""Agents known by their voice, where a deployment asks for it: voices kept, used, listed and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from models.voices import Embedder
from pipeline.audio.audio import Audio
from pipeline.call import SHANGHAI, Call, Recording
from pipeline.hearing.roles import Roles
from pipeline.hearing.turns import Utterance
from pipeline.hearing.voices import Voice, enrolled, own_voice
from pipeline.store import Store


def roles_with_voice(
    decide: Callable[[float], Roles],
    call: Call,
    recording: Recording,
    audio: Audio,
    utterances: Sequence[Utterance],
    embedder: Embedder,
    store: Store,
) -> Roles:
    """Who is the agent, with the agent's own voice as evidence; the call's is kept if its roles are sure without.

    Parameters
    ----------
    decide : callable
        The roles, given how much nearer voice 0 is to the agent's own than voice 1.
    audio : ndarray of float32, shape (n_channels, n_samples)
        One channel if the call is mixed.
    """
    roles = decide(0.0)
    if call.agent_id is None:
        return roles
    spoken = [u for n, u in enumerate(utterances) if n not in roles.announcement]
    spans = [[w.span for u in spoken if u.speaker == speaker for w in u.words] for speaker in (0, 1)]
    channels = (0, 0) if audio.shape[0] == 1 else (0, 1)
    vectors = [embedder.embed(audio[channel], heard) for channel, heard in zip(channels, spans, strict=True)]
    known = enrolled(
        (v for v in store.voices(call.agent_id, embedder.name) if v.recording_id != recording.id),
        call.agent_id,
        embedder.name,
    )
    vector = vectors[roles.agent]
    seconds = sum(span.duration for span in spans[roles.agent])
    voice = (
        Voice(recording.id, embedder.name, call.agent_id, roles.agent, seconds, roles.probability, vector)
        if vector is not None
        else None
    )
    # The voice of someone who may be the customer is not kept at all.
    store.keep_voice(recording.id, embedder.name, voice if voice is not None and voice.enrols else None)
    return roles if known is None else decide(own_voice(known, vectors))


def show_voices(store_url: str) -> Table:
    """Of whom a voice is kept."""
    table = Table("坐席", "更新时间", title="声纹（个人信息）")
    table.add_column("通话", justify="right")
    table.add_column("语音秒数", justify="right")
    with Store.open(store_url, create=False) as store:
        for kept in store.voices_kept():
            at = kept.last_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            table.add_row(kept.agent_id, at, str(kept.num_calls), f"{kept.seconds:.0f}")
    return table


def forget_voices(store_url: str, agent_id: str) -> str:
    """Erase what is kept of an agent's voice; a sentence that says how much it was."""
    with Store.open(store_url, create=False) as store:
        erased = store.forget_voices(agent_id)
    return f"已删除坐席 {agent_id} 的声纹 {erased} 条" if erased else f"没有坐席 {agent_id} 的声纹"
