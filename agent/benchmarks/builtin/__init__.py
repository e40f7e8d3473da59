"""The benchmarks of this package: a record each, light enough to be read for every `--help`."""
