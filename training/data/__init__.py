"""Examples: recorded episodes, chains and conversations as rows of tokens, and their export."""
