"""Whatever chooses the next action: language models with eyes, and the embedded reader."""
