"""Words every room shares: ids, errors, clock, text, redaction. Imports nothing of ours."""
