"""SQL of supervision: tables, counting and reading."""
