"""Perception: from a screenshot to text, controls and icons, with their boxes."""
