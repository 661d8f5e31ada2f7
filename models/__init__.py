"""What was learned from data: the only room with neural networks and scikit-learn."""

import os

# Recordings are personal data: no library in this room may report usage or ask a hub at run time.
os.environ.setdefault("PYANNOTE_METRICS_ENABLED", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
