"""Mouse, keyboard and files: what a person does to a page, through real input events."""

from typing import assert_never

from vigorl.browser.actions import (
    Click,
    Drag,
    Hover,
    Press,
    Scroll,
    SelectOption,
    Type,
    Upload,
)
from vigorl.browser.files import upload
from vigorl.browser.hands import Hands
from vigorl.browser.impossible import Impossible
from vigorl.browser.keyboard import KEYED_CHARACTERS, press, type_text
from vigorl.browser.lists import choose
from vigorl.browser.pointing import click, drag, hover, scroll

__all__ = ["KEYED_CHARACTERS", "Hands", "Impossible", "InputAction", "perform"]

InputAction = Click | Hover | Type | Press | Scroll | Drag | SelectOption | Upload


async def perform(hands: Hands, action: InputAction) -> None:
    """Carry out one action by input events.

    Args:
        hands: What it is carried out with.
        action: Its points are viewport CSS px.

    Raises:
        Impossible: the action asks for something that is not there.
        playwright.async_api.Error: the page or the browser broke meanwhile.
    """
    match action:
        case Click():
            await click(hands, action)
        case Hover():
            await hover(hands, action)
        case Type():
            await type_text(hands, action)
        case Press():
            await press(hands, action)
        case Scroll():
            await scroll(hands, action)
        case Drag():
            await drag(hands, action)
        case SelectOption():
            await choose(hands, action)
        case Upload():
            await upload(hands, action)
        case _:
            assert_never(action)
