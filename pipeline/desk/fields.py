"""What several pages take from addresses and forms, bounded: nothing else reaches the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Query

MONTH = r"20\d\d-(0[1-9]|1[0-2])"

RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a row, as both databases count them."""

Page = Annotated[int, Query(ge=1, le=100_000)]
Name = Annotated[str, Query(max_length=100)]
FormName = Annotated[str, Form(max_length=100)]
Month = Annotated[str, Query(pattern=f"^{MONTH}$")]
MaybeMonth = Annotated[str, Query(pattern=f"^({MONTH})?$")]
FormMonth = Annotated[str, Form(pattern=f"^{MONTH}$")]
MaybeFormMonth = Annotated[str, Form(pattern=f"^({MONTH})?$")]
