"""Tasks on the stand-in sites to learn from: other contents and words than those of the 64."""
