"""What a container says of the sound in it, compared with what is there, before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import AudioError

JOINED = "文件由 {} 段录音首尾相接而成，已按先后全部读取"
STALE = "文件头写的长度小于实际声音，已读到文件末尾"
FETCH_AGAIN = "请从录音系统重新取"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The sound of a file as its container tells it.

    Parameters
    ----------
    parts : tuple of bytes
        Files to be decoded one after the other; mostly the one file itself.
    promised, there : int
        How much sound the container tells of, and how much of it is there; equal where it tells nothing.
    unit : str
        Of both, in Chinese.
    num_samples : int
        How many samples a channel has, where the container tells; 0 where it does not.
    doubts : tuple of str
        How the container contradicts its content where all sound is there; Chinese sentences.
    """

    parts: tuple[bytes, ...]
    promised: int = 0
    there: int = 0
    unit: str = "字节声音"
    num_samples: int = 0
    doubts: tuple[str, ...] = ()

    @property
    def missing(self) -> float:
        """How much is missing, as a multiple of what is there: 0.0 for nothing, infinite where nothing is there.

        Examples
        --------
        >>> Envelope((b"",), promised=1000, there=800).missing
        0.25
        """
        if self.promised <= self.there:
            return 0.0
        return (self.promised - self.there) / self.there if self.there else float("inf")

    def broken(self, name: str) -> AudioError:
        """The error of a file whose sound is not all there."""
        return AudioError(
            "truncated",
            f"{name} 不完整：文件头写明有 {self.promised} {self.unit}，实际只有 {self.there}；{FETCH_AGAIN}",
        )


def broken_inside(name: str, what: str) -> AudioError:
    """The error of a file that breaks off where nobody can tell how much is missing; `what` is Chinese."""
    return AudioError("truncated", f"{name} 不完整：在{what}中间断开；{FETCH_AGAIN}")
