"""Who annotated in Label Studio: an e-mail address, or a number that means nothing outside of it.

Knows how an export names people; nobody's answer becomes another's because both are unnamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.ids import bare
from pipeline.notices import Notice, NoticeKind

UNNAMED = "标注员"


class Annotators:
    """The people of an export, by what its annotations say in ``completed_by``.

    Parameters
    ----------
    by : str
        The person of an annotation that names nobody. Who has a number alone is ``by#number``; ``1=李质检,2=王芳``
        gives numbers their names.
    annotations : iterable of mapping
        All of the file: an address that one of them has beside a number holds for the others.

    Examples
    --------
    >>> people = Annotators("王芳,2=李质检", [{"completed_by": {"id": 3, "email": "Zhao@x.cn"}}])
    >>> [people.name(each) for each in (None, 1, 2, {"id": 3}, "zhao@x.cn")]
    ['王芳', '王芳#1', '李质检', 'zhao@x.cn', 'zhao@x.cn']
    """

    def __init__(self, by: str, annotations: Iterable[Mapping[str, Any]]) -> None:
        parts = [part.strip() for part in by.replace("，", ",").split(",")]
        named = dict(part.split("=", 1) for part in parts if "=" in part)
        self._by = ",".join(part for part in parts if part and "=" not in part)
        self._names = {_number(number): bare(name) for number, name in named.items()}
        self._unnamed: set[str] = set()
        for annotation in annotations:
            person = annotation.get("completed_by")
            if isinstance(person, dict) and (email := _email(person.get("email"))):
                self._names.setdefault(_number(person.get("id")), email)

    def name(self, completed_by: object) -> str:
        """The name of a person."""
        if isinstance(completed_by, dict):
            return _email(completed_by.get("email")) or self._of_number(_number(completed_by.get("id")))
        return _email(completed_by) or self._of_number(_number(completed_by))

    def notices(self, file: str) -> tuple[Notice, ...]:
        """That somebody has a number alone, and how to name them."""
        if not self._unnamed:
            return ()
        numbers = sorted(self._unnamed, key=lambda number: (len(number), number))
        told = (
            f"标注员 {'、'.join(numbers[:5])} 只有编号，记为“{self._numbered(numbers[0])}”等；"
            f"用 --by {numbers[0]}=姓名 指明是谁，多人用逗号分开"
        )
        return (Notice(NoticeKind.LABEL_PEOPLE, file, told),)

    def _of_number(self, number: str) -> str:
        if not number:
            return self._by or UNNAMED
        if number not in self._names:
            self._unnamed.add(number)
        return self._names.get(number) or self._numbered(number)

    def _numbered(self, number: str) -> str:
        return f"{self._by or UNNAMED}#{number}"


def _email(given: object) -> str:
    """An e-mail address, or another name that is no number."""
    text = bare(given).casefold() if isinstance(given, str) and "@" in given else bare(str(given or ""))
    return text if isinstance(given, str) and not text.isdecimal() else ""


def _number(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return ""
    text = str(given).strip()
    return text.removesuffix(".0") if text.removesuffix(".0").isdecimal() else ""
