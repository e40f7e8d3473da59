"""A profile that keeps its log-ins, in another language, time zone and colours."""

from vigorl import Agent

SCRIPT = "document.title = [navigator.language, matchMedia('(prefers-color-scheme: dark)').matches]"

agent = Agent(
    'wait until the page shows "Hello"',
    url=f"data:text/html,<h1>Hello</h1><script>{SCRIPT}</script>",
    profile="profile",
    locale="de-DE",
    timezone="Europe/Berlin",
    color_scheme="dark",
)
print(agent.run().steps[-1].title)
