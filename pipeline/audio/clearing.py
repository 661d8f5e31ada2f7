"""A recording cleared of what is not the parties' own sound, and what was found doubtful about its channels."""

from __future__ import annotations

from pipeline.audio.audio import Audio
from pipeline.audio.channels import louder_copy, same_mix
from pipeline.audio.hum import Hum, remove_hum
from pipeline.audio.leaks import Path, remove_leaks
from pipeline.audio.spool import release
from pipeline.notices import Notice, NoticeKind

AUDIBLE_DB = -40.0
"""A leak fainter than this beside its source is taken out without a word: every line has one."""


def clear(audio: Audio) -> tuple[Audio, tuple[Notice, ...]]:
    """The channels that hold something of their own, without hum and leaks, and what was found.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        Changed in place where hum or a leak is found, so that a recording of hours is not copied.

    Examples
    --------
    >>> import numpy as np
    >>> voice = 0.1 * np.random.default_rng(1).standard_normal(48_000).astype(np.float32)
    >>> kept, (notice,) = clear(np.stack([voice, voice]))
    >>> kept.shape, str(notice)
    ((1, 48000), '两个声道是同一份混音：双方的声音混在一起，按单声道处理')
    """
    notices = []
    for n, samples in enumerate(audio):
        if hum := remove_hum(samples):
            notices.append(Notice(NoticeKind.HUM, channel_title(audio, n), _hum_told(hum)))
    if same_mix(audio):
        told = Notice(NoticeKind.ONE_MIX, "", "双方的声音混在一起，按单声道处理")
        kept = louder_copy(audio)
        audio = audio[kept : kept + 1]
        notices.append(told)
    else:
        for n, path in enumerate(remove_leaks(audio)):
            if path and path.gain_db > AUDIBLE_DB:
                notices.append(Notice(NoticeKind.CHANNEL_LEAK, channel_title(audio, n), _leak_told(path)))
    release(audio)
    return audio, tuple(notices)


def channel_title(audio: Audio, channel: int) -> str:
    """How a person counts a channel; empty where there is one only.

    Examples
    --------
    >>> import numpy as np
    >>> channel_title(np.zeros((2, 8), np.float32), 1)
    '第 2 声道'
    """
    return f"第 {channel + 1} 声道" if len(audio) > 1 else ""


def _hum_told(hum: Hum) -> str:
    parts = []
    if hum.low_db is not None:
        parts.append(f"直流偏移或低频噪声（{hum.low_db:.0f} dB）")
    if hum.lines:
        parts.append(f"{hum.lines[0][0]} Hz 起的电流声（{hum.lines_db:.0f} dB）")
    return f"录有{'和'.join(parts)}，已滤除后再听，请检查录音线路"


def _leak_told(path: Path) -> str:
    late = f"，晚 {path.delay * 1000:.0f} 毫秒" if path.delay >= 0.001 else ""
    return f"录进了另一声道的声音（约 {path.gain_db:.0f} dB{late}），已消除，不算作本声道说的话"
