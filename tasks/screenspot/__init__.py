"""ScreenSpot v1, v2 and Pro: rows, verdicts, tables, and a check of a copy."""
