"""Policies: vision-language models, the embedded reader, and baselines."""
