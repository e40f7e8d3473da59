"""Monte-Carlo tree search over reasoning steps, and its trees as chains of thought."""
