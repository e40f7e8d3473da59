"""Benchmarks as samples of an evaluation, each with its tables."""
