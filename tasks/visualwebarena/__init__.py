"""VisualWebArena: its tasks as they are published, and evaluators that give the official score."""
