"""Voices of agents, where a deployment asks for it: kept, used as evidence of roles, listed and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from flows.night.sources import CallAudio
from models.diarization.voices import Embedder
from pipeline.call import SHANGHAI
from pipeline.hearing.roles import Roles
from pipeline.hearing.turns import Utterance
from pipeline.hearing.voices import Voice, enrolled, own_voice
from pipeline.store import Store


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
        The roles, given how much nearer voice 0 is to the agent's own than voice 1.
    """
    call, recording, roles = sound.call, sound.recording, decide(0.0)
    if call.agent_id is None:
        return roles
    talk = [u for n, u in enumerate(utterances) if n not in roles.announcement]
    spans = [[w.span for u in talk if u.speaker == speaker for w in u.words] for speaker in (0, 1)]
    channels = (0, 0) if sound.mixed else (0, 1)
    vectors = [embedder.embed(sound.audio[channel], own) for channel, own in zip(channels, spans, strict=True)]
    own_voices = enrolled(
        (v for v in store.voices.of_agent(call.agent_id, embedder.name) if v.recording_id != recording.id),
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
    store.voices.keep(recording.id, embedder.name, voice if voice is not None and voice.enrols else None)
    return roles if own_voices is None else decide(own_voice(own_voices, vectors))


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
