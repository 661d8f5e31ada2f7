"""Workbooks as people and programs leave them, for the tests: what openpyxl cannot write is put into the parts."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

Rows = Sequence[Sequence[object]]
SHEET, STYLES, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"


def save(
    path: Path,
    sheets: Mapping[str, Rows] | Rows,
    change: Callable[..., object] | None = None,
    edits: Mapping[str, tuple[str, str]] | None = None,
) -> Path:
    """A workbook with these sheets, changed by openpyxl and then in its parts: what stands there, and what then."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (sheets if isinstance(sheets, Mapping) else {"Sheet": sheets}).items():
        sheet: Worksheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if change is not None:
        change(*book.worksheets)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    for part, (old, new) in (edits or {}).items():
        edit(path, part, old, new)
    return path


def edit(path: Path, part: str, old: str, new: str) -> None:
    """Put something else into a part of a workbook; what is replaced must be there.

    How an empty element is written (``<v/>``, ``<v />``, ``<v></v>``) hangs on the library: it is the first here.
    """
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].replace(b" />", b"/>").replace(b"<v></v>", b"<v/>")
    old = old.replace(" />", "/>")
    assert old.encode() in parts[part], parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def with_format(path: Path, number: int) -> None:
    """Give the first custom number format of a workbook the number of a built-in one, as Chinese Excel does."""
    with zipfile.ZipFile(path) as archive:
        styles = archive.read(STYLES).decode()
    start, end = styles.index("<numFmts"), styles.index("</numFmts>") + len("</numFmts>")
    edit(path, STYLES, styles[start:end], "")
    edit(path, STYLES, 'numFmtId="164"', f'numFmtId="{number}"')
