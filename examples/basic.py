"""Five lines: a task, its answer, and where it is recorded."""

from pathlib import Path

from vigorl import Agent

SHOP = (Path(__file__).parent / "tea.html").as_uri()

result = Agent('tell me the "Oolong"', url=SHOP).run()
print(result.status, result.answer, result.folder)
