"""What stands at a point, and what has the focus.

Both are found through closed shadow roots and through frames of any origin, wherever they are
scrolled, scaled or turned to. Chromium's protocol answers both, where the page's own functions
stop at a closed root and at a frame of another origin.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.geometry import Point
from vigorl.browser.tab import LiveTab
from vigorl.browser.worlds import frames_of, resolved_in, world_of

DEPTH = 8
"""Frames and closed shadow roots within each other that are gone through."""

INNERMOST = """(root) => {
  const active = (of) => Object.getOwnPropertyDescriptor(
    (of instanceof Document ? Document : ShadowRoot).prototype, 'activeElement').get.call(of);
  let element = active(root);
  while (element?.shadowRoot && active(element.shadowRoot)) element = active(element.shadowRoot);
  return element;
}"""
"""What has the focus in a document or shadow root, as far as the page's own functions reach."""

_GROUP = {"objectGroup": "hands"}
"""Of the references that a page keeps for us, until it is looked into again."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the page, or of a frame in a process of its own."""

    session: CDPSession
    """Of the process that it lives in."""
    object_id: str
    kind: str = ""
    """Its class, as Chromium names it; empty where it did not say."""

    @property
    def may_hold_frame(self) -> bool:
        """A document of another process may lie in it."""
        return not self.kind or self.kind.endswith(
            ("FrameElement", "ObjectElement", "EmbedElement")
        )

    async def call(self, function: str, *arguments: Any) -> Any:
        """What a function of the page says about the element; JSON in and out.

        Raises:
            playwright.async_api.Error: the document is gone, or the function fails.
        """
        return (await self._call(function, arguments, by_value=True)).get("value")

    async def reach(self, function: str) -> "Element | None":
        """The element that a function of the page leads to from here."""
        found = await self._call(function, (), by_value=False)
        return Element(self.session, found["objectId"]) if "objectId" in found else None

    async def describe(self) -> dict[str, Any]:
        """The node with what lies inside of it, as Chromium's `DOM.Node`."""
        answer = await self.session.send("DOM.describeNode", {"objectId": self.object_id})
        node: dict[str, Any] = answer["node"]
        return node

    async def _call(self, function: str, arguments: Any, *, by_value: bool) -> dict[str, Any]:
        declaration = f"function (...more) {{ return ({function})(this, ...more) }}"
        answer = await self.session.send(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": declaration,
                "objectId": self.object_id,
                "arguments": [{"value": argument} for argument in arguments],
                "returnByValue": by_value,
                "awaitPromise": True,
                **_GROUP,
            },
        )
        return _value_of(answer)


class Elements:
    """Finds elements of one tab.

    Args:
        page: Shown in the tab.
        session: Of the tab.
        unseen: In worlds of our own, where no script of the page has a say: for what is not to be
            lied about. Two more round trips for each document.
    """

    def __init__(self, page: Page, session: CDPSession, unseen: bool = False) -> None:
        self._page = page
        self._session = session
        self._unseen = unseen
        self._opened: list[CDPSession] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, tab: LiveTab, unseen: bool = False) -> AsyncIterator[Self]:
        """Those of a tab, until the block ends."""
        elements = cls(tab.page, tab.session, unseen)
        try:
            yield elements
        finally:
            for session in elements._opened:
                with contextlib.suppress(PlaywrightError):  # its frame is gone
                    await session.detach()

    async def at(self, point: Point) -> Element | None:
        """The innermost element at a point of the viewport, CSS px."""
        session, x, y = self._session, point.x, point.y
        for _ in range(DEPTH):
            size = await self.read("[scrollX, scrollY, innerWidth, innerHeight]", session)
            place = {"x": math.floor(x + size[0]), "y": math.floor(y + size[1])}
            try:
                found = await session.send("DOM.getNodeForLocation", place)
            except PlaywrightError as error:
                if "No node found" in error.message:
                    return None
                raise
            element = await self._resolve(session, found["backendNodeId"])
            if not element.may_hold_frame:
                return element
            inner = await self._process_inside(element)
            if inner is None:
                return element
            box = await session.send("DOM.getBoxModel", {"objectId": element.object_id})
            across, down = _shares(Point(x, y), box["model"]["content"])
            session = inner
            width_px, height_px = await self.read("[innerWidth, innerHeight]", session)
            x, y = across * width_px, down * height_px
        return None

    async def focused(self, describe: str) -> tuple[Element, Any] | None:
        """What has the focus, and what a function of the page says about it.

        In one round trip where the page's own functions reach it; None where no element has it.
        """
        _, found, said = await asyncio.gather(
            self._session.send("Runtime.releaseObjectGroup", _GROUP),
            self._evaluate(self._session, f"({INNERMOST})(document)", by_value=False),
            self.of_focused(describe),
        )
        if "objectId" not in found or said is None:  # nothing, or nothing any more
            return None
        return Element(self._session, found["objectId"]), said

    async def of_focused(self, describe: str) -> Any:
        """What a function of the page says about what has the focus; None where nothing has it."""
        return await self.read(f"(e => e && ({describe})(e))(({INNERMOST})(document))")

    async def inside(self, element: Element) -> Element:
        """What has the focus inside of an element that has it: in its frame or closed root."""
        for _ in range(DEPTH):
            node = await element.describe()
            inner: Element | None
            if "contentDocument" in node:
                content = await self._resolve(
                    element.session, node["contentDocument"]["backendNodeId"]
                )
                inner = await content.reach(INNERMOST)
            elif (session := await self._process_inside(element, node)) is not None:
                found = await self._evaluate(session, f"({INNERMOST})(document)", by_value=False)
                inner = Element(session, found["objectId"]) if "objectId" in found else None
            else:
                closed = [
                    root["backendNodeId"]
                    for root in node.get("shadowRoots", ())
                    if root["shadowRootType"] == "closed"
                ]
                if not closed:
                    return element
                inner = await (await self._resolve(element.session, closed[0])).reach(INNERMOST)
            if inner is None:
                return element
            element = inner
        return element

    async def read(self, expression: str, session: CDPSession | None = None) -> Any:
        """What an expression says in the page, or in a frame's process."""
        said = await self._evaluate(session or self._session, expression, by_value=True)
        return said.get("value")

    async def _process_inside(
        self, element: Element, node: dict[str, Any] | None = None
    ) -> CDPSession | None:
        """A session of the process that a frame's document lives in; None where it is this one."""
        node = node or await element.describe()
        if "frameId" not in node or "contentDocument" in node:
            return None
        for frame in self._page.frames[1:]:
            try:
                session = await self._page.context.new_cdp_session(frame)
            except PlaywrightError:  # the frame has no process of its own, or is gone
                continue
            self._opened.append(session)
            tree = await session.send("Page.getFrameTree")
            if tree["frameTree"]["frame"]["id"] == node["frameId"]:
                return session
        return None

    async def _evaluate(
        self, session: CDPSession, expression: str, *, by_value: bool
    ) -> dict[str, Any]:
        options: dict[str, Any] = {"expression": expression, "returnByValue": by_value, **_GROUP}
        if self._unseen:
            outermost = (await frames_of(session))[0]
            options["contextId"] = await world_of(session, outermost)
        return _value_of(await session.send("Runtime.evaluate", options))

    async def _resolve(self, session: CDPSession, backend_node_id: int) -> Element:
        """A node as an element; in its document's world of ours where that is asked for.

        Raises:
            playwright.async_api.Error: its document is gone.
        """
        if not self._unseen:
            node = {"backendNodeId": backend_node_id, **_GROUP}
            found = (await session.send("DOM.resolveNode", node))["object"]
            return Element(session, found["objectId"], found.get("className", ""))
        for frame_id in await frames_of(session):
            ours = await world_of(session, frame_id)
            seen = await resolved_in(session, ours, backend_node_id, _GROUP["objectGroup"])
            if seen is not None:
                return Element(session, seen["objectId"], seen.get("className", ""))
        raise PlaywrightError("the document of an element is gone")


def _value_of(answer: dict[str, Any]) -> dict[str, Any]:
    if "exceptionDetails" in answer:
        details = answer["exceptionDetails"]
        raise PlaywrightError(details.get("exception", {}).get("description", details["text"]))
    result: dict[str, Any] = answer["result"]
    return result if result.get("subtype") != "null" else {}


def _shares(point: Point, quad: list[float]) -> tuple[float, float]:
    """Where a point lies in a parallelogram: in parts of its first and of its last side.

    Args:
        point: In the frame of the quad.
        quad: x and y of the corners top left, top right, bottom right, bottom left.
    """
    left, top = quad[0], quad[1]
    across, down = (quad[2] - left, quad[3] - top), (quad[6] - left, quad[7] - top)
    area = across[0] * down[1] - across[1] * down[0]
    if area == 0:
        return 0.5, 0.5
    x, y = point.x - left, point.y - top
    return (x * down[1] - y * down[0]) / area, (y * across[0] - x * across[1]) / area
