"""The operator's side of hawkBit: publish, assign, watch; and a local server."""

__version__ = "0.1.0"
