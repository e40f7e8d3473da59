"""The world the agent meets: pages, pictures of pages, and what can be done to them.

Bottom layer: it knows nothing of policies, tasks or training.
"""
