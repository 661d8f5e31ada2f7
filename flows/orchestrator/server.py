"""The server of a night's orchestrator, as a process of its own: run by path, so that nothing of callqa is loaded.

Tells its port in one line, then serves until its standard input is closed: it cannot outlive who started it.
"""

import os
import socket
import sys
import threading

import uvicorn


def leave_with_parent() -> None:
    """End this process when the one that started it has ended."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=leave_with_parent, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        config = uvicorn.Config("prefect.server.api.server:create_app", factory=True, log_level="error")
        uvicorn.Server(config).run(sockets=[listening])
