"""Channel adapters: one folder per medium, each knowing only ``channels.contract``."""
