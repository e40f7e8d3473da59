"""nano: the smallest grounded model, trained from scratch: its data, curriculum and architecture."""
