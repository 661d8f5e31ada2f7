"""A dialect of call detail records: what one telephone system writes, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pipeline.call.cdr.records import Records, one_spelling
from pipeline.call.cdr.table import Layout, Row, rows


@dataclass(frozen=True)
class Dialect:
    """One way of writing call detail records.

    Parameters
    ----------
    name : str
        By which the command line and a flow ask for it.
    title : str
        The telephone system and its file, for people.
    layout : Layout
        The columns of its lines.
    records : callable
        From the rows of a file, in order, to its calls and rejected rows; mostly
        ``partial(collect, id_column=..., call_of=...)``, see `pipeline.call.cdr.records.collect`.
    unwrap : callable
        Takes off what is written around a line.
    """

    name: str
    title: str
    layout: Layout
    records: Callable[[Iterable[Row]], Records]
    unwrap: Callable[[str], str] = str

    def read(self, content: bytes, name: str) -> Records:
        """The calls of a file of call detail records, and the rows of which no call can be made.

        Parameters
        ----------
        content : bytes
            The file as it is.
        name : str
            Its name, for `Call.source` and messages.

        Raises
        ------
        ConfigurationError
            If the file as a whole cannot be read: its encoding, or columns that are missing.

        Examples
        --------
        >>> from pipeline.call.cdr.records import Records
        >>> legs_alone = Dialect("legs", "legs", Layout(("id",)), lambda rows: Records((), (), len(list(rows))))
        >>> legs_alone.read(b"id,src", "cdr.csv").num_legs
        0
        """
        sheet = rows(content, name, self.layout, self.unwrap)
        records = one_spelling(self.records(sheet.rows), name)
        by_source = {row.source: row for row in sheet.rows}
        calls = tuple(
            replace(c, parameters=by_source[c.source].others()) if c.source in by_source else c
            for c in records.calls
        )
        return replace(records, calls=calls, notices=(*sheet.notices, *records.notices))
