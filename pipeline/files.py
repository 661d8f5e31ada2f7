"""Files of the user's written at one go: whoever reads has the old one or the new one, never half of it.

A disk that fills up, a process that is killed or a machine that loses its power costs the new file, not the old.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import ConfigurationError


def write_file(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Write a file at one go; text is UTF-8, its line ends as they are. Raises what `replacing` raises.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_file(Path(folder) / "m.csv", "坐席,得分")
    ...     [path.name for path in Path(folder).iterdir()]
    ['m.csv']
    """
    with replacing(path, mode) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """An empty file beside `path`, of the same ending, that takes its place when the block ends well.

    A link is followed, and the rights of an older file are kept. What is no file at all, such as ``/dev/stdout``,
    is given as it is.

    Parameters
    ----------
    mode : int
        Rights of a file that was not there, less those that the umask takes.

    Raises
    ------
    ConfigurationError
        If it cannot be written; what was there before is there still.
    """
    target = Path(os.path.realpath(path))
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            yield path
            return
        beside = target.with_name(f".callqa-{secrets.token_hex(4)}{target.suffix}")
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        try:
            yield beside
            _synced(beside)
            with suppress(FileNotFoundError):
                beside.chmod(stat.S_IMODE(target.stat().st_mode))
            beside.replace(target)
            _synced(target.parent)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {path}: {error.strerror or error}; an older file is as it was"
        ) from error


def _synced(path: Path) -> None:
    """Have what was written reach the disk: of a file its content, of a folder its names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # some file systems cannot do it for folders
            raise
    finally:
        os.close(handle)
