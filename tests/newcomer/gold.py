"""The way a person would take through each task that can be done, by Playwright."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

Way = Callable[[Page], Awaitable[str | None]]
"""Does what a task asks for and returns the answer, where it asks for one."""

GOLD: dict[str, Way] = {}


def way(task_id: str) -> Callable[[Way], Way]:
    """Register the way through a task."""

    def register(walk: Way) -> Way:
        GOLD[task_id] = walk
        return walk

    return register


async def beside(page: Page, term: str) -> str:
    """The text of the element after the one that holds this term alone."""
    here = page.get_by_text(term, exact=True).first
    return (await here.locator("xpath=following-sibling::*[1]").inner_text()).strip()


async def cell(page: Page, row: str, column: int) -> str:
    """The text of a cell: in the row whose first cell says this, counted from 0."""
    line = page.locator("tr").filter(has=page.locator("td:first-child", has_text=row)).first
    return (await line.locator("td").nth(column).inner_text()).strip()


async def answer_dialogs(page: Page, accept: bool, text: str | None = None) -> None:
    """Say yes or no to whatever the page asks from now on.

    In the page's own script: what a live page does with dialogs does not come into it.
    """
    script = "([yes, text]) => { confirm = () => yes; prompt = () => (yes ? text : null); }"
    await page.evaluate(script, [accept, text])
