"""The embedded tasks: real pages with state, drawn from a seed, served from localhost.

A task is a class in `kinds` with its template beside it and a line in `registry`. It draws a
specification from the seed (`draw`), shows pages and takes forms (`show`, `submit`), gives one
plan that is both the step-by-step instructions and the oracle (`plan`), plans that fail by a
little (`near_misses`), and a judge that reads the state of the site (`judge`).
"""
