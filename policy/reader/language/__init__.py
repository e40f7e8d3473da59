"""The language of literal instructions: from a goal's sentences to steps."""
