"""Whether two revisions of callqa make the same of the bundled night: every exported row and every workbook cell.

    git worktree add ../before REVISION
    python tests/bench/same_night.py ../before .

Each tree runs the night of tests/calls, exports all rows and writes two workbooks, in a folder of its own and one
after the other on the same machine, with the packages of the environment that runs this. Instants, the folder of
the recordings and the digest of the policy files (which a comment in one changes) are left out; anything else that
differs is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook

ROWS = ("calls", "turns", "findings", "evaluations", "months")
STANDARDS = ("kf01", "table2")
MONTH = "2025-03"
PASSING = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:?\d\d|Z)?|\b[0-9a-f]{12}\b")
"""Instants and digests."""
SHOWN = 40
"""Differences printed of one table or workbook."""


def night_of(tree: Path, folder: Path) -> None:
    """The night of a tree, its rows and workbooks in a folder."""
    store = f"sqlite:///{folder}/callqa.db"
    environment = {**os.environ, "PYTHONPATH": str(tree), "LANG": "C.UTF-8"}

    def callqa(*words: str, done: tuple[int, ...] = (0,)) -> None:
        command = [sys.executable, "-m", "flows.cli", *words, "--store", store]
        ended = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode not in done:
            raise SystemExit(f"{tree}: callqa {' '.join(words)} ended with {ended.returncode}\n{ended.stderr}")

    callqa(
        "run", "--recordings", "tests/calls", "--cdr", "tests/calls/cdr.csv", done=(0, 1)
    )  # four files are broken
    for name in STANDARDS:
        out = str(folder / f"{name}.xlsx")
        callqa("month", MONTH, "--feeds", f"tests/feeds/{MONTH}", "--standard", name, "--out", out)
    for rows in ROWS:
        callqa("export", rows, "--out", str(folder / f"{rows}.jsonl"))


def exported(path: Path) -> list[dict[str, object]]:
    """The rows of an exported file, recordings by their name alone."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row | ({"recording": Path(row["recording"]).name} if row.get("recording") else {}) for row in rows]


def cells(path: Path) -> dict[tuple[str, str], object]:
    """Every filled cell of a workbook by sheet and place, instants and digests blanked."""
    book = load_workbook(path)
    return {
        (sheet.title, cell.coordinate): PASSING.sub("…", cell.value) if isinstance(cell.value, str) else cell.value
        for sheet in book.worksheets
        for line in sheet.iter_rows()
        for cell in line
        if cell.value is not None
    }


def differences(before: Path, after: Path) -> Iterator[str]:
    """Every place where two nights differ, as a line."""
    for rows in ROWS:
        one, other = exported(before / f"{rows}.jsonl"), exported(after / f"{rows}.jsonl")
        if len(one) != len(other):
            yield f"{rows}: {len(one)} rows before, {len(other)} after"
        for number, (left, right) in enumerate(zip(one, other, strict=False), 1):
            for column in left.keys() | right.keys():
                if left.get(column) != right.get(column):
                    yield f"{rows} row {number} {column}: {left.get(column)!r} -> {right.get(column)!r}"
    for name in STANDARDS:
        one_book, other_book = cells(before / f"{name}.xlsx"), cells(after / f"{name}.xlsx")
        for sheet, place in sorted(one_book.keys() | other_book.keys()):
            left_cell, right_cell = one_book.get((sheet, place)), other_book.get((sheet, place))
            if left_cell != right_cell:
                yield f"{name}.xlsx {sheet}!{place}: {left_cell!r} -> {right_cell!r}"


def main() -> int:
    """Run both nights, print what differs; 1 where anything does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="a checkout of the one revision")
    parser.add_argument("after", type=Path, help="a checkout of the other")
    trees = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = []
        for name, tree in (("before", trees.before), ("after", trees.after)):
            kept.append(Path(folder) / name)
            kept[-1].mkdir()
            night_of(tree.resolve(), kept[-1])
        found = list(differences(*kept))
        count = sum(len(exported(kept[0] / f"{rows}.jsonl")) for rows in ROWS)
        filled = sum(len(cells(kept[0] / f"{name}.xlsx")) for name in STANDARDS)
    print("\n".join(found[:SHOWN]))
    print(f"{count} rows and {filled} cells compared, {len(found)} differ")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
