"""A feed that is a query: the address of a database, and a SELECT.

Knows databases; not what a column means (`schemas`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from pipeline.call.cdr.table import decode
from pipeline.errors import ConfigurationError

_DATABASE = re.compile(r"--\s*database:\s*(\S+)\s*", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_DRIVERS = (OSError, ValueError, TypeError, OverflowError)
"""What drivers raise of their own, lazily too: a text in a wrong encoding, a number that is too large."""


def ask(content: bytes, path: Path) -> list[Sequence[object]]:
    """The names of the columns and the rows that the query in a file gives.

    Raises
    ------
    ConfigurationError
        If the file is no query, or the database does not answer it; an address is never told with its password.
    """
    head, _, query = decode(content, str(path)).strip().partition("\n")
    database = _DATABASE.fullmatch(head.strip())
    if database is None or not query.strip():
        raise ConfigurationError(
            f"{path}: the first line must be `-- database: URL`, as in `-- database: $CRM_URL`, and a SELECT follow"
        )
    address = _expanded(database[1], os.environ, path)
    try:
        url = make_url(address)
        engine = create_engine(url, poolclass=NullPool)
    except (SQLAlchemyError, ImportError, *_DRIVERS) as error:  # the words of the former never repeat the address
        raise ConfigurationError(f"{path}: the database cannot be opened ({error})") from error
    try:
        with engine.connect() as connection:  # never committed: a statement that writes is undone
            # no_parameters: a percent sign is a percent sign in every driver
            result = connection.execution_options(no_parameters=True).exec_driver_sql(query)
            if not result.returns_rows:
                raise ConfigurationError(f"{path}: the query gives no rows; it must be a SELECT")
            return [list(result.keys()), *(tuple(row) for row in result)]
    except (SQLAlchemyError, *_DRIVERS) as error:
        answer = str(getattr(error, "orig", None) or error).strip()
        raise ConfigurationError(f"{path}: {url.render_as_string()} answers: {answer}") from error


def _expanded(address: str, variables: Mapping[str, str], path: Path) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in variables:
            raise ConfigurationError(f"{path}: the environment variable {name} is not set")
        return variables[name]

    return _VARIABLE.sub(value, address)
