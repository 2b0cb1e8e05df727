"""OpenWECC gateway: one room per capability; see docs/architecture.md for the map."""

__version__ = "0.1.0"
