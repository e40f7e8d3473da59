"""A person's demonstration: what somebody does in a browser, as a trajectory like any other."""
