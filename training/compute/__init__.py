"""One forward pass over a prefix tree: its attention, image features and adapters."""
