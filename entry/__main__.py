"""`python -m vigorl`: the command `vigorl-agent`."""

from vigorl.agent.cli import main

if __name__ == "__main__":
    main()
