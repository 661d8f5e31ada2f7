"""What is kept: every table and every query. Nothing outside this room writes SQL."""

from pipeline.store.calls.calls import DoneCall
from pipeline.store.export import EXPORTS, Export, export_rows
from pipeline.store.store import Store

__all__ = ["EXPORTS", "DoneCall", "Export", "Store", "export_rows"]
