"""Secrets typed by name: into one field of an allowed origin, and read back without being told.

The keyboard types into whatever has the focus, which a page or one of its frames may move from one
key to the next. So a secret is not typed by keys: it is inserted into the very field that had the
focus, in its own document, in a world that the page's scripts do not reach. Whose document that is
the browser says, not the page.
"""

import asyncio
import re
from importlib import resources
from typing import Any, Literal

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import Type
from vigorl.browser.elements import Element, Elements
from vigorl.browser.fields import Field
from vigorl.browser.hands import Hands
from vigorl.browser.impossible import Impossible
from vigorl.browser.worlds import frames_of, resolved_in, world_of

REST_LIMIT_S = 1.0
"""Time for a field to have handled what was typed."""

BOXES_LIMIT_S = 1.0
"""Time for a page to move on from one box of a code to the next."""

_MOST_BOXES = 12
_GROUP = {"objectGroup": "secrets"}
_TYPE = resources.files(__package__).joinpath("type_secret.js").read_text("utf-8")


async def type_secret(
    hands: Hands, elements: Elements, found: tuple[Element, Field] | None, action: Type
) -> bool:
    """Type a text that names secrets into what has the focus.

    Returns:
        Whether it stands there, as far as can be told.

    Raises:
        Impossible: nothing that takes text has it, there is no such secret, or it is for other
            hosts.
        playwright.async_api.Error: the page or the browser broke meanwhile.
    """
    name = _named(action.text)
    if found is None or found[1].kind != "text":
        raise Impossible(
            f"Nothing that takes text has the focus, so {name} was not typed. Point at its field."
        )
    element, field = found
    if field.is_read_only:
        raise Impossible(f"The field is read-only, so {name} was not typed.")
    place = await _Place.of(element)
    text = hands.vault.opened(action.text, await place.origin())
    if 0 < field.max_length < len(text) <= _MOST_BOXES and field.length == 0:
        return await _type_into_boxes(hands, elements, place, text, name)
    await place.type(text, clear=action.clear, name=name)
    await hands.tab.settle.wait(min(REST_LIMIT_S, hands.deadline.left_s()))
    said = await place.look()
    if said is None:
        hands.tell(f"The page went on as {name} was typed; whether it holds it cannot be told.")
    elif said["holds"]:
        hands.tell(f"{_capital(name)} stands in the field as meant.")
    else:
        hands.tell(
            f"{_capital(name)} does not stand in the field as meant: it holds {said['length']} "
            f"characters{f', and takes {field.max_length}' if field.max_length >= 0 else ''}."
        )
    return said is None or bool(said["holds"])


async def cover(field: Element) -> None:
    """Show dots in place of letters, also when the page turns it into a field for any text."""
    await field.call("(e) => e.style.setProperty('-webkit-text-security', 'disc', 'important')")


async def _type_into_boxes(
    hands: Hands, elements: Elements, place: "_Place", text: str, name: str
) -> bool:
    """A code whose characters have a box each: the page moves on from one to the next."""
    for index, character in enumerate(text):
        await place.type(character, clear=False, name=name)
        if index + 1 == len(text):
            break
        after = await _next_box(hands, elements, place)
        if after is None:
            hands.tell(f"{_capital(name)} does not fit: the field takes {index + 1} characters.")
            return False
        place = after
    hands.tell(f"{_capital(name)} stands in the boxes as meant.")
    return True


async def _next_box(hands: Hands, elements: Elements, before: "_Place") -> "_Place | None":
    """The box that the page has moved on to; None where it stays in the same one."""
    limit_s = min(BOXES_LIMIT_S, hands.deadline.left_s())
    try:
        async with asyncio.timeout(limit_s):
            while True:
                found = await Field.focused(elements)
                if found and found[1].kind == "text" and found[1].length == 0:
                    place = await _Place.of(found[0])
                    if place.node != before.node and place.context_id == before.context_id:
                        return place
                await asyncio.sleep(0.01)
    except TimeoutError:
        return None


class _Place:
    """A field in our own world of its document."""

    def __init__(self, session: CDPSession, context_id: int, object_id: str, node: int) -> None:
        self._session = session
        self.context_id = context_id
        self._object_id = object_id
        self.node = node
        """Chromium's own name of the element."""

    @classmethod
    async def of(cls, element: Element) -> "_Place":
        """Where an element is.

        Raises:
            Impossible: its document is gone.
        """
        session = element.session
        node = (await element.describe())["backendNodeId"]
        for frame_id in await frames_of(session):
            context_id = await world_of(session, frame_id)
            found = await resolved_in(session, context_id, node, _GROUP["objectGroup"])
            if found is not None:
                return cls(session, context_id, found["objectId"], node)
        raise Impossible("The field is gone, so the secret was not typed.")

    async def origin(self) -> str:
        """Scheme, host and port that the document belongs to, which scripts cannot pretend."""
        origin: str = await self._call("() => self.origin")
        return origin

    async def type(self, text: str, *, clear: bool, name: str) -> None:
        """Insert a text at the cursor.

        Raises:
            Impossible: the field has lost the focus, or takes nothing.
        """
        did: Literal["typed", "lost", "read-only"] = await self._call(_TYPE, text, clear, False)
        match did:
            case "lost":
                raise Impossible(f"The field has lost the focus, so {name} was not typed.")
            case "read-only":
                raise Impossible(f"The field is read-only, so {name} was not typed.")
            case "typed":
                return

    async def look(self) -> dict[str, Any] | None:
        """Whether the field `holds` what it should, and its `length`; None: its page is gone."""
        try:
            said: dict[str, Any] = await self._call(_TYPE, "", False, True)
        except PlaywrightError:
            return None
        return said

    async def _call(self, function: str, *arguments: Any) -> Any:
        declaration = f"function (...more) {{ return ({function})(this, ...more) }}"
        answer = await self._session.send(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": declaration,
                "objectId": self._object_id,
                "arguments": [{"value": argument} for argument in arguments],
                "returnByValue": True,
                **_GROUP,
            },
        )
        if "exceptionDetails" in answer:  # whose text may quote what was typed
            raise PlaywrightError("the field could not be typed into")
        return answer["result"].get("value")


def _named(text: str) -> str:
    """The secrets that a text names, for a sentence."""
    names = list(dict.fromkeys(re.findall(r"<secret:([\w-]+)>", text)))
    return f"the secret {names[0]}" if len(names) == 1 else f"the secrets {' and '.join(names)}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
