"""Two agents side by side, in one event loop."""

import asyncio
from pathlib import Path

from vigorl import Agent

SHOP = (Path(__file__).parent / "tea.html").as_uri()


async def main() -> None:
    goals = ('tell me the "Oolong"', 'tell me the "Green tea"')
    results = await asyncio.gather(*(Agent(goal, url=SHOP).arun() for goal in goals))
    for goal, result in zip(goals, results, strict=True):
        print(goal, "->", result.answer)


asyncio.run(main())
