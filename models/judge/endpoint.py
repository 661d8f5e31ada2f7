"""Where the judge is asked: an address of one's own network, or one that is allowed by name.

Knows addresses and how a host is looked up; nothing of what is asked there.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from pipeline.errors import ConfigurationError
from pipeline.timeline import Seconds


class UnknownHostError(ConfigurationError):
    """Nobody knows the host: a slip of the pen, or name service is down."""


LookUp: TypeAlias = Callable[[str], Sequence[str]]
"""The IP addresses of a host, as text."""

OWN = tuple(
    map(ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
"""Loopback and private networks; link-local ones are not among them, since clouds keep secrets there."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible server that may be asked.

    Parameters
    ----------
    url : str
        Of ``/v1/chat/completions``.
    host : str
        Its name.
    pinned : str
        The address that was looked up and found to be one's own, so that nobody can send it elsewhere meanwhile;
        empty for a host that is allowed by name.
    key : str
        Sent as a bearer token; empty for none.
    timeout : float
        Seconds for one answer as a whole.
    uses_proxy : bool
        Whether the proxies of the environment are used.
    """

    url: str
    host: str
    pinned: str
    model: str
    key: str = field(default="", repr=False)
    timeout: Seconds = 60.0
    uses_proxy: bool = False


def look_up(host: str) -> Sequence[str]:
    """The addresses of a host, as the system finds them; none of one that nobody knows."""
    try:
        return tuple(
            dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        )
    except OSError:
        return ()


def endpoint_of(
    url: str,
    model: str,
    key: str = "",
    allowed: Collection[str] = (),
    timeout: Seconds = 60.0,
    uses_proxy: bool = False,
    look_up: LookUp = look_up,
) -> Endpoint:
    """The endpoint of a deployment's settings.

    Parameters
    ----------
    url : str
        ``http://127.0.0.1:8000/v1``; the rest of the path is added.
    allowed : collection of str
        Hosts that may be asked though they are not on one's own network; by ``https`` only.

    Raises
    ------
    ConfigurationError
        If the address is no address, no model is named, or the host is neither private nor allowed.
    UnknownHostError
        If the host cannot be looked up.

    Examples
    --------
    >>> endpoint_of("http://127.0.0.1:8000/v1", "qwen3").url
    'http://127.0.0.1:8000/v1/chat/completions'
    >>> endpoint_of("https://llm.cn/v1", "qwen3", look_up=lambda host: ["1.2.3.4"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    pipeline.errors.ConfigurationError: CALLQA_JUDGE_URL: llm.cn is 1.2.3.4, which is not on your own network...
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise ConfigurationError(
            "CALLQA_JUDGE_URL: write it like http://127.0.0.1:8000/v1, without name and password"
        )
    if not model.strip():
        raise ConfigurationError("CALLQA_JUDGE_MODEL: name the model that the server of CALLQA_JUDGE_URL serves")
    path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    whole = f"{parts.scheme}://{parts.netloc}{path}/chat/completions"
    is_named = host in {each.lower() for each in allowed}
    found = look_up(host)
    if not found:
        raise UnknownHostError(f"CALLQA_JUDGE_URL: nobody knows the host {host}")
    foreign = [each for each in found if not is_own(each)]
    if foreign and not is_named:
        raise ConfigurationError(
            f"CALLQA_JUDGE_URL: {host} is {foreign[0]}, which is not on your own network; name the host in "
            "CALLQA_JUDGE_ALLOW if transcripts may go there"
        )
    if foreign and parts.scheme != "https":
        raise ConfigurationError(f"CALLQA_JUDGE_URL: {host} is not on your own network: https only")
    return Endpoint(whole, host, "" if is_named else found[0], model.strip(), key, timeout, uses_proxy)


def is_own(address: str) -> bool:
    """Whether an IP address is of loopback or of a private network.

    Examples
    --------
    >>> [is_own(each) for each in ("127.0.0.1", "192.168.3.4", "::ffff:10.0.0.1", "169.254.169.254", "8.8.8.8")]
    [True, True, True, False, False]
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in OWN if network.version == found.version)
