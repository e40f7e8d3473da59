"""Secrets in pictures: covered in the rendering before each of them, in every frame.

Where a value stands is found twice: by the page's own tree, gone through in a world of its own
(texts that several nodes share, fields, open shadow roots), and by Chromium's search, which sees
closed shadow roots as well. What a page draws itself (canvas, images, video) cannot be covered.
"""

import asyncio
from importlib import resources
from typing import Any
from urllib.parse import quote

from playwright.async_api import CDPSession, Frame
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.tab import LiveTab
from vigorl.browser.vault import Vault
from vigorl.browser.worlds import frames_of, world_of

_MOST_FOUND = 200
"""Nodes of Chromium's search that are looked at."""
_RETRY_S = 0.01
_GROUP = {"objectGroup": "masks"}

_MASK = resources.files(__package__).joinpath("mask.js").read_text("utf-8")


class Masks:
    """Covers the secrets of a vault in one tab: `cover` before a picture and after it, too."""

    def __init__(self, tab: LiveTab, vault: Vault) -> None:
        self._tab = tab
        self._vault = vault
        self._apart: dict[Frame, CDPSession | None] = {}

    async def cover(self) -> int:
        """Cover what is to be seen of the secrets.

        Returns:
            How many places were covered that were not before: a picture taken meanwhile shows them.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        texts = _spellings(self._vault.sought)
        if not texts:
            return 0
        while True:
            try:
                sessions = [self._tab.session, *await self._sessions_apart()]
                counts = await asyncio.gather(*(_cover(each, texts) for each in sessions))
                return sum(counts)
            except PlaywrightError:  # a document went away, and another comes
                if self._tab.page.is_closed() or self._tab.crashed:
                    raise
                await asyncio.sleep(_RETRY_S)

    async def _sessions_apart(self) -> list[CDPSession]:
        """Sessions of the frames that live in processes of their own."""
        frames = self._tab.page.frames[1:]
        for frame in [frame for frame in self._apart if frame not in frames]:
            del self._apart[frame]
        for frame in frames:
            if self._apart.get(frame) is None:
                self._apart[frame] = await _session_apart(frame)
        return [session for session in self._apart.values() if session is not None]


async def _session_apart(frame: Frame) -> CDPSession | None:
    try:
        return await frame.page.context.new_cdp_session(frame)
    except PlaywrightError:  # it shares its parent's process, or is gone
        return None


async def _cover(session: CDPSession, texts: list[str]) -> int:
    found, frame_ids = await asyncio.gather(_search(session, texts), frames_of(session))
    counts = await asyncio.gather(
        *(_cover_frame(session, frame_id, texts, found) for frame_id in frame_ids)
    )
    await session.send("Runtime.releaseObjectGroup", _GROUP)
    return sum(counts)


async def _cover_frame(
    session: CDPSession, frame_id: str, texts: list[str], found: list[int]
) -> int:
    context_id = await world_of(session, frame_id)
    nodes = await asyncio.gather(
        *(
            session.send(
                "DOM.resolveNode",
                {"backendNodeId": node, "executionContextId": context_id, **_GROUP},
            )
            for node in found
        ),
        return_exceptions=True,
    )
    arguments: list[dict[str, Any]] = [{"value": texts}]
    # A node of another origin's frame is none in this world.
    objects = [node["object"] for node in nodes if isinstance(node, dict)]
    arguments += [{"objectId": each["objectId"]} for each in objects if "objectId" in each]
    answer = await session.send(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": _MASK,
            "executionContextId": context_id,
            "arguments": arguments,
            "returnByValue": True,
            **_GROUP,
        },
    )
    if "exceptionDetails" in answer:
        raise PlaywrightError(f"not covered: {answer['exceptionDetails']['text']}")
    count: int = answer["result"]["value"]
    return count


async def _search(session: CDPSession, texts: list[str]) -> list[int]:
    """Nodes that hold one of the texts, also where no script of a page sees them."""
    queries = [{"query": text, "includeUserAgentShadowDOM": True} for text in texts]
    # Sent at once: they are carried out in this order.
    _, _, *searches = await asyncio.gather(
        session.send("DOM.enable"),
        session.send("DOM.getDocument", {"depth": 0}),
        *(session.send("DOM.performSearch", query) for query in queries),
    )
    spans = [
        {"searchId": found["searchId"], "fromIndex": 0, "toIndex": min(count, _MOST_FOUND)}
        for found in searches
        if (count := found["resultCount"])
    ]
    results = await asyncio.gather(*(session.send("DOM.getSearchResults", each) for each in spans))
    nodes = [node for each in results for node in each["nodeIds"] if node]
    *described, _ = await asyncio.gather(
        *(session.send("DOM.describeNode", {"nodeId": node}) for node in nodes),
        session.send("DOM.disable"),
    )
    return [each["node"]["backendNodeId"] for each in described]


def _spellings(texts: tuple[str, ...]) -> list[str]:
    """The texts as pages show them: as they are, and as they stand in an address."""
    return list(dict.fromkeys(each for text in texts for each in (text, quote(text, safe=""))))
