"""The HTTP kit: one route table, guards before any handler, errors as JSON."""
