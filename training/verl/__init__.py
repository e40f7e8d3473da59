"""verl as the engine of a GRPO run: its servers sample, its workers learn, our loop plays."""
