"""When and where it runs: the only room with Prefect, the sources, the settings and the command line."""

import os

# Recordings are personal data: nothing reports usage, and Prefect's own log level stays out of the way.
for _name, _value in {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # a busy machine is slow, not broken
}.items():
    os.environ.setdefault(_name, _value)
