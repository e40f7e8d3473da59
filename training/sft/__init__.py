"""Supervised fine-tuning on examples."""
