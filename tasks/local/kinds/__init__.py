"""Kinds of tasks: a module each, with its template beside it."""
