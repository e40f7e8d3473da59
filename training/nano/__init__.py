"""nano: the smallest grounded model, trained from scratch: data, curriculum, architecture."""
