"""Desktop tasks: programs on a virtual screen, whose judges read the programs' real state."""
