"""The routing engine: pure, deterministic, replayable.

``Engine.handle(command, now_ms)`` decides and returns journal entries; ``apply(entry)`` is the
only thing that changes the state, so folding the journal gives the same state again. Nothing
here reads a clock, draws a random number or does I/O.
"""
