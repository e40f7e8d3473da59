"""What every training run has: checkpoints, metrics, optimizer, ranks, interruption."""
