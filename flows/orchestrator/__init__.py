"""The orchestrator of one night: a Prefect of callqa's own, which lives as long as the command that needs it.

Nothing of the user's Prefect is read or changed: no profile, no server, no folder in the home. Its server is a
process of its own (``server.py``) on this machine only, and no proxy is asked for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from pipeline.errors import CallqaError, ConfigurationError, origin

HOST = "127.0.0.1"
PATIENCE_S = 180
"""How long the server may take to answer: a busy machine is slow, not broken."""
FOREIGN = {"prefect", "httpx", "httpcore", "websockets", "anyio"}
"""Packages whose errors are the orchestrator's, and not the night's."""
ADVICE = "type the same command again: what is done is kept"
OURS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}
SERVER = Path(__file__).with_name("server.py")


@contextmanager
def orchestrator() -> Iterator[None]:
    """A block in which flows run, whatever Prefect, proxy and home the user has; afterwards all is as before.

    Raises
    ------
    ConfigurationError
        If the orchestrator cannot be started here, or is lost while the block runs; says what to do.
    """
    before = dict(os.environ)
    try:
        with _folder() as home:
            _put(own_environment(before, home))
            with _server(home), _reported():
                yield
    finally:
        _put(before)


def own_environment(variables: Mapping[str, str], home: Path) -> dict[str, str]:
    """The variables of the environment with a Prefect in the folder `home`, and none of the user's own Prefect.

    Examples
    --------
    >>> theirs = {"PREFECT_PROFILE": "cloud", "HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "intranet"}
    >>> ours = own_environment(theirs, Path("/run/callqa"))
    >>> "PREFECT_PROFILE" in ours, ours["PREFECT_HOME"], ours["HTTP_PROXY"], ours["NO_PROXY"]
    (False, '/run/callqa', 'http://proxy:3128', 'intranet,127.0.0.1,localhost')

    A proxy of a kind that the orchestrator's client does not know stops it, even where it is not asked:

    >>> "all_proxy" in own_environment({"all_proxy": "socks4://127.0.0.1:1080"}, Path("/run/callqa"))
    False
    """
    kept = {
        name: value
        for name, value in variables.items()
        if not name.startswith("PREFECT_") and not _stops_client(name, value)
    }
    theirs = (kept.get("no_proxy") or kept.get("NO_PROXY") or "").split(",")
    direct = ",".join([*filter(_is_host, theirs), HOST, "localhost"])
    own = {"PREFECT_HOME": str(home), "NO_PROXY": direct, "no_proxy": direct}
    try:
        Path.home()
    except RuntimeError:  # Prefect asks for it while it is imported
        own["HOME"] = str(home)
    return kept | OURS | own


def _stops_client(name: str, value: str) -> bool:
    """Whether a variable names a proxy with which no client can be made at all."""
    import httpx  # noqa: PLC0415

    if name.lower() not in ("http_proxy", "https_proxy", "all_proxy") or not value:
        return False
    try:
        httpx.Client(proxy=value if "://" in value else f"http://{value}", verify=False).close()
    except (ImportError, ValueError, httpx.InvalidURL):
        return True
    return False


def _is_host(name: str) -> bool:
    """Whether an entry of ``NO_PROXY`` is one that the client understands."""
    import httpx  # noqa: PLC0415

    try:
        httpx.URL(f"all://{name.strip()}")
    except (ValueError, httpx.InvalidURL):
        return False
    return bool(name.strip())


def _put(variables: Mapping[str, str]) -> None:
    """Make the environment exactly these variables."""
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


@contextmanager
def _folder() -> Iterator[Path]:
    """An empty folder for the time of the block; what cannot be removed afterwards stays."""
    try:
        folder = TemporaryDirectory(prefix="callqa-", ignore_cleanup_errors=True)
    except OSError as error:
        raise ConfigurationError(
            f"no temporary folder can be written: {error.strerror}; free some space, or name one in TMPDIR"
        ) from None
    with folder as path:
        yield Path(path)


@contextmanager
def _server(home: Path) -> Iterator[None]:
    """A server, and a Prefect in this process that knows it, for the time of the block."""
    with (home / "server.log").open("w+b") as log:
        server = subprocess.Popen(
            [sys.executable, "-P", str(SERVER)],
            cwd=home,
            stdin=subprocess.PIPE,  # closed when this process ends, however it ends
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the night; what follows it stops the server
        )
        try:
            port = int((server.stdout.readline() if server.stdout else b"") or 0)
            os.environ["PREFECT_API_URL"] = f"http://{HOST}:{port}/api"
            with chdir(home):  # where no settings file of the user's for Prefect lies
                from prefect.context import refresh_global_settings_context  # noqa: PLC0415

                refresh_global_settings_context()
            if not _answers(port):
                raise ConfigurationError(f"the orchestrator cannot be started: {_last_line(log)}; {ADVICE}")
            yield
        finally:
            server.kill()
            server.communicate()


def _answers(port: int) -> bool:
    """Whether there is a server behind the port: its door is open before it is ready, so asking waits for it."""
    asking = HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        asking.request("GET", "/api/health")
        return asking.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        asking.close()


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    return (log.read().decode(errors="replace").strip().splitlines() or ["it does not answer"])[-1]


@contextmanager
def _reported() -> Iterator[None]:
    """A block in which an error that comes out of the orchestrator is one sentence."""
    try:
        yield
    except Exception as error:
        if isinstance(error, CallqaError) or origin(error) not in FOREIGN:
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConfigurationError(f"the orchestrator of the night was lost ({reason}): {ADVICE}") from error
