"""One database behind one port: SQLite on one machine, PostgreSQL for many nodes."""
