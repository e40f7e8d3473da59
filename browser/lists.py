"""Native lists: options chosen by their labels."""

import asyncio
from importlib import resources
from typing import Any

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import SelectOption
from vigorl.browser.elements import Element, Elements
from vigorl.browser.geometry import Point
from vigorl.browser.hands import Hands
from vigorl.browser.impossible import Impossible
from vigorl.browser.quoting import quoted

ANSWER_LIMIT_S = 3.0
"""Time for a page to find a select; while it waits for its next document it does not answer."""

REST_LIMIT_S = 1.0
"""Time for a page to have handled a choice."""

MOST_LABELS = 50
"""Options named in the answer to a wrong label."""

_CHOOSE = resources.files(__package__).joinpath("option.js").read_text("utf-8")
_CHOSEN = """(element) => {
  const field = element.closest('select, input[list]') ?? element.closest('label')?.control;
  if (!field?.isConnected) return null;
  const plain = (text) => text.replace(/\\s+/g, ' ').trim();
  return field.selectedOptions
    ? [...field.selectedOptions].map((option) => plain(option.label)) : [plain(field.value)];
}"""


async def choose(hands: Hands, action: SelectOption) -> None:
    """Choose options of the native list at a point.

    Raises:
        Impossible: there is no such list, or it has no such option.
    """
    hands.require_on_screen(action.point)
    async with Elements.of(hands.tab) as elements:
        element, outcome = await _try_to_choose(elements, action)
        if outcome.get("missing") == "option":  # it may be filled only now that it has the focus
            await hands.tab.settle.wait(min(REST_LIMIT_S, hands.deadline.left_s()))
            element, outcome = await _try_to_choose(elements, action)
        if "missing" in outcome:
            raise Impossible(_refusal(outcome, action.point))
        if outcome["is_open"]:
            await hands.page.keyboard.press("Escape")
        await hands.tab.settle.wait(min(REST_LIMIT_S, hands.deadline.left_s()))
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                shown = await element.call(_CHOSEN)
        except (TimeoutError, PlaywrightError):  # the choice led to another page
            return
        if shown is not None and set(shown) != set(outcome["chosen"]):
            names_shown = ", ".join(map(quoted, shown)) or "no choice"
            hands.tell(f"The page has changed the choice: the list shows {names_shown}.")


async def _try_to_choose(
    elements: Elements, action: SelectOption
) -> tuple[Element, dict[str, Any]]:
    """The element at the point, and what `option.js` did there.

    Raises:
        Impossible: there is none, or the page does not answer.
    """
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            element = await elements.at(action.point)
            if element is not None:
                return element, await element.call(_CHOOSE, [action.label, *action.others])
    except TimeoutError as error:
        raise Impossible(
            "The page does not say what is at this point; it may be loading."
        ) from error
    raise Impossible(f"There is nothing at ({action.point.x:g}, {action.point.y:g}).")


def _refusal(outcome: dict[str, Any], point: Point) -> str:
    labels = ", ".join(quoted(name) for name in outcome.get("labels", ())[:MOST_LABELS]) or "none"
    match outcome["missing"]:
        case "select":
            return (
                f"There is no native select at ({point.x:g}, {point.y:g}). Click to open the list, "
                "then click the option."
            )
        case "enabled select":
            return "The list is disabled or read-only."
        case "enabled option":
            return f"The option {quoted(outcome['name'])} is disabled."
        case "several":
            return f"The list takes a single option. Its options: {labels}."
        case _:
            return f"The list has no option {quoted(outcome['name'])}. Its options: {labels}."
