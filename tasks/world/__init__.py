"""A world to learn from: endless interface pages by seed, with the truth about what they show."""
