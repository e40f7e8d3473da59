"""What an action runs into that cannot be carried out."""


class Impossible(Exception):
    """An action that cannot be carried out as given; the message is for the agent."""
