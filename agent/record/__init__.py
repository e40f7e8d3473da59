"""The record of an episode: a folder of steps and pictures."""
