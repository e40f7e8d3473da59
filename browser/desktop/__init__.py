"""Desktops: a screen, its windows, and what mouse and keyboard do to them."""
