"""What every call is searched for: the shipped phrase lists and rule files, and those of one deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from flows.settings import Settings
from pipeline.detectors import detect
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons, load_lexicon
from pipeline.policy import keys_of
from pipeline.rulebook import Rulebook, RulebookFile, bundled_rulebooks, load_rulebook

ROLE_WORDING = "roles"


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
    shipped = bundled_lexicons(settings.slots)
    lexicons = {each.file.name: each for each in (*shipped, *of_lists)}
    role_wording = lexicons.pop(ROLE_WORDING)
    # The examples of shipped rules were written for the shipped lists.
    shipped_rules = bundled_rulebooks(settings.slots, partial(detect, lexicons=shipped))
    read: Callable[[Path], Rulebook] = partial(
        load_rulebook, slots=settings.slots, facts=partial(detect, lexicons=tuple(lexicons.values()))
    )
    of_rules = [read(path) for path, keys in paths.items() if "rules" in keys]
    books = {book.file.name: book for book in (*shipped_rules, *of_rules)}
    return Lists(tuple(lexicons.values()), role_wording, tuple(books.values()))


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
