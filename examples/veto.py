"""A hook that sees each action before it is done, and has the last word."""

from pathlib import Path

from vigorl import Agent, AgentStep, Veto
from vigorl.browser.actions import Click

SHOP = (Path(__file__).parent / "tea.html").as_uri()


def no_clicks(step: AgentStep) -> Veto | None:
    return Veto("Nothing is to be clicked today.") if isinstance(step.action, Click) else None


def log(step: AgentStep) -> None:
    print(step)


agent = Agent('click "Sign in"', url=SHOP, before_action=no_clicks, on_step=log)
print(agent.run())
