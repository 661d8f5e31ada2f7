"""Addresses of files wherever fsspec reaches, with whatever characters a recorder puts into a name.

A chain such as ``zip://a.wav::file:///calls.zip`` reaches a file through an archive; a name may hold ``::``, too.
Its bytes may be no UTF-8.
"""

from __future__ import annotations

import os
import re
from typing import Any

import fsspec


def located(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises
    ------
    Exception
        Whatever the package of its protocol raises; each has errors of its own.

    Examples
    --------
    >>> located("file:///calls/a::b.wav")[1]
    '/calls/a::b.wav'
    """
    link, *through = links(url)
    if "::" not in link:
        system, path = fsspec.url_to_fs(url)
    elif through:
        protocol, _, path = link.partition("://")
        system, _ = fsspec.url_to_fs("::".join([f"{protocol}://", *through]))
    else:
        kind: Any = fsspec.get_filesystem_class(fsspec.core.split_protocol(link)[0] or "file")
        system, path = kind(**kind._get_kwargs_from_urls(link)), kind._strip_protocol(link)
    return system, _as_written(path) if _is_local(system) else path


def links(url: str) -> list[str]:
    """The links of a chain of addresses; ``::`` inside a name makes none.

    Examples
    --------
    >>> links("zip://a::b.wav::simplecache::s3://night/calls.zip")
    ['zip://a::b.wav', 'simplecache', 's3://night/calls.zip']
    """
    first, *others = url.split("::")
    found = [first]
    for other in others:
        if "://" in other or other in fsspec.available_protocols():
            found.append(other)
        else:
            found[-1] += "::" + other
    return found


def address(system: Any, path: str, root: str) -> str:
    """The address of a file found below the address `root`; it can be stored, and `read_bytes` opens it."""
    _, *through = links(root)
    return "::".join(
        [escaped(system.unstrip_protocol(path)), *(through if "://" in root.partition("::")[0] else ())]
    )


def escaped(name: str) -> str:
    r"""A name that can be stored; bytes that are no UTF-8 are written out.

    Examples
    --------
    >>> escaped(b"\xc2\xbc.wav".decode("ascii", "surrogateescape"))
    '\\udcc2\\udcbc.wav'
    """
    return name.encode("utf-8", "backslashreplace").decode()


def readable(name: str) -> str:
    r"""A name as whoever gave it reads it: in GB 18030 where it is no UTF-8, as Windows in China writes it.

    Examples
    --------
    >>> readable(os.fsdecode("录音.wav".encode("gb18030")))
    '录音.wav'
    """
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return os.fsencode(name).decode("gb18030")
    except UnicodeDecodeError:
        return escaped(name)


def read_bytes(url: str) -> bytes:
    """The bytes of the file at an address; raises as `located` does."""
    system, path = located(url)
    content: bytes = system.cat_file(path)
    return content


def _is_local(system: Any) -> bool:
    """Whether a file system is this machine's own."""
    return isinstance(system, fsspec.get_filesystem_class("file"))


def _as_written(path: str) -> str:
    r"""The path of a local file, with the bytes that `escaped` wrote out, unless one is there as it stands."""
    if os.path.lexists(path):
        return path
    return re.sub(r"\\udc([89a-f][0-9a-f])", lambda byte: chr(0xDC00 + int(byte[1], 16)), path)
