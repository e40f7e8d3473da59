"""One open page with everything that is attached to it, and what the browser knows of all tabs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Self

from playwright.async_api import Browser as ChromiumProcess
from playwright.async_api import CDPSession, Frame, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.capture import Camera
from vigorl.browser.deadline import Deadline
from vigorl.browser.settle import Settle


class LiveTab:
    """A page, its protocol session, and the instruments that watch it."""

    def __init__(
        self,
        page: Page,
        session: CDPSession,
        target: dict[str, Any],
        settle: Settle,
        camera: Camera,
    ) -> None:
        self.page = page
        self.session = session
        self.target_id: str = target["targetId"]
        """Chromium's own name of the tab."""
        self.context_id: str = target["browserContextId"]
        """Chromium's own name of the context that it belongs to."""
        self.settle = settle
        self.camera = camera
        self.opener: LiveTab | None = None
        self.crashed = False
        """The renderer is gone; only closing the page is left."""
        self.given_up = False
        """We closed it ourselves: its end is no news."""
        page.on("crash", self._note_crash)

    @classmethod
    async def attach(cls, page: Page, jpeg_quality: int) -> Self:
        """Attach the instruments.

        Raises:
            playwright.async_api.Error: the page is gone already.
        """
        session = await page.context.new_cdp_session(page)
        answer, settle, camera = await asyncio.gather(
            session.send("Target.getTargetInfo"),
            Settle.attach(page, session),
            Camera.attach(page, session, jpeg_quality),
        )
        return cls(page, session, answer["targetInfo"], settle, camera)

    @property
    def url(self) -> str:
        """Of the document that was shown last; empty where none was."""
        return "" if self.page.url.startswith("chrome-error:") else self.page.url

    async def answers(self, limit_s: float) -> bool:
        """Whether the page can be drawn within the limit, for which its main thread must be free.

        Asking it to evaluate something would not do: while a server keeps a navigation waiting,
        Chromium holds such calls back.
        """
        pixel = {"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1}
        capture = self.session.send("Page.captureScreenshot", {"format": "jpeg", "clip": pixel})
        return await within(limit_s, capture)

    async def end_scripts(self, limit_s: float) -> None:
        """End what is running now, in the page and in frames that live in processes of their own.

        The page keeps its state; a script that is called again runs again.
        """
        await asyncio.gather(
            *(self._end_script(frame, limit_s) for frame in self.page.frames[1:]),
            within(limit_s, self.session.send("Runtime.terminateExecution")),
        )

    async def kill(self, limit_s: float) -> None:
        """End the page's process, and with it pages that it shares the process with."""
        crashing = asyncio.ensure_future(self.session.send("Page.crash"))
        deadline = Deadline.after(limit_s)
        while not self.crashed and not crashing.done() and deadline.left_s() > 0:
            await asyncio.sleep(0.01)  # the call itself is never answered
        crashing.cancel()
        await asyncio.gather(crashing, return_exceptions=True)

    async def restore_window(self, width_px: int, height_px: int) -> None:
        """Undo what the page did to its window (full screen, `resizeTo`): pictures are cut to it.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        window = await self.session.send("Browser.getWindowForTarget")
        for bounds in ({"windowState": "normal"}, {"width": width_px, "height": height_px}):
            await self.session.send(
                "Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": bounds}
            )

    async def close(self, limit_s: float) -> None:
        """Close the page and end its process, also where it hangs."""
        self.given_up = True
        await within(limit_s, self.page.close())

    async def leave(self, limit_s: float, stays: Callable[[], bool]) -> None:
        """Close the page as a person does, so that it can ask whether to leave it.

        Args:
            limit_s: Time to close, s; one that takes longer hangs and is closed all the same.
            stays: Whether the page is asking just now.
        """
        self.given_up = True
        try:
            await within(limit_s, self.page.close(run_before_unload=True))
            deadline = Deadline.after(limit_s)
            while not self.page.is_closed() and (stays() or deadline.left_s() > 0):
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:  # it is to stay
            self.given_up = False
            raise
        await self.close(limit_s)

    async def _end_script(self, frame: Frame, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                session = await self.page.context.new_cdp_session(frame)
                await session.send("Runtime.terminateExecution")
                await session.detach()
        except (PlaywrightError, TimeoutError):
            return  # the frame lives in the page's own process, or is gone

    def _note_crash(self, _: Page) -> None:
        self.crashed = True


class Targets:
    """What the browser process knows of its tabs, without asking pages, which may hang."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._openers: dict[str, str] = {}  # target id -> target id of the opener
        session.on("Target.targetCreated", self._note_created)
        session.on("Target.targetDestroyed", self._note_destroyed)

    @classmethod
    async def attach(cls, process: ChromiumProcess) -> Self:
        """Begin to listen."""
        session = await process.new_browser_cdp_session()
        targets = cls(session)
        await session.send("Target.setDiscoverTargets", {"discover": True})
        return targets

    async def pages(self, limit_s: float) -> dict[str, tuple[str, str]]:
        """URL and title of every open page, by target id.

        Raises:
            TimeoutError: the browser process does not answer.
        """
        async with asyncio.timeout(limit_s):
            answer = await self._session.send("Target.getTargets")
        return {
            info["targetId"]: (info["url"], info["title"])
            for info in answer["targetInfos"]
            if info["type"] == "page"
        }

    def opened_by(self, target_ids: set[str]) -> set[str]:
        """The open targets that these opened."""
        return {target for target, opener in self._openers.items() if opener in target_ids}

    async def permit(
        self,
        context_id: str,
        permission: str,
        setting: Literal["granted", "denied"],
        origin: str | None = None,
    ) -> None:
        """Decide what pages of a context may; None: of any origin. Leaves all else as it is.

        Raises:
            playwright.async_api.Error: the browser is gone, or knows of no such permission.
        """
        options: dict[str, Any] = {
            "permission": {"name": permission},
            "setting": setting,
            "browserContextId": context_id,
        }
        if origin is not None:
            options["origin"] = origin
        await self._session.send("Browser.setPermission", options)

    async def close(self, limit_s: float) -> None:
        """Stop listening."""
        await within(limit_s, self._session.detach())

    def _note_created(self, event: dict[str, Any]) -> None:
        info = event["targetInfo"]
        if info["type"] == "page" and "openerId" in info:
            self._openers[info["targetId"]] = info["openerId"]

    def _note_destroyed(self, event: dict[str, Any]) -> None:
        self._openers.pop(event["targetId"], None)


async def within(limit_s: float, work: Awaitable[object]) -> bool:
    """Whether a call into the browser succeeded in time, where a failure makes no difference."""
    try:
        async with asyncio.timeout(limit_s):
            await work
    except (PlaywrightError, TimeoutError):
        return False
    return True
