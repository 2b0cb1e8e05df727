"""SQL of the ACD: configuration, interactions, the journal and what handlers are still owed."""
