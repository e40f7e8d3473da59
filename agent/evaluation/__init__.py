"""Evaluation: many episodes, their faults, scores and statistics."""
