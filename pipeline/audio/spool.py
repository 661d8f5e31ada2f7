"""Samples gathered piece by piece, in memory while they are few and in a file without a name once they are many.

Four hours of two channels take 1.8 GB. As an array mapped onto a file they take none that is not being looked at,
for whoever goes through them in `blocks`.
"""

from __future__ import annotations

import mmap
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import AudioError

IN_MEMORY_BYTES = 128 * 2**20
"""More than this goes into a file; some 17 minutes of two channels at 16 kHz."""
BLOCK_SAMPLES = 16_000 * 60
"""Of `blocks`: a minute at 16 kHz, 3.8 MB a channel."""


class Spool:
    """A place for samples of which nobody knows yet how many will come; what it gave outlives it.

    Examples
    --------
    >>> with Spool() as spool:
    ...     spool.append(np.zeros((2, 3), np.float32))
    ...     spool.append(np.ones((2, 1), np.float32))
    ...     spool.samples().tolist()
    [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]]
    """

    def __init__(self) -> None:
        self._pieces: list[NDArray[np.float32]] = []
        self._files: list[IO[bytes]] = []  # one a channel, once there are too many samples for memory
        self._num_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def append(self, piece: NDArray[np.float32]) -> None:
        """Add samples, shape (n_channels, n); every piece has as many channels as the first one.

        Raises
        ------
        AudioError
            With reason ``disk_full`` if there is no room for them.
        """
        self._num_bytes += piece.nbytes
        self._pieces.append(piece)
        if self._num_bytes > IN_MEMORY_BYTES:
            self._write()

    def samples(self) -> NDArray[np.float32]:
        """All samples, float32, shape (n_channels, n_samples), C-contiguous; nothing may be added any more.

        Raises
        ------
        AudioError
            As `append` does.
        """
        if not self._files:
            pieces, self._pieces = self._pieces, []
            return np.concatenate(pieces, axis=1, dtype=np.float32) if pieces else np.zeros((1, 0), np.float32)
        self._write()
        whole, *others = self._files
        with _room():
            for other in others:
                other.seek(0)
                shutil.copyfileobj(other, whole, 2**20)
            whole.flush()
            mapped = mmap.mmap(whole.fileno(), self._num_bytes)
        shape = len(self._files), self._num_bytes // (len(self._files) * 4)
        return np.ndarray(shape, np.float32, buffer=mapped)

    def _write(self) -> None:
        pieces, self._pieces = self._pieces, []
        with _room():
            for piece in pieces:
                if not self._files:
                    self._files = [tempfile.TemporaryFile() for _ in piece]  # noqa: SIM115  closed on exit
                for file, channel in zip(self._files, piece, strict=True):
                    file.write(np.ascontiguousarray(channel, np.float32).data)


@contextmanager
def _room() -> Iterator[None]:
    """Turns a full disk into our error."""
    try:
        yield
    except OSError as error:
        problem = f"临时文件夹 {tempfile.gettempdir()} 写不下这段长录音"
        raise AudioError("disk_full", f"{problem}；请清理磁盘，或用 TMPDIR 换一个文件夹") from error


def blocks(samples: NDArray[np.float32], size: int = BLOCK_SAMPLES) -> Iterator[NDArray[np.float32]]:
    """The samples in blocks of `size` along the last axis; memory that the last block took is given back.

    Examples
    --------
    >>> [block.shape for block in blocks(np.zeros((2, 5), np.float32), size=2)]
    [(2, 2), (2, 2), (2, 1)]
    """
    for at in range(0, samples.shape[-1], size):
        block = samples[..., at : at + size]
        yield block
        release(block)


def release(samples: NDArray[np.float32]) -> None:
    """Give back the memory that samples of a long recording take; they stay as they are, and usable.

    Nothing happens to samples that lie in memory only.
    """
    mapped = _mapping(samples)
    if mapped is None or not samples.size or not hasattr(mmap, "MADV_DONTNEED"):
        return
    origin = _address(np.frombuffer(mapped, np.uint8))
    for channel in np.atleast_2d(samples):
        start = _address(channel) - origin
        first = start - start % mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED, first, start + channel.nbytes - first)


def _mapping(samples: Any) -> mmap.mmap | None:
    """The file in memory that an array, or what it is a view of, lies in."""
    while isinstance(samples, np.ndarray):
        samples = samples.base
    return samples if isinstance(samples, mmap.mmap) else None


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
