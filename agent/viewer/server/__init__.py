"""The viewer's server: every run folder below some folders, as pages on this machine alone."""
