"""Goals in words, the worlds they are set in, and the judges of what came out."""
