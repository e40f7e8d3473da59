"""Reinforcement learning (GRPO) on rollouts: rewards, groups, loss and loop."""
