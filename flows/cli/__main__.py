"""``python -m flows.cli``: the same as ``callqa``."""

from flows.cli import main

main()
