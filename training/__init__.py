"""From recorded trajectories to rows of tokens that a model can be trained on."""
