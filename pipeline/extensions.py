"""What installed packages add to callqa, found through entry points.

A package declares, in its ``pyproject.toml``, the group and the object::

    [project.entry-points."callqa.detectors"]
    whisper = "ours.whisper:DETECTOR"

Knows how they are found and loaded; what each must be able to do is told where it is used (`docs/adding.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from typing import Protocol, TypeVar

from pipeline.errors import ConfigurationError


class HasName(Protocol):
    """What can be asked for by its name."""

    @property
    def name(self) -> str:
        """By which it is asked for."""


T = TypeVar("T")
Named = TypeVar("Named", bound=HasName)


def extensions(group: str, kind: type[T]) -> tuple[T, ...]:
    """The objects of a class that installed packages declare in a group, in the order of their names.

    Parameters
    ----------
    group : str
        Such as ``callqa.detectors``.
    kind : type
        The class, or runtime-checkable protocol, that each object must be of.

    Raises
    ------
    ConfigurationError
        If one cannot be loaded or is something else; names the group, the entry and what it points to.

    Examples
    --------
    >>> extensions("callqa.nothing_of_that_kind", str)
    ()
    """
    return tuple(loaded for _, loaded in _declared(group, kind))


def by_name(shipped: Iterable[Named], group: str, kind: type[Named]) -> dict[str, Named]:
    """Objects by their names: those that callqa ships, then those that installed packages declare in a group.

    Parameters
    ----------
    shipped : iterable
        Objects of the class `kind`.
    group, kind
        As for `extensions`; each object has a `name`.

    Raises
    ------
    ConfigurationError
        If one cannot be loaded or is something else, or two have one name; names both.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> list(by_name([SimpleNamespace(name="csv")], "callqa.nothing_of_that_kind", SimpleNamespace))
    ['csv']
    """
    every = [*(("callqa's own", each) for each in shipped), *_declared(group, kind)]
    named: dict[str, tuple[str, Named]] = {}
    for told, each in every:
        first, kept = named.setdefault(each.name, (told, each))
        if kept is not each:
            raise ConfigurationError(f"{told} is called {each.name!r}, and so is {first}; rename it")
    return {name: each for name, (_, each) in named.items()}


def _declared(group: str, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Each object of a group, with the words that say where it comes from."""
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        told = f"{entry.name} = {entry.value} (entry point of {group})"
        try:
            loaded = entry.load()
        except Exception as error:  # whatever the code of others raises while it is imported
            raise ConfigurationError(f"{told} cannot be loaded: {error or type(error).__name__}") from error
        if not isinstance(loaded, kind):
            raise ConfigurationError(f"{told} is a {type(loaded).__name__}, not a {kind.__name__}")
        yield told, loaded
