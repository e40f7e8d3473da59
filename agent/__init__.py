"""The episode loop, its record, and the commands."""
