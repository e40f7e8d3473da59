"""Embedded tasks: small real web pages with state, served from this machine."""
