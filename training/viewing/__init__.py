"""Pages of trainings, groups of rollouts, searches and studies, for the viewer's server."""
