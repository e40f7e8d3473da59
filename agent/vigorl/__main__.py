"""`python -m vigorl`: the command line."""

from vigorl.agent.cli import main

if __name__ == "__main__":
    main()
