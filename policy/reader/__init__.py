"""A policy without a model: it reads the screen and follows instructions to the letter."""
