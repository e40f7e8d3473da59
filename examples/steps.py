"""Each step as it is chosen, with what the agent saw."""

import asyncio

from vigorl import Agent


async def main() -> None:
    agent = Agent(task="login:3")
    async for step in agent.stream():
        size = step.screenshot.size if step.screenshot else "nothing new"
        print(step, size)
    print(agent.result)


asyncio.run(main())
