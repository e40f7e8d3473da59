"""Ablations of the reasoning format: variants trained and compared."""
