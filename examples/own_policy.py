"""A policy of one's own: it clicks the middle of the page, and says so."""

from vigorl import Agent
from vigorl.browser.actions import Click, Done
from vigorl.browser.geometry import Point
from vigorl.policy.policy import Turn

PAGE = "data:text/html,<button onclick='this.innerText = 1' style='position:fixed;inset:0'>0"


class Middle:
    name, acts_on_marks, needs_instructions = "middle", False, False

    def actor(self, goal):
        middle = Point(640, 360)
        self.turns = iter([Click(middle), Done("clicked")])
        return self

    async def act(self, observation):
        return Turn("", "The middle is there.", (), next(self.turns))

    def describe(self):
        return {"name": self.name}


print(Agent("click the button", url=PAGE, policy=Middle()).run())
