"""The backend that runs a model in this process. Nothing else in `policy` imports torch."""
