"""An answer with a type, checked by pydantic."""

from pathlib import Path

from pydantic import BaseModel

from vigorl import Agent

SHOP = (Path(__file__).parent / "tea.html").as_uri()


class Tea(BaseModel):
    price: float


result = Agent('tell me the "Oolong"', url=SHOP, output=Tea).run()
print(f"three of them cost {3 * result.data.price:.2f}")
