"""A function of one's own as an action; a script plays, so that this runs without a model."""

from vigorl import Agent
from vigorl.browser.actions import CallFunction, Done
from vigorl.policy.policy import Turn


class Script:
    name, acts_on_marks, needs_instructions = "script", False, False

    def actor(self, goal):
        return self

    async def act(self, observation):
        for event in observation.events:
            return Turn("", "", (), Done(event.text))
        return Turn("", "", (), CallFunction("rate", {"currency": "EUR"}))

    def describe(self):
        return {"name": self.name}


def rate(currency: str) -> float:
    """Dollars for one unit of a currency."""
    return {"EUR": 1.1}[currency]


print(Agent("a euro in dollars?", url="about:blank", policy=Script(), tools=[rate]).run().answer)
