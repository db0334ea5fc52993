"""Building and opening the search index of a record."""

import os

# ONNX Runtime would otherwise keep a device number in the home folder and report its use.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
