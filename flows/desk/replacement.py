"""One file written at one go, that can be taken back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.files import write_file


class Replacement:
    """A file that is put in place at one go, and can be taken back.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "ours.yaml"
    ...     _ = path.write_text("revision: 1")
    ...     file = Replacement(path)
    ...     file.put("revision: 2")
    ...     file.take_back()
    ...     path.read_text()
    'revision: 1'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before: bytes | None = None
        self.done = False

    def put(self, text: str) -> None:
        """Write the file beside its place, then move it there."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.before = self.path.read_bytes() if self.path.exists() else None
            self._write(text.encode())
        except (OSError, ConfigurationError) as error:
            reason = getattr(error.__cause__ or error, "strerror", None) or error
            raise ConfigurationError(f"{self.path} 写不进去：{reason}；请管理员检查文件夹的权限") from None
        self.done = True

    def take_back(self) -> None:
        """Put back what was there; nothing where nothing was written."""
        if not self.done:
            return
        with suppress(OSError, ConfigurationError):
            if self.before is None:
                self.path.unlink()
            else:
                self._write(self.before)

    def _write(self, content: bytes) -> None:
        write_file(self.path, content)
        self.path.chmod(0o644)  # others than the service read it: the night, the command line
