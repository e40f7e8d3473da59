"""Grounding data as others publish it, read into one form: to learn from and to measure with."""
