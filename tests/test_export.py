"""Exported files: columns are an interface, and nobody's words become a formula."""

import csv
import json

import pytest

from flows.export import COLUMNS, export_file
from pipeline.call import Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation.result import CallResult
from pipeline.store import EXPORTS, Store, export_rows
from tests.builders import CALL


@pytest.fixture
def url(sqlite_address):
    with Store.open(sqlite_address) as store:
        store.calls.save(CallResult(CALL, Status.FAILED, "audio", "truncated", "it breaks off", uri="=cmd.wav"))
    return sqlite_address


@pytest.mark.parametrize("what", EXPORTS)
def test_a_csv_has_its_columns_even_without_rows(url, what, tmp_path):
    target = tmp_path / "rows.csv"
    export_file(url, what, target)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        assert next(csv.reader(stream)) == COLUMNS[what].split()


def test_columns_are_those_of_the_rows(url):
    with Store.open(url) as store:
        (row,) = export_rows(store, "calls")
    assert list(row) == COLUMNS["calls"].split()


def test_text_that_looks_like_a_formula_is_quoted_in_csv_and_exact_in_jsonl(url, tmp_path):
    assert export_file(url, "calls", tmp_path / "calls.csv") == 1
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert next(csv.DictReader(stream))["recording"] == "'=cmd.wav"
    export_file(url, "calls", tmp_path / "calls.jsonl")
    assert json.loads((tmp_path / "calls.jsonl").read_text(encoding="utf-8"))["recording"] == "=cmd.wav"


def test_another_ending_or_a_folder_that_is_not_there_is_refused(url, tmp_path):
    with pytest.raises(ConfigurationError, match="must end in"):
        export_file(url, "calls", tmp_path / "calls.parquet")
    with pytest.raises(ConfigurationError, match="cannot write"):
        export_file(url, "calls", tmp_path / "no" / "calls.csv")
