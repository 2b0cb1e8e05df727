"""The embedded media engine: ``engine`` in the web process, ``worker`` in its own."""
