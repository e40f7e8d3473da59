"""The `reader` policy: follows literal instructions on what OCR reads; it has no model."""
