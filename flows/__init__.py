"""When and where it runs: the only room with Prefect, the sources, the settings and the command line."""

import os

for _name, _value in {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}.items():
    os.environ.setdefault(_name, _value)  # recordings are personal data: nothing reports usage
