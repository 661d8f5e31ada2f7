"""The kinds of a part of a scorecard, each told in one file: which there are, and how a written one finds its own.

Knows names and shapes, callqa's own and those of installed packages; not what a kind does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from pipeline.errors import ConfigurationError
from pipeline.extensions import extensions


class Policy(BaseModel):
    """A part of a policy file: unknown keys are refused, nothing is changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Part = TypeVar("Part", bound=Policy)


class Kinds(Generic[Part]):
    """The shapes that a part of a scorecard may have; its key `kind` says which.

    Each is a class with a field ``kind: Literal["name"]``. An instance annotates the field of a pydantic model.

    Parameters
    ----------
    base : type
        What every kind inherits from.
    group : str
        The entry points under which installed packages declare theirs.
    own : tuple of type
        Those that come with callqa, in the order in which they are told.
    """

    def __init__(self, base: type[Part], group: str, own: tuple[type[Part], ...]) -> None:
        self.base, self.group, self.own = base, group, own

    @cached_property
    def by_name(self) -> Mapping[str, type[Part]]:
        """Every kind by the name that a file writes.

        Raises
        ------
        ConfigurationError
            If a package declares something else, or a name that is taken.
        """
        by_name = {name_of(kind): kind for kind in self.own}
        for kind in extensions(self.group, type):
            if not issubclass(kind, self.base):
                raise ConfigurationError(
                    f"{_place(kind)} (entry point of {self.group}) is no {self.base.__name__}: inherit from it"
                )
            name = name_of(kind)
            if name in by_name:
                raise ConfigurationError(
                    f"{_place(kind)} and {_place(by_name[name])} are both of kind {name!r}: rename one of them"
                )
            by_name[name] = kind
        return by_name

    def read(self, written: object) -> Part:
        """The part as its kind has it.

        Parameters
        ----------
        written : mapping
            As it stands in a file; one that is read already stays as it is.

        Raises
        ------
        ValidationError
            If it has no kind or one that there is not, or the kind refuses a key or a value.
        """
        if isinstance(written, self.base):
            return written
        name = written.get("kind") if isinstance(written, Mapping) else None
        if isinstance(name, str) and name in self.by_name:
            return self.by_name[name].model_validate(written)
        raise ValidationError.from_exception_data(self.base.__name__, [self._error(written, name)])

    def _error(self, written: object, name: object) -> InitErrorDetails:
        if not isinstance(written, Mapping):
            return {"type": "dict_type", "input": written}
        if name is None:
            return {"type": "missing", "loc": ("kind",), "input": written}
        *names, last = map(repr, self.by_name)
        known = f"{', '.join(names)} or {last}" if names else last
        return {"type": "literal_error", "loc": ("kind",), "input": name, "ctx": {"expected": known}}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the field that this annotates: read by `read`, written in the kind's own shape."""
        written_as_it_is = core_schema.simple_ser_schema("any")
        return core_schema.no_info_plain_validator_function(self.read, serialization=written_as_it_is)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The keys of all kinds and of their parts, from which a misspelt one is made out."""
        schemas = [kind.model_json_schema() for kind in self.by_name.values()]
        parts = [part for schema in schemas for part in (schema, *schema.get("$defs", {}).values())]
        return {"type": "object", "properties": {key: {} for part in parts for key in part.get("properties", ())}}


def name_of(kind: type[Policy]) -> str:
    """The name that a file writes for a kind: the one value of its field `kind`.

    Raises
    ------
    ConfigurationError
        If it declares none.

    Examples
    --------
    >>> from pipeline.scorecard.rules import Rings
    >>> name_of(Rings)
    'rings'
    """
    field = kind.model_fields.get("kind")
    names = get_args(field.annotation) if field else ()
    if len(names) != 1 or not isinstance(names[0], str):
        raise ConfigurationError(f'{_place(kind)} names no kind: write kind: Literal["its_name"]')
    return names[0]


def _place(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
