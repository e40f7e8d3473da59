"""A clipboard for each episode, although Chromium has one for all.

Pages cannot reach Chromium's: their scripts copy to and read from the episode's own
(`clipboard.js`), and Chromium refuses what comes another way. A key that copies or pastes is
Chromium's own doing, with all that it knows of fields and pictures; around such a key the one
clipboard is lent to the episode: it is filled with what the episode has copied, the key is pressed,
what is there then is the episode's, and it is emptied. Lent to one at a time, it holds nothing
between. Selected text is kept nowhere else (the selection of X11, which the middle button pastes).
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Coroutine
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

from playwright.async_api import BrowserContext, Frame, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.impossible import Impossible

if TYPE_CHECKING:
    from vigorl.browser.chromium import Browser

Parts = dict[str, str]
"""What was copied: base64 by media type."""

MOST_CHARACTERS = 16 * 1024 * 1024
"""Of what a page may copy, in base64."""

KEY_LIMIT_S = 5.0
"""Time for a key to take effect; where a page asks something meanwhile, it copies nothing."""

CALL_LIMIT_S = 5.0

COPY_LOOKS = 5
"""How often it is looked whether a key has copied something."""

COPYING = {"control+c", "control+x", "control+insert", "shift+delete", "meta+c", "meta+x"}
PASTING = {"control+v", "control+shift+v", "shift+insert", "meta+v", "meta+shift+v"}
"""Chords, their modifiers in order of the alphabet."""

_SCRIPT = resources.files(__package__).joinpath("clipboard.js").read_text("utf-8")

_WRITE = """async (parts) => {
  const blobs = {};
  for (const [type, data] of Object.entries(parts)) {
    blobs[type] = new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], {type});
  }
  if (Object.keys(blobs).length) await navigator.clipboard.write([new ClipboardItem(blobs)]);
  else await navigator.clipboard.writeText('');
  await navigator.clipboard.read();
}"""
"""Done only once it can be read again: the promise of a write is kept before the write is made."""

_READ = """async () => {
  const parts = {};
  for (const item of await navigator.clipboard.read()) for (const type of item.types) {
    const bytes = new Uint8Array(await (await item.getType(type)).arrayBuffer());
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    if (bytes.length) parts[type] = btoa(text);
  }
  return parts;
}"""

_WRITABLE = ("text/plain", "text/html", "image/png")
"""Media types that Chromium takes from a script."""


class ReadPermission(Protocol):
    """Who decides whether a page may see what was copied."""

    async def may_read_clipboard(self, frame: Frame, page: Page) -> bool:
        """Whether this frame may; asks whoever acts where the settings say so."""

    def clipboard_state(self, name: str) -> str:
        """What a page is told of the permission: `granted`, `denied` or `prompt`."""


class NativeClipboard:
    """Chromium's clipboard, lent to one episode at a time.

    Args:
        browser: Whose it is.
    """

    def __init__(self, browser: "Browser") -> None:
        self._browser = browser
        self._lent = asyncio.Lock()
        self._page: Page | None = None

    @contextlib.asynccontextmanager
    async def lend(self, parts: Parts) -> AsyncIterator[None]:
        """Lend it with this in it; empty again afterwards.

        Raises:
            Impossible: it does not answer.
        """
        async with self._lent:
            await self._call(_WRITE, {k: v for k, v in parts.items() if k in _WRITABLE})
            try:
                yield
            finally:
                await asyncio.shield(self._call(_WRITE, {}))

    async def copied(self) -> Parts:
        """What is in it.

        Raises:
            Impossible: it does not answer.
        """
        for _ in range(COPY_LOOKS):
            if parts := await self._call(_READ):
                return dict(parts)
            await asyncio.sleep(0.03)
        return {}

    def forget(self) -> None:
        """Let go of the page that it is reached through, which goes with its process."""
        self._page = None

    async def _call(self, script: str, argument: Any = None) -> Any:
        try:
            async with asyncio.timeout(CALL_LIMIT_S):
                if self._page is None or self._page.is_closed():
                    self._page = await self._opened()
                return await self._page.evaluate(script, argument)
        except (PlaywrightError, TimeoutError) as error:
            page, self._page = self._page, None
            if page is not None:
                with contextlib.suppress(PlaywrightError):
                    await page.context.close()
            raise Impossible("The clipboard does not answer just now.") from error

    async def _opened(self) -> Page:
        """A page that no agent sees and that alone may use the clipboard."""
        context = await self._browser.context()
        page = await context.new_page()
        await page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
        await page.goto("https://clipboard.vigorl.invalid/")
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        return page


class Clipboard:
    """What an episode has copied.

    Args:
        native: Chromium's, which is borrowed for keys; None: it is somebody's own, and stays
            where it is.
        permission: Decides whether pages may see it.
    """

    def __init__(self, native: NativeClipboard | None, permission: ReadPermission) -> None:
        self._native = native
        self._permission = permission
        self.parts: Parts = {}

    async def begin(self, context: BrowserContext) -> None:
        """Before the first page opens: take the place of the browser's.

        Raises:
            playwright.async_api.Error: the browser is gone.
        """
        name = f"keep{secrets.token_hex(16)}"
        await context.expose_binding(name, self._hear)
        await context.add_init_script(f"({_SCRIPT})('{name}')")

    async def around(self, keys: str, pressing: Coroutine[Any, Any, None]) -> None:
        """Press a key, with the clipboard at hand where it copies or pastes.

        Raises:
            Impossible: the clipboard does not answer, or there is no such key.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        chord = _chord(keys)
        copies, pastes = chord in COPYING, chord in PASTING
        if self._native is None or not (copies or pastes):
            await pressing
            return
        press: asyncio.Future[None] | None = None
        try:
            async with self._native.lend(self.parts if pastes else {}):
                press = asyncio.ensure_future(pressing)
                await asyncio.wait({press}, timeout=KEY_LIMIT_S)
                if copies and (copied := await self._native.copied()):
                    self.parts = copied
            await press
        finally:
            if press is None:
                pressing.close()
            else:
                press.cancel()

    async def _hear(self, source: dict[str, Any], kind: str, told: dict[str, Any]) -> Any:
        """Answer the script of a page."""
        match kind:
            case "write":
                parts = {str(type_): str(data) for type_, data in told.items()}
                if sum(map(len, parts.values())) <= MOST_CHARACTERS:
                    self.parts = parts
                return None
            case "read":
                frame, page = source["frame"], source["page"]
                is_allowed = await self._permission.may_read_clipboard(frame, page)
                return self.parts if is_allowed else None
            case _:
                return {"state": self._permission.clipboard_state(str(told.get("name")))}


def _chord(keys: str) -> str:
    *modifiers, key = keys.lower().replace("controlormeta", "control").split("+")
    return "+".join([*sorted(modifiers), key])
