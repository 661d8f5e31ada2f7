"""A recording looked at before a night: what its sound is like, and what can be scored by it. Nothing is kept.

Knows what is measured and how it is told; without a recogniser nobody knows what is said, or by a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.night.addresses import address, located, readable
from flows.night.sources import RecordingFile, list_recordings, read_recording
from models.speech import find_speech
from pipeline.audio import formats
from pipeline.audio.audio import Audio, open_recording
from pipeline.audio.clearing import clear
from pipeline.audio.container import coding
from pipeline.audio.levels import ChannelLevels, Frames
from pipeline.audio.ringing import find_ringback
from pipeline.call import Recording
from pipeline.errors import AudioError, ConfigurationError
from pipeline.hearing.acoustics import find_music
from pipeline.month.workbook.wording import REASONS
from pipeline.notices import Notice
from pipeline.timeline import Seconds, Span, place, union

CLEAR_DB, NOISY_DB = 20.0, 10.0
"""Estimated signal-to-noise ratios above which words are heard well, and below which many are not."""
FAINT_DB = -45.0  # of speech
OFFSET = 0.01  # of full scale
CLIPPED = 0.01  # of the frames with a voice
LEAST_SPEECH_S: Seconds = 1.0

CODINGS = {
    "pcm_s16le": "16 位 PCM",
    "pcm_s24le": "24 位 PCM",
    "pcm_f32le": "浮点 PCM",
    "pcm_alaw": "A 律",
    "pcm_mulaw": "μ 律",
    "amrnb": "AMR 窄带",
    "amrwb": "AMR 宽带",
    "gsm_ms": "GSM",
    "mp3float": "MP3",
}
"""Names that a person knows them by; others are called as FFmpeg calls them."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in one recording.

    Parameters
    ----------
    name : str
        The file's.
    coding : str
        Container and coding.
    error : AudioError | None
        Why it cannot be opened; then nothing else is known.
    levels : tuple of ChannelLevels
        One a channel.
    leaks : tuple of float or None
        How loud each channel's voice is on the other one.
    speech : tuple of tuple of Span
        The voices of each channel.
    """

    name: str
    coding: str = ""
    error: AudioError | None = None
    recording: Recording | None = None
    levels: tuple[ChannelLevels, ...] = ()
    leaks: tuple[float | None, ...] = ()
    speech: tuple[tuple[Span, ...], ...] = ()
    is_same_mix: bool = False
    rings: tuple[Span, ...] = ()
    music: tuple[Span, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def speech_seconds(self) -> Seconds:
        """For how long a voice sounds on any channel."""
        return sum(span.duration for span in union(span for spans in self.speech for span in spans))

    @property
    def is_usable(self) -> bool:
        """Whether a call with this recording can be scored at all."""
        return self.error is None and self.speech_seconds >= LEAST_SPEECH_S

    @property
    def silent(self) -> tuple[int, ...]:
        """The channels without a voice."""
        return tuple(n for n, spans in enumerate(self.speech) if not spans)


def files_of(place_: str) -> tuple[RecordingFile, ...]:
    """The recordings in a folder, or the one file that is named, whatever its ending is.

    Raises
    ------
    ConfigurationError
        If there is nothing to be checked.
    """
    found = list_recordings(place_)
    system, path = located(place_)
    if not found and system.isfile(path):
        return (RecordingFile(address(system, path, place_), readable(path), None),)
    if not found:
        raise ConfigurationError(f"recordings: {place_} holds none; see docs/cli.md for the formats")
    return found


def check_recording(file: RecordingFile) -> Checked:
    """What is found in one recording, by its sound alone."""
    try:
        content = read_recording(file)
        found = formats.of(content, file.path)
        recording, audio = open_recording(content, file.uri)
        named = coding(content, file.uri)
    except AudioError as error:
        return Checked(file.name, error=error)
    del content
    titles = dict.fromkeys([found.title] if found else []) | {CODINGS.get(named, named.upper()): None}
    return _looked_at(file.name, "，".join(titles), recording, audio)


def _looked_at(name: str, coding_: str, recording: Recording, audio: Audio) -> Checked:
    frames, ringback = Frames.of(audio), find_ringback(audio)
    cleared, notices = clear(audio)
    is_same_mix = len(cleared) < len(audio)
    heard = tuple(find_speech(samples, ringback.bursts) for samples in cleared)
    speech = heard * len(audio) if is_same_mix else heard
    voiced = [span for spans in speech for span in spans]
    channels = range(len(audio))
    return Checked(
        name,
        coding_,
        recording=recording,
        levels=tuple(frames.levels(n, speech[n]) for n in channels),
        leaks=tuple(None if is_same_mix else frames.leak_db(n, speech) for n in channels),
        speech=speech,
        is_same_mix=is_same_mix,
        rings=ringback.bursts,
        music=find_music(audio, voiced, voiced, ringback.bursts),
        notices=(*recording.notices, *notices),
    )


def show_checked(checked: Checked) -> Iterator[RenderableType]:
    """One recording as the command line shows it: its sound, what is doubtful, and what can be scored."""
    if checked.error is not None or checked.recording is None:
        reason = checked.error.reason if checked.error else ""
        problem = checked.error.problem if checked.error else ""
        yield Text(f"{checked.name}　不能使用：{REASONS.get(reason, reason)}（{problem}）", style="red")
        return
    recording = checked.recording
    form = f"{checked.coding}，{recording.sampling_rate} Hz，{recording.num_channels} 声道"
    yield Text(f"{checked.name}　{form}，时长 {place(recording.duration)}", style="bold")
    yield _levels_table(checked)
    yield Text("\n".join([*_doubts(checked), *_scorable(checked)]))


def _levels_table(checked: Checked) -> Table:
    table = Table()
    table.add_column("")
    for n in range(len(checked.levels)):
        table.add_column(f"声道 {n + 1}" if len(checked.levels) > 1 else "混合声道", justify="right")
    rows: tuple[tuple[str, Callable[[ChannelLevels], str]], ...] = (
        ("峰值", lambda each: f"{each.peak_db:.0f} dB"),
        ("人声音量", lambda each: _decibels(each.speech_db, "没有人声")),
        ("底噪", lambda each: _decibels(each.noise_db, "无（静音）")),
        ("信噪比（估计）", lambda each: _decibels(each.snr_db, "—")),
        ("有人声", lambda each: f"{each.speech_seconds:.0f} 秒"),
        ("削顶", lambda each: f"{each.clipped:.1%}" if each.clipped else "无"),
        ("直流偏移", lambda each: f"{each.offset:+.1%}" if abs(each.offset) >= OFFSET else "无"),
    )
    for title, shown in rows:
        table.add_row(title, *(shown(each) for each in checked.levels))
    if len(checked.levels) > 1:
        table.add_row("串入另一声道", *(_decibels(leak, "无") for leak in checked.leaks))
    return table


def _decibels(level: float | None, otherwise: str) -> str:
    return otherwise if level is None else f"{level:.0f} dB"


def _doubts(checked: Checked) -> Iterator[str]:
    length = checked.recording.duration if checked.recording else 0.0
    music = sum(span.duration for span in checked.music)
    yield f"人声 {checked.speech_seconds / max(length, 1e-9):.0%}，音乐等 {music / max(length, 1e-9):.0%}"
    yield from (f"数据提示：{notice}" for notice in checked.notices)
    for n, each in enumerate(checked.levels):
        channel = f"声道 {n + 1} " if len(checked.levels) > 1 else ""
        if each.clipped >= CLIPPED:
            yield f"存疑：{channel}录音过载，{each.clipped:.0%} 的人声削顶，请调低录音电平"
        if abs(each.offset) >= OFFSET:
            yield f"存疑：{channel}有直流偏移，请检查录音设备"
        if each.speech_db is not None and each.speech_db < FAINT_DB:
            yield f"存疑：{channel}人声很小（{each.speech_db:.0f} dB），容易漏听"
    for n, leak in enumerate(checked.leaks):
        if leak is not None:
            yield f"存疑：声道 {n + 1} 的人声串入另一声道（低 {-leak:.0f} dB）"


def _scorable(checked: Checked) -> Iterator[str]:
    """What a call with this recording can be scored by, and what it cannot."""
    if rings := checked.rings:
        yield f"应答时长：可按铃声计，响铃 {len(rings)} 声，从 {place(rings[0].start)} 到 {place(rings[-1].end)}"
    else:
        yield "应答时长：录音中没有铃声，只能按话单"
    if not checked.is_usable:
        yield "不能评分：录音中没有人说话（静音、铃声或只有音乐），请检查录音设备"
        return
    yield f"角色：{_roles(checked)}"
    yield f"内容：{_words(checked.levels)}"


def _roles(checked: Checked) -> str:
    if checked.is_same_mix:
        return "两个声道是同一份混音，按声音区分双方，把握不足的转人工复核"
    if len(checked.levels) == 1:
        return "混合声道，按声音区分双方，把握不足的转人工复核"
    if checked.silent:
        return f"声道 {checked.silent[0] + 1} 没有人声：一方没有录到，或双方都在另一声道，须核对录音设备"
    return "双方各占一个声道，可以分清"


def _words(levels: Sequence[ChannelLevels]) -> str:
    ratios = [each.snr_db for each in levels if each.snr_db is not None]
    worst = min(ratios, default=None)
    if worst is None or worst >= CLEAR_DB:
        return "声音清楚，可以转写评分"
    if worst >= NOISY_DB:
        return f"有噪声（信噪比约 {worst:.0f} dB），部分内容可能听不清，听不清的转人工复核"
    return f"噪声很大（信噪比约 {worst:.0f} dB），多数内容可能听不清，不宜自动评分"
