"""Speech recognition: the words of one channel, with their times. One file an engine.

Engines of installed packages are found through entry points of ``callqa.engines``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from models.asr import sequential, whisper
from models.asr.recognizer import Engine, Recognizer
from pipeline.errors import ConfigurationError
from pipeline.extensions import by_name

__all__ = ["ENGINES", "Engine", "Recognizer", "engine", "engines"]

ENGINES: tuple[Engine, ...] = (whisper.ENGINE, sequential.ENGINE)
"""Those that callqa has by itself."""


@cache
def engines() -> Mapping[str, Engine]:
    """Every engine by its name: callqa's own, then those of installed packages.

    Raises
    ------
    ConfigurationError
        If a package declares something else, or two declare one name.

    Examples
    --------
    >>> list(engines())[:2]
    ['whisper', 'sequential']
    """
    return by_name(ENGINES, "callqa.engines", Engine)


def engine(name: str) -> Engine:
    """The engine of that name.

    Raises
    ------
    ConfigurationError
        If there is none; names those that there are.

    Examples
    --------
    >>> engine("whisper").name
    'whisper'
    """
    if name not in engines():
        raise ConfigurationError(
            f"there is no engine {name!r} of speech recognition; choose one of {', '.join(engines())}"
        )
    return engines()[name]
