"""One night: recordings and records fetched, every call heard and judged."""
