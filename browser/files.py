"""Files handed to a page: through the chooser that a click opens, or dropped on it."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import FileChooser

from vigorl.browser.actions import Upload
from vigorl.browser.elements import Elements
from vigorl.browser.geometry import Point
from vigorl.browser.hands import Hands
from vigorl.browser.impossible import Impossible
from vigorl.browser.quoting import quoted

CHOOSER_LIMIT_S = 2.0
"""Time for a file chooser to open after the click."""

CHOOSER_GRACE_S = 0.5
"""Of that, what is left to it once the page has come to rest."""

_WATCH = """(element) => {
  const view = element.ownerDocument.defaultView;
  let last = null;
  const note = (event) => { last = event; };
  view.addEventListener('dragover', note, true);
  return { end: () => {
    view.removeEventListener('dragover', note, true);
    return last?.defaultPrevented ?? false;
  } };
}"""
"""Whether the page takes what is dragged over it. What nobody takes, Chromium would open itself in
the page's place."""


def admitted(paths: Sequence[str], folders: Sequence[Path]) -> tuple[str, ...]:
    """The real paths of files that may be handed to a page.

    Args:
        paths: As an agent gives them.
        folders: Files, and folders with all that is in them, that it may hand out.

    Raises:
        Impossible: there is no such file, or it lies elsewhere once links and `..` are followed.
    """
    real = []
    for path in paths:
        try:
            place = Path(path).resolve()
            is_named = any(place.is_relative_to(folder.resolve()) for folder in folders)
        except (OSError, ValueError, RuntimeError):  # no path, or links in a circle
            raise Impossible(f"There is no file {quoted(path)}.") from None
        if not is_named:  # nor is it said whether it is there
            raise Impossible(
                f"The file {quoted(path)} may not be uploaded: only files that were named for it, "
                "and those that were saved here, may be."
            )
        if not place.is_file():
            raise Impossible(f"There is no file {quoted(path)}.")
        real.append(str(place))
    return tuple(real)


async def upload(hands: Hands, action: Upload) -> None:
    """Click, and hand files to the chooser that opens; where none does, drop them at the point.

    Raises:
        Impossible: there are no files, or nothing takes them.
    """
    hands.require_on_screen(action.point)
    if not action.paths:
        raise Impossible("There are no files to upload.")
    chooser = await _open_chooser(hands, action.point)
    if chooser is None:
        await _drop(hands, action)
        return
    if len(action.paths) > 1 and not chooser.is_multiple():
        raise Impossible("This field takes a single file.")
    try:
        await chooser.set_files(list(action.paths))
    except PlaywrightError as error:
        if "directory" not in error.message:
            raise
        raise Impossible("This field takes a whole folder, and not single files.") from error


async def _open_chooser(hands: Hands, point: Point) -> FileChooser | None:
    chooser: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()

    def take(opened: FileChooser) -> None:
        if not chooser.done():
            chooser.set_result(opened)

    hands.page.on("filechooser", take)
    try:
        await hands.page.mouse.click(point.x, point.y)
        limit_s = min(CHOOSER_LIMIT_S, hands.deadline.left_s())
        resting = asyncio.ensure_future(hands.tab.settle.wait(limit_s))
        either: set[asyncio.Future[Any]] = {resting, chooser}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            await asyncio.gather(resting, return_exceptions=True)
        await asyncio.wait({chooser}, timeout=CHOOSER_GRACE_S)
        return chooser.result() if chooser.done() else None
    finally:
        hands.page.remove_listener("filechooser", take)


async def _drop(hands: Hands, action: Upload) -> None:
    async with Elements.of(hands.tab) as elements:
        element = await elements.at(action.point)
        watch = await element.reach(_WATCH) if element is not None else None
        if watch is None:
            raise Impossible(f"There is nothing at ({action.point.x:g}, {action.point.y:g}).")
        for step in ("dragEnter", "dragOver", "dragOver"):
            await _drag_files(hands, action, step)
        is_taken = await watch.call("(watch) => watch.end()")
        await _drag_files(hands, action, "drop" if is_taken else "dragCancel")
        if not is_taken:
            raise Impossible(
                f"The click at ({action.point.x:g}, {action.point.y:g}) opened no file chooser, "
                "and nothing there takes files that are dropped on it."
            )


async def _drag_files(hands: Hands, action: Upload, step: str) -> None:
    files = [os.path.abspath(path) for path in action.paths]
    data = {"items": [], "files": files, "dragOperationsMask": 1}  # 1: copied
    place = {"x": action.point.x, "y": action.point.y}
    await hands.tab.session.send("Input.dispatchDragEvent", {"type": step, **place, "data": data})
