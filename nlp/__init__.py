"""Semantic analysis of what people write. Knows only ``nlp.contract``, never the gateway."""
