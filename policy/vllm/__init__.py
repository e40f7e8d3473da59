"""Models that vLLM runs: its engine inside this process, and the command that serves one."""
