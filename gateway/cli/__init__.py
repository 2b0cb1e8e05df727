"""The ``wecc`` command and the processes it starts."""

from gateway.cli.main import main

__all__ = ["main"]
