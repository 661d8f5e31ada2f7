"""What every call is searched for: the shipped phrase lists and rule files, and those of one deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from flows.settings import Settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings.detectors import detect
from pipeline.findings.rulebook import Rulebook, RulebookFile, bundled_rulebooks, load_rulebook
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons, load_lexicon
from pipeline.policy.load import keys_of
from pipeline.scorecard import Scorecard, bundled_scorecards, find_scorecard, load_scorecard

ROLE_WORDING = "roles"
Stamp: TypeAlias = tuple[tuple[tuple[str, int, int], ...], tuple[tuple[str, int, int], ...]]


@dataclass(frozen=True)
class Lists:
    """Phrase lists and rule files in force, and the wording that tells roles."""

    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon
    rulebooks: tuple[Rulebook, ...]

    @property
    def files(self) -> tuple[LexiconFile | RulebookFile, ...]:
        """All of them as they are written."""
        lexicons = (*self.lexicons, self.role_wording)
        return (*(each.file for each in lexicons), *(book.file for book in self.rulebooks))


@cache
def lists_of(settings: Settings) -> Lists:
    """The lists of a deployment; a file of its own takes the place of a shipped one with the same name.

    Raises
    ------
    ConfigurationError
        If there is no such folder.
    PolicyError
        If a file in it is wrong, or is neither a phrase list nor a rule file.
    """
    paths = _own_paths(settings.rules)
    of_lists = [load_lexicon(path, settings.slots) for path, keys in paths.items() if "phrases" in keys]
    shipped, shipped_rules = _shipped(settings.companies)
    lexicons = {each.file.name: each for each in (*shipped, *of_lists)}
    role_wording = lexicons.pop(ROLE_WORDING)
    read: Callable[[Path], Rulebook] = partial(
        load_rulebook, slots=settings.slots, facts=partial(detect, lexicons=tuple(lexicons.values()))
    )
    of_rules = [read(path) for path, keys in paths.items() if "rules" in keys]
    books = {book.file.name: book for book in (*shipped_rules, *of_rules)}
    return Lists(tuple(lexicons.values()), role_wording, tuple(books.values()))


@cache
def _shipped(companies: tuple[str, ...]) -> tuple[tuple[Lexicon, ...], tuple[Rulebook, ...]]:
    """The lists that come with callqa: read once, whatever becomes of a deployment's own."""
    slots = {"company": companies}
    lexicons = bundled_lexicons(slots)
    # The examples of shipped rules were written for the shipped lists.
    return lexicons, bundled_rulebooks(slots, partial(detect, lexicons=lexicons))


def fresh_lists(settings: Settings) -> Lists:
    """The lists as the files are now: a service runs for days, and a file may be released meanwhile."""
    _forget_if_changed(settings)
    return lists_of(settings)


def standards_of(settings: Settings) -> dict[str, Scorecard]:
    """The standards by name: those that come with callqa, and over them those that were released here.

    Raises
    ------
    PolicyError
        If a file in the folder `standards` is wrong.
    """
    _forget_if_changed(settings)
    return dict(_standards(settings))


def standard_of(name: str, settings: Settings) -> Scorecard:
    """The standard in force: one released here, else one that comes with callqa, by name or alias; or a file.

    Raises
    ------
    PolicyError
        If there is none, or its file is wrong.
    """
    named = {each: card for card in standards_of(settings).values() for each in (card.name, *card.aliases)}
    return named.get(name) or named.get(name.lower()) or find_scorecard(name)


def standards_folder(settings: Settings) -> Path | None:
    """Where released standards lie; `lists_of` does not look there."""
    return settings.rules / "standards" if settings.rules else None


@cache
def _standards(settings: Settings) -> dict[str, Scorecard]:
    folder = standards_folder(settings)
    own = sorted(folder.glob("*.yaml")) if folder and folder.is_dir() else ()
    cards = [load_scorecard(path) for path in (*bundled_scorecards().values(), *own)]
    return {card.name: card for card in cards}


def forget_lists() -> None:
    """Read all files again the next time: one was written."""
    lists_of.cache_clear()
    _standards.cache_clear()
    _seen.clear()


_seen: dict[Settings, Stamp] = {}


def _forget_if_changed(settings: Settings) -> None:
    now = _stamp(settings.rules), _stamp(standards_folder(settings))
    if _seen.setdefault(settings, now) != now:
        forget_lists()
        _seen[settings] = now


def _stamp(folder: Path | None) -> tuple[tuple[str, int, int], ...]:
    """What tells that a file of a folder was written: names, sizes, instants."""
    if folder is None or not folder.is_dir():
        return ()
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("*.yaml"))]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _own_paths(folder: Path | None) -> dict[Path, frozenset[str]]:
    """The files of the deployment's own folder, with the keys that tell what kind each is."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ConfigurationError(f"CALLQA_RULES: there is no folder {folder}; make it, or leave the variable out")
    paths = {path: keys_of(path) for path in sorted(folder.glob("*.yaml"))}
    for path, keys in paths.items():
        if not keys & {"phrases", "rules"}:
            raise PolicyError(str(path), None, "is neither a phrase list (phrases) nor a rule file (rules)")
    return paths
