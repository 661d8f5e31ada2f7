"""Parameters of addresses and fields of forms that several pages have, bounded: nothing else reaches the store."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Form, Path, Query
from pydantic import BeforeValidator, Field

MOST_ID = 255
"""Characters of an id that are worth asking the store for."""
MONTH = r"20\d\d-(0[1-9]|1[0-2])"

RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a row, as both databases count them."""

PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Name = Annotated[str, Query(max_length=100)]
FormName = Annotated[str, Form(max_length=100)]
Month = Annotated[str, Query(pattern=f"^{MONTH}$")]
MaybeMonth = Annotated[str, Query(pattern=f"^({MONTH})?$")]
FormMonth = Annotated[str, Form(pattern=f"^{MONTH}$")]
MaybeFormMonth = Annotated[str, Form(pattern=f"^({MONTH})?$")]


def _or_none(value: object) -> object:
    """A field that was left empty asks for nothing."""
    return None if isinstance(value, str) and not value.strip() else value


Blank = BeforeValidator(_or_none)
"""In a model of fields: None for one that was left empty."""
Text = Annotated[str | None, Field(max_length=MOST_ID), Blank]
Day = Annotated[date | None, Blank]
