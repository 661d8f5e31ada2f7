"""Policy files: YAML that a QA manager writes and signs off, read with the line of every mistake."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache, partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import RoundTripConstructor, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from pipeline.errors import PolicyError

File = TypeVar("File", bound=BaseModel)
Location: TypeAlias = tuple[int | str, ...]
"""The way to a part of a file: ``("criteria", 3, "points")``."""


DEEPEST = 60
"""Levels of a file, one inside the other; the deepest rule has a dozen."""


class _Composer(Composer):
    """Refuses aliases: a page of them, each naming the one before nine times, is a file larger than any memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node of the file."""
        if self.parser.check_event(AliasEvent):
            mark = self.parser.peek_event().start_mark
            raise ComposerError(None, None, "aliases (*name) are not read: write out what they stand for", mark)
        return super().compose_node(parent, index)


class _Constructor(RoundTripConstructor):
    """Leaves dates as they are written: the shape reads them, and knows the line of one that does not exist."""


class _PlainConstructor(SafeConstructor):
    """The same, without the lines."""


for _each, _base in ((_Constructor, RoundTripConstructor), (_PlainConstructor, SafeConstructor)):
    _each.add_constructor("tag:yaml.org,2002:timestamp", _base.construct_yaml_str)

_UNUSUAL = re.compile(rf"^%|(?:^|[\s\[\]{{}},:-])[&*!]\S|^ {{{DEEPEST},}}|(?:[-?] ){{20,}}", re.MULTILINE)
"""Anchors, aliases, tags, directives, and blocks that may be nested too deep."""


def load_policy(path: Traversable | Path, shape: type[File]) -> tuple[File, str]:
    """A policy file in the given shape, and a short hash of its content.

    Raises
    ------
    PolicyError
        With the file and the line: unreadable, not UTF-8, not YAML, or not of that shape.

    Examples
    --------
    >>> import tempfile
    >>> class Window(BaseModel):
    ...     days: int
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "window.yaml"
    ...     num_bytes = path.write_bytes(b"days: 7")
    ...     load_policy(path, Window)
    (Window(days=7), '9949a03882bf')
    """
    return parse_policy(content_of(path), str(path), shape)


def parse_policy(content: bytes, name: str, shape: type[File]) -> tuple[File, str]:
    """A policy file in the given shape, and a short hash of its content; `name` is what errors call it.

    Raises
    ------
    PolicyError
        As `load_policy` does.

    Examples
    --------
    >>> class Window(BaseModel):
    ...     days: int
    >>> parse_policy(b"days: 7", "window.yaml", Window)
    (Window(days=7), '9949a03882bf')
    """
    try:
        return shape.model_validate(_values(content, name)), hashlib.sha256(content).hexdigest()[:12]
    except ValidationError as error:
        document = _document(content, name)
        # A misspelt key is two errors, one unknown key and one missing; the unknown one stands in the file.
        first = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
        problem = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            problem = f"there is no such field{_meant(str(first['loc'][-1]), shape)}"
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        named = _item_of(document, first["loc"])
        sentence = f"{where}: {problem}{f' (item {named})' if named else ''}"
        raise PolicyError(name, _line_of(document, first["loc"]), sentence) from None


def _item_of(document: Any, location: Location) -> str:
    """The name of the innermost entry of `location`: its id, term, name or title; empty for none."""
    named = ""
    for step in location:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(step, int) and isinstance(document, dict):
            named = next((str(document[key]) for key in ("id", "term", "name", "title") if key in document), named)
    return named


def keys_of(path: Traversable | Path) -> frozenset[str]:
    """The keys at the top of a policy file, which tell what kind of file it is; none where it is a list or a text.

    Raises
    ------
    PolicyError
        If the file cannot be read, or is not YAML.

    Examples
    --------
    >>> from importlib.resources import files
    >>> sorted(keys_of(files("pipeline.policy") / "worklist.yaml"))[:3]
    ['doubt_above', 'gravity', 'low_score_below']
    """
    document = _values(content_of(path), str(path))
    return frozenset(map(str, document)) if isinstance(document, dict) else frozenset()


def line_with(path: Traversable | Path, term: str) -> int | None:
    """The 1-based line at which a lexicon's term begins; None when it is written in some other way.

    Examples
    --------
    >>> from importlib.resources import files
    >>> line_with(files("pipeline.policy") / "lexicons" / "roles.yaml", "announcement")
    10
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    begins = re.compile(rf"term:\s*['\"]?{re.escape(term)}\b")
    return next((n for n, line in enumerate(lines, 1) if begins.search(line)), None)


def lines_of(path: Traversable | Path) -> Callable[[Location], int | None]:
    """The 1-based line of each part of a policy file; of the innermost one that exists, where the part does not.

    Raises
    ------
    PolicyError
        If the file cannot be read, or is not YAML.

    Examples
    --------
    >>> from importlib.resources import files
    >>> line = lines_of(files("pipeline.policy") / "lexicons" / "roles.yaml")
    >>> line(("phrases", 0, "term")), line(("phrases", 0, "nothing"))
    (10, 10)
    """
    return lines_in(content_of(path), str(path))


@lru_cache(maxsize=8)
def lines_in(content: bytes, name: str) -> Callable[[Location], int | None]:
    """The same of a file's content; `name` is what errors call it."""
    return partial(_line_of, _document(content, name))


def content_of(path: Traversable | Path) -> bytes:
    """The content of a policy file; PolicyError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(str(path), None, f"cannot be read: {error.strerror or error}") from None


def _values(content: bytes, name: str) -> Any:
    """What the YAML of a file's content says, as `_document` reads it, but without its lines, six times as fast.

    Left to `_document` are files that this parser refuses, which it cannot say in our words, those with anchors,
    aliases, tags or directives, and those so deep that it might not come back.
    """
    text = content.decode("utf-8-sig", "replace")
    if "\ufffd" in text or _UNUSUAL.search(text) or _brackets_deep(text):
        return _document(content, name)
    yaml = YAML(typ="safe")
    yaml.Constructor = _PlainConstructor
    try:
        return yaml.load(text)
    except (YAMLError, ValueError):
        return _document(content, name)


def _document(content: bytes, name: str) -> Any:
    """The YAML document of a file's content, which knows its lines."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken_at = content.count(b"\n", 0, error.start) + 1
        raise PolicyError(name, broken_at, "is not UTF-8; save it as UTF-8") from None
    try:
        # YAML 1.2 keeps `no` and `1:30` as they are written, and refuses a key that stands twice.
        if _brackets_deep(text):  # told before it is read: the reader looks ahead over all of them, for each
            raise YAMLError(f"more than {DEEPEST} brackets are open at once; does one not close?")
        yaml = YAML(typ="rt")
        yaml.Composer, yaml.Constructor, yaml.max_depth = _Composer, _Constructor, DEEPEST
        return yaml.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        lines = text.splitlines()[max(0, (line or 1) - 2) : line or 0]
        hint = "; is there a full-width ： or ， where : or , and a blank belong?" if _wide(lines) else ""
        raise PolicyError(name, line, f"is not valid YAML: {str(error.problem or error).strip()}{hint}") from None
    except (YAMLError, ValueError) as error:
        raise PolicyError(name, None, f"is not valid YAML: {error}") from None


def _brackets_deep(text: str) -> bool:
    """Whether more than `DEEPEST` brackets are open somewhere; those inside of wordings close there."""
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        if depth > DEEPEST:
            return True
    return False


def _wide(lines: Iterable[str]) -> bool:
    """Whether a line has a full-width colon or comma where YAML wants its own."""
    return any(re.match(r"\s*(- )?[\w.]+：", line) or re.search(r"[{\[][^}\]]*[：，]", line) for line in lines)


def _meant(field: str, shape: type[BaseModel]) -> str:
    """A clause that names the field most like a misspelt one, anywhere in the shape; empty if none is."""
    near = get_close_matches(field, sorted(set(_fields(shape.model_json_schema()))), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _fields(schema: Any) -> Iterator[str]:
    """The names of all fields of a schema, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _fields(part)


def _line_of(document: Any, location: Location) -> int | None:
    """The 1-based line of the innermost part of `location` that exists in the document."""
    line: int | None = None
    for step in location:
        marks = getattr(document, "lc", None)
        if marks is None:
            break
        try:
            line = (marks.key(step) if isinstance(document, dict) else marks.item(step))[0] + 1
            document = document[step]
        except (KeyError, IndexError, TypeError):
            break
    return line
