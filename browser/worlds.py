"""Worlds of our own beside a page's scripts: what runs there sees the page, and is not seen.

In the page's own world its scripts decide what `document.elementFromPoint`, `scrollX` or
`getAttribute` say. In an isolated world these are Chromium's. What even there goes by the page's
names (`<form name=title>` in place of `document.title`) has to be read past them.
"""

from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

WORLD = "vigorl.secrets"
"""Of our scripts that no page's script may reach into."""


async def world_of(session: CDPSession, frame_id: str) -> int:
    """Our world in a frame: the id of its execution context."""
    options = {"frameId": frame_id, "worldName": WORLD}
    made: dict[str, Any] = await session.send("Page.createIsolatedWorld", options)
    context_id: int = made["executionContextId"]
    return context_id


async def frames_of(session: CDPSession) -> list[str]:
    """Ids of the frames of a session's process, outermost first."""
    tree = (await session.send("Page.getFrameTree"))["frameTree"]
    ids, trees = [], [tree]
    while trees:
        each = trees.pop(0)
        ids.append(each["frame"]["id"])
        trees += each.get("childFrames", ())
    return ids


async def resolved_in(
    session: CDPSession, context_id: int, backend_node_id: int, group: str
) -> dict[str, Any] | None:
    """A node as an object of one of our worlds; None where its document is another.

    Args:
        session: Of the node's process.
        context_id: Of the world.
        backend_node_id: Chromium's own name of the node.
        group: By which the object is let go.
    """
    options = {"backendNodeId": backend_node_id, "executionContextId": context_id}
    try:
        answer = await session.send("DOM.resolveNode", {**options, "objectGroup": group})
    except PlaywrightError:  # a frame that is going away
        return None
    found: dict[str, Any] = answer["object"]
    if "objectId" not in found:  # of another origin
        return None
    own = await session.send(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": _IS_OURS,
            "objectId": found["objectId"],
            "returnByValue": True,
            "objectGroup": group,
        },
    )
    return found if own["result"].get("value") else None


_IS_OURS = """function () {
  const owner = Object.getOwnPropertyDescriptor(Node.prototype, 'ownerDocument').get.call(this);
  return this === document || owner === document;
}"""
