"""What generated pages are of: every module draws some layouts, `registry` lists them."""
