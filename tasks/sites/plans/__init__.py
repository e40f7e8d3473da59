"""How the stand-in tasks are done, and how they are not: plans for the oracle, by site."""
