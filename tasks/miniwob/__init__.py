"""MiniWoB++ as environments: its pages served locally, seeded, judged by their own reward."""
