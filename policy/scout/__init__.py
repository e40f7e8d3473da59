"""scout: a small language model from elsewhere behind `reader`'s eyes, fine-tuned by ours."""
