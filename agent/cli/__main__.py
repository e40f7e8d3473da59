"""`python -m vigorl.agent.cli`."""

from vigorl.agent.cli import main

if __name__ == "__main__":
    main()
