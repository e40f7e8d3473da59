"""The Python interface: an agent in five lines, its steps and its result."""
