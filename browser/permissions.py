"""What pages need permission for: the position, notifications, the camera and the like.

Chromium's headless shell shows no prompt and denies. Where whoever acts is to decide, the calls of
pages wait in the page (`permissions.js`) until that is done; the decision itself is the browser's
setting, for one origin, so that a page can neither make an answer up nor give it on.

The clipboard may be written by every page, as in a window, where a click is enough; it is the
episode's own (`vigorl.browser.clipboard`), and the browser's is denied to all pages.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from importlib import resources
from typing import Any, Literal

from playwright.async_api import BrowserContext, Frame, Page

from vigorl.browser.actions import Accept
from vigorl.browser.observation import PendingQuestion
from vigorl.browser.origins import origin_of
from vigorl.browser.page_settings import GREENWICH, PageSettings
from vigorl.browser.questions import ANSWER_LIMIT_S, Answer, Asked, Questions
from vigorl.browser.tab import Targets, within

WISHES = {
    "geolocation": "know your location",
    "notifications": "show notifications",
    "camera": "use your camera",
    "microphone": "use your microphone",
    "midi": "use your MIDI devices",
    "clipboard-read": "see what you have copied to the clipboard",
    "idle-detection": "know when you are active",
    "local-fonts": "know which fonts you have",
    "window-management": "know your screens and place windows on them",
    "storage-access": "use what it has stored, on another site's page",
}
"""What a page wants, by the names that permissions have."""

CLIPBOARD = "clipboard-read"
"""Which is decided here alone."""

_SCRIPT = resources.files(__package__).joinpath("permissions.js").read_text("utf-8")


class Permissions:
    """Decides what the pages of a context may, or asks."""

    def __init__(
        self,
        context: BrowserContext,
        targets: Targets,
        questions: Questions,
        settings: PageSettings,
    ) -> None:
        self._context = context
        self._targets = targets
        self._questions = questions
        self._settings = settings
        self._context_id = ""
        self._decided: dict[tuple[str, str], bool] = {}  # by origin and permission
        self._waiting: dict[tuple[str, tuple[str, ...]], asyncio.Future[None]] = {}

    async def begin(self, print_page: Callable[[Page], None]) -> None:
        """Before the first page opens: let pages ask, and print.

        Args:
            print_page: Called where a page asks to be printed.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        policy = self._settings.permissions
        name = f"tell{secrets.token_hex(16)}"

        async def hear(source: dict[str, Any], kind: str, wishes: list[str]) -> None:
            if kind == "print":
                print_page(source["page"])
            elif policy == "ask":
                await self._wait_for_answer(source["frame"], source["page"], wishes)

        await self._context.expose_binding(name, hear)
        asks = json.dumps(policy == "ask")
        await self._context.add_init_script(f"({_SCRIPT})({json.dumps(name)}, {asks})")
        if policy != "deny":
            latitude, longitude = self._settings.geolocation or GREENWICH
            await self._context.set_geolocation({"latitude": latitude, "longitude": longitude})

    async def settle(self, context_id: str) -> None:
        """Once there is a tab: allow what needs no question.

        Args:
            context_id: Chromium's own name of the context.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        self._context_id = context_id
        for name in ("clipboard-read", "clipboard-write"):
            await self._targets.permit(context_id, name, "denied")
        if self._settings.permissions == "allow":
            for name in WISHES:
                if name != CLIPBOARD:
                    await self._targets.permit(context_id, name, "granted")

    async def may_read_clipboard(self, frame: Frame, page: Page) -> bool:
        """Whether this frame may see what was copied; asks where the settings say so."""
        if self._settings.permissions == "ask":
            await self._wait_for_answer(frame, page, [CLIPBOARD])
            return self._decided.get((_origin(frame), CLIPBOARD), False)
        return self._settings.permissions == "allow"

    def clipboard_state(self, name: str) -> str:
        """What a page is told of its permission to use the clipboard."""
        if name != CLIPBOARD:
            return "granted"
        states = {"ask": "prompt", "allow": "granted", "deny": "denied"}
        return states[self._settings.permissions]

    async def _wait_for_answer(self, frame: Frame, page: Page, wishes: list[str]) -> None:
        origin = _origin(frame)
        names = tuple(name for name in wishes if name in WISHES)
        open_names = tuple(name for name in names if (origin, name) not in self._decided)
        if not origin or not open_names:
            return
        key = (origin, open_names)
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
            self._ask(key, page)
        await asyncio.shield(self._waiting[key])

    def _ask(self, key: tuple[str, tuple[str, ...]], page: Page) -> None:
        origin, names = key

        async def reply(answer: Answer) -> None:
            is_allowed = isinstance(answer, Accept)
            for name in names:
                self._decided[origin, name] = is_allowed
                if name == CLIPBOARD:
                    continue
                setting: Literal["granted", "denied"] = "granted" if is_allowed else "denied"
                permitting = self._targets.permit(self._context_id, name, setting, origin)
                await within(ANSWER_LIMIT_S, permitting)
            waiting = self._waiting.pop(key)
            if not waiting.done():
                waiting.set_result(None)

        wishes = " and ".join(WISHES[name] for name in names)
        question = PendingQuestion("permission", f"wants to {wishes}", origin)
        self._questions.ask(Asked(question, page, reply))


def _origin(frame: Frame) -> str:
    """Of a document; one without an address has that of the frame around it."""
    around: Frame | None = frame
    while around is not None and around.url.startswith("about:"):
        around = around.parent_frame
    return "" if around is None else origin_of(around.url)
