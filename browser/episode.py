"""What an episode has open in the browser: looked at, brought back when it breaks, let go of."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Coroutine
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from PIL import Image
from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import Accept, Action, Dismiss
from vigorl.browser.approvals import Approvals
from vigorl.browser.chromium import Browser
from vigorl.browser.clipboard import Clipboard
from vigorl.browser.deadline import Deadline
from vigorl.browser.dialogs import Dialogs
from vigorl.browser.downloads import Downloads
from vigorl.browser.errors import (
    BrowserDied,
    BrowserFault,
    PageCrashed,
    PageHung,
    StorageFault,
)
from vigorl.browser.file_fence import FileFence
from vigorl.browser.gate import Gate
from vigorl.browser.geometry import Frame
from vigorl.browser.impossible import Impossible
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.log_in import LogIns
from vigorl.browser.masks import Masks
from vigorl.browser.navigation import Navigation
from vigorl.browser.observation import (
    MOST_TITLE_CHARACTERS,
    MOST_URL_CHARACTERS,
    EventKind,
    Observation,
    Refused,
    shortened,
)
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.papers import Papers
from vigorl.browser.permissions import Permissions
from vigorl.browser.picture import Picture, View
from vigorl.browser.questions import Questions
from vigorl.browser.relook import Relook
from vigorl.browser.tab import LiveTab, Targets, within
from vigorl.browser.tabs import Tabs

logger = logging.getLogger(__name__)

END_LIMIT_S = 5.0
"""Time for each part of an episode's end."""

ASKED_SETTLE_LIMIT_S = 0.5
"""Time to come to rest for a page that asks for a permission or a log-in, which may never."""

STANDING_LIMIT_S = 0.4
"""Time for a picture of a page whose script stands still."""

HALFWAY_LIMIT_S = 2.0
"""Time for an action that a question interrupted, once nobody has answered it."""

DIAGNOSIS_LIMIT_S = 0.5
"""Time for the event that says why a call into the browser failed."""

_SELECTS = resources.files(__package__).joinpath("selects.js").read_text("utf-8")

_NO_SHARED_WORKERS = resources.files(__package__).joinpath("workers.js").read_text("utf-8")

_NO_POINTER_LOCK = """Element.prototype.requestPointerLock = async () => {
  document.dispatchEvent(new Event('pointerlockerror'));
  throw new DOMException('The pointer is not there to be locked.', 'NotAllowedError');
};"""
"""A locked pointer has no place, so there is nothing to point with; and in the headless shell the
page never answers again (Chromium 156)."""

Trouble = Literal["crashed", "hung", "unruly", "closed"]
"""Why the shown page cannot be looked at: its process is gone; its script does not end; it does
not stop opening dialogs or windows; it was closed, which is no trouble while others are open."""


class Troubled(Exception):
    """The shown page cannot be looked at."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble


class Episode:
    """A context with its tabs and everything that watches them."""

    def __init__(
        self,
        context: BrowserContext,
        targets: Targets,
        settings: PageSettings,
        gate: Gate,
        browser: Browser,
        first_url: str,
        download_dir: Path,
    ) -> None:
        self.context = context
        self._gate = gate
        self._memory = browser.memory
        self._targets = targets
        self._settings = settings
        self.interruptions = interruptions = Interruptions(settings)
        self.questions = questions = Questions(settings.dialog_limit_s, self._tell_question)
        self._log_ins = LogIns(interruptions, questions, settings, first_url)
        self.navigation = Navigation(interruptions, questions, self._log_ins, gate)
        self.approvals = approvals = Approvals(
            settings.approve, settings.approver, first_url, interruptions.note
        )
        options = (interruptions, self.navigation, Papers(settings), approvals, settings)
        self._downloads = Downloads(download_dir, *options)
        self._permissions = Permissions(context, targets, questions, settings)
        self.clipboard = Clipboard(browser.clipboard, self._permissions)
        dialogs = Dialogs(context, interruptions, questions, settings, approvals)
        self._fence = FileFence(gate.boundary, self.navigation.own_files)
        self.tabs = Tabs(context, targets, interruptions, questions, settings, self._fence)
        self.tabs.watchers += [
            approvals.watch,
            dialogs.watch,
            self.navigation.watch,
            self._downloads.watch,
            self._keep_secrets,
        ]
        self.relook = Relook(settings.look_again_after_s)
        self._halfway: asyncio.Task[None] | None = None
        """An action that a question interrupted; it goes on when that is answered."""
        self._last: View | None = None
        self.fills_screen = False
        """Whether the page is in full screen, where it cannot be rendered again unseen."""
        self._gone = asyncio.Event()
        context.on("close", lambda _: self._gone.set())

    @classmethod
    async def begin(
        cls, browser: Browser, settings: PageSettings, first_url: str, download_dir: Path
    ) -> Self:
        """Open a fresh context with one empty tab.

        Args:
            browser: Whose context it is.
            settings: How pages are shown and kept in bounds.
            first_url: That will be loaded first.
            download_dir: Where files are saved.

        Raises:
            BrowserFault: the browser does not start, or breaks.
        """
        gate = browser.gate(settings.boundary.also(first_url))
        await gate.start()
        try:
            context = await browser.context(
                gate,
                viewport={"width": settings.width_px, "height": settings.height_px},
                storage_state=settings.storage_state,
            )
            try:
                options = (gate, browser, first_url, download_dir)
                return await cls._opened(context, settings, *options)
            except BaseException:
                await within(END_LIMIT_S, context.close())
                raise
        except BaseException:
            await gate.close()
            raise

    @classmethod
    async def _opened(
        cls,
        context: BrowserContext,
        settings: PageSettings,
        gate: Gate,
        browser: Browser,
        first_url: str,
        download_dir: Path,
    ) -> Self:
        async with boundary(context, settings.step_limit_s):
            assert context.browser is not None
            await context.add_init_script(_SELECTS)
            await context.add_init_script(_NO_POINTER_LOCK)
            targets = await Targets.attach(context.browser)
            options = (settings, gate, browser, first_url, download_dir)
            episode = cls(context, targets, *options)
            if episode.approvals.asks:
                await context.add_init_script(_NO_SHARED_WORKERS)
            await episode.clipboard.begin(context)
            await episode._permissions.begin(episode._print)
            tab = await episode.tabs.open()
            await episode._permissions.settle(tab.context_id)
            await episode.approvals.ready()
            return episode

    @property
    def refused(self) -> dict[str, int]:
        """How many connections the boundary has refused so far, by host and port."""
        counts = self._gate.refused.items()
        return {Refused(host, port, count).place: count for (host, port), count in counts}

    async def act(self, work: Coroutine[Any, Any, None], deadline: Deadline) -> Observation:
        """Do something to the shown page and look at what came of it.

        Raises:
            BrowserFault: the browser is gone, or the page cannot be brought back.
        """
        async with boundary(self.context, deadline.left_s()):
            trouble: Trouble | None = None
            try:
                async with self._guard(deadline.left_s(self._settings.recovery_s)):
                    await self._until_asked(work)
            except Impossible as error:
                self.interruptions.note("bad_action", str(error))
            except Troubled as error:
                trouble = error.trouble
            return await self._observe(trouble, deadline)

    async def change(self, action: Action) -> str | None:
        """What to say of a target that is not what the last picture showed; None where it is."""
        if self.questions.current is not None:
            return None
        return await self.relook.change(action, self.tabs.shown, self._last)

    async def answer(self, answer: Accept | Dismiss) -> None:
        """Answer what is asked, and go on with the action that it interrupted.

        Raises:
            Impossible: nothing is asked, or this is no answer to it.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        self.tabs.shown.settle.begin()
        asked = await self.questions.answer(self._filled_in(answer))
        halfway, self._halfway = self._halfway, None
        if halfway is None:
            return
        if asked.question.kind == "beforeunload" and isinstance(answer, Dismiss):
            await _ended(halfway)  # Playwright would wait for the page that does not come
        else:
            await halfway

    async def go_on(self) -> None:
        """Go on with an action for which something was held back until somebody had answered.

        Raises:
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        if not self.questions.halting:
            halfway, self._halfway = self._halfway, None
            if halfway is not None:
                await halfway

    async def finish(self) -> None:
        """Go on with an action whose question was dismissed because its time was over.

        Raises:
            Impossible: something is asked.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        self.questions.require_none()
        halfway, self._halfway = self._halfway, None
        if halfway is not None and not await within(HALFWAY_LIMIT_S, asyncio.shield(halfway)):
            await _ended(halfway)

    async def rest(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            playwright.async_api.Error: the context ended meanwhile.
        """
        if await within(seconds, self._gone.wait()):
            raise PlaywrightError("the context is closed")

    async def end(self) -> None:
        """Let go of everything; never hangs.

        Raises:
            StorageFault: the log-ins could not be written.
        """
        self.approvals.close()
        self.relook.close()
        await self.questions.close()  # a page that asks answers nothing
        try:
            await self._save_storage_state()
        finally:
            await self.questions.close()
            if self._halfway is not None:
                await _ended(self._halfway)
            await self.tabs.end()
            await self.interruptions.close()
            await self._log_ins.close()
            await self._downloads.close()
            await self._fence.close()
            await self._targets.close(END_LIMIT_S)
            if not await within(END_LIMIT_S, self.context.close()):
                logger.warning("a browser context did not close")
            await self._gate.close()

    async def _observe(self, trouble: Trouble | None, deadline: Deadline) -> Observation:
        """Look; while the page cannot be looked at, bring it back, in ever harder ways."""
        if trouble and (killed := await self.interruptions.killed()):
            await self.tabs.clear_after(killed[0])
            trouble = "unruly"
        limit_s = deadline.left_s(self._settings.recovery_s)
        patience_s = self._settings.recovery_s / 5
        remedies = iter((self._end_scripts, self._load_again, self._show_nothing))
        while True:
            if trouble == "hung" and self.questions.halting:
                trouble = None  # it only waits for an answer
            if trouble is None:
                try:
                    async with self._guard(limit_s):
                        return await self._look(limit_s)
                except Troubled as error:
                    trouble = error.trouble
            if trouble == "closed":
                await self.tabs.ensure_one()
                trouble = None
                continue
            remedy = next(remedies, None)
            if remedy is None:
                fault = PageCrashed if trouble == "crashed" else PageHung
                raise fault("the page broke, and so did an empty one in its place")
            trouble = await remedy(trouble, patience_s)
            limit_s = 2 * patience_s

    async def _look(self, limit_s: float) -> Observation:
        """The shown tab, once it has come to rest or asks something."""
        looking = asyncio.create_task(self._look_at_rest(limit_s))
        await self._first_of(looking, _either(self.questions.asked(), self.approvals.holding()))
        if looking.done():
            return looking.result()
        await _ended(looking)
        if self.approvals.is_holding:  # somebody is asked first; then there is more to see
            return self._observation(None, {})
        return await self._look_while_asked(limit_s)

    async def _look_at_rest(self, limit_s: float) -> Observation:
        tab = await self._rested_tab(limit_s)
        picture, pages, _ = await asyncio.gather(
            tab.camera.screen(limit_s), self._targets.pages(limit_s), self.relook.prepare(tab)
        )
        width_px, height_px = self._settings.width_px, self._settings.height_px
        self.fills_screen = picture.width_px > width_px and picture.height_px > height_px
        if self.fills_screen:  # the page is drawn into the corner; the rest is the screen's
            picture = await asyncio.to_thread(
                picture.corner, width_px, height_px, self._settings.jpeg_quality
            )
        elif (picture.width_px, picture.height_px) != (width_px, height_px):
            await tab.restore_window(width_px, height_px)
            picture = await tab.camera.screen(limit_s)
        self.relook.note(tab, picture)
        return self._observation(picture, pages)

    async def _look_while_asked(self, limit_s: float) -> Observation:
        """What there is to see while something is asked: it is told at once."""
        tab, asked = self.tabs.shown, self.questions.current
        if asked is None:  # it was withdrawn in this very moment
            return await self._look(limit_s)
        if not asked.question.halts:
            await tab.settle.wait(min(ASKED_SETTLE_LIMIT_S, self._settings.settle_limit_s))
            if self.questions.halting:
                return await self._look_while_asked(limit_s)
        halts = asked.question.halts
        camera = tab.camera
        if halts and self._settings.vault.sought:  # nothing can be covered: the last picture stands
            picture = None
        else:
            picture = await (camera.standing(STANDING_LIMIT_S) if halts else camera.screen(limit_s))
        return self._observation(picture, await self._targets.pages(limit_s))

    def _observation(
        self, picture: Picture | None, pages: dict[str, tuple[str, str]]
    ) -> Observation:
        """What is shown and told; without a picture that fits, the last one stands."""
        frame = Frame.of_viewport(self._settings.width_px, self._settings.height_px)
        size = (frame.width_px, frame.height_px)
        if picture is None or (picture.width_px, picture.height_px) != size:
            blank = Image.new("RGB", size, "white")
            picture = self._last.picture if self._last else Picture.from_image(blank)
        self._last = view = View(picture, frame)
        tab, asked = self.tabs.shown, self.questions.current
        url, title = pages.get(tab.target_id, (tab.page.url, ""))
        if asked is not None:  # while one is asked whether to leave, the browser tells the next
            url = tab.page.url
        refused = self.navigation.tell_refused()
        seen = Observation(
            view,
            shortened(url, MOST_URL_CHARACTERS),
            shortened(title, MOST_TITLE_CHARACTERS),
            self.tabs.listing(pages),
            self.interruptions.take_events(),
            question=asked.question if asked is not None else None,
            refused=refused,
            consents=self.approvals.take_consents(),
        )
        return self._settings.vault.observation(seen)

    async def _until_asked(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something; leave it half done where a page stands still meanwhile to ask."""
        task = asyncio.create_task(work)
        halted = self.questions.halted(self.questions.count)
        await self._first_of(task, _either(halted, self.approvals.holding()))
        if task.done():
            task.result()
        else:
            self._halfway = task

    async def _first_of(self, task: asyncio.Task[Any], other: Coroutine[Any, Any, None]) -> None:
        """Wait until a task is done or something else happens; ends the task where cut short."""
        happening = asyncio.create_task(other)
        try:
            await asyncio.wait({task, happening}, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            await _ended(task)
            raise
        finally:
            happening.cancel()

    def _keep_secrets(self, tab: LiveTab) -> None:
        tab.camera.cover = Masks(tab, self._settings.vault).cover

    def _filled_in(self, answer: Accept | Dismiss) -> Accept | Dismiss:
        """An answer with the values of the secrets that it names.

        Raises:
            Impossible: there are none of these names, or they are not for who asks.
        """
        asked, vault = self.questions.current, self._settings.vault
        if asked is None or isinstance(answer, Dismiss):
            return answer
        if answer.password is not None and not vault.named_in(answer.password):
            vault.learn(answer.password)
        return vault.answered(answer, asked.question.origin)

    def _tell_question(self, text: str) -> None:
        self.interruptions.note("dialog", text)

    def _print(self, page: Page) -> None:
        if tab := self.tabs.of(page):
            self._downloads.print(tab)

    async def _rested_tab(self, limit_s: float) -> LiveTab:
        """Wait until the shown tab has come to rest, and tabs that it opened as well.

        Raises:
            Troubled: it does not answer, or does not stop.
        """
        settle_limit_s = min(self._settings.settle_limit_s, limit_s)
        while True:
            tab = self.tabs.shown
            settled = await tab.settle.wait(settle_limit_s)
            await self.tabs.arrivals(settle_limit_s)
            comes_anew = await self._log_ins.finish(settle_limit_s)
            comes_anew |= await self._downloads.finish(settle_limit_s)
            if killed := await self.interruptions.killed():
                await self.tabs.clear_after(killed[0])
                raise Troubled("unruly")
            if tab.crashed:
                raise Troubled("crashed")
            if tab is self.tabs.shown and not comes_anew:
                break
        if not settled.settled and settle_limit_s > 0:
            if not await tab.answers(limit_s):
                raise Troubled("hung")
            self.interruptions.note(
                "not_settled", f"The page was still busy when it was looked at ({settled.busy})."
            )
        return tab

    @contextlib.asynccontextmanager
    async def _guard(self, limit_s: float) -> AsyncIterator[None]:
        """Turn what goes wrong with the shown page into `Troubled`."""
        before = self.tabs.shown
        try:
            async with asyncio.timeout(limit_s):
                yield
        except (TimeoutError, PageHung) as error:
            raise Troubled("hung") from error
        except PlaywrightError as error:
            raise Troubled(await self._diagnosis(error, {before, self.tabs.shown})) from error

    async def _diagnosis(self, error: PlaywrightError, tabs: set[LiveTab]) -> Trouble:
        """Why a call into the page failed, once the browser has told."""
        deadline = Deadline.after(DIAGNOSIS_LIMIT_S)
        while deadline.left_s() > 0 and connected(self.context):
            if any(tab.crashed for tab in tabs):
                return "crashed"
            await asyncio.sleep(0.02)
            # When the browser dies, pages close a moment before it is known to be gone.
            if any(tab.page.is_closed() for tab in tabs) and connected(self.context):
                return "closed"
        raise error

    async def _end_scripts(self, trouble: Trouble, patience_s: float) -> Trouble | None:
        if trouble != "hung":
            return trouble
        tab = self.tabs.shown
        await tab.end_scripts(patience_s)
        if not await tab.answers(patience_s):
            return trouble
        self.interruptions.note("page_hung", "A script of the page did not end and was stopped.")
        return None

    async def _load_again(self, trouble: Trouble, patience_s: float) -> Trouble | None:
        url = self.tabs.shown.url
        tab = await self.tabs.replace(self.tabs.shown)
        self.interruptions.note(*_BROUGHT_BACK[trouble])
        if trouble == "crashed" and self._memory.has_ended_one:
            self.interruptions.note("page_crashed", "It had taken too much memory.")
        try:
            async with self._guard(2 * patience_s):
                if url:
                    await self.navigation.load(tab, url, patience_s)
        except Troubled as error:
            return error.trouble
        return None

    async def _show_nothing(self, trouble: Trouble, _: float) -> Trouble | None:
        await self.tabs.replace(self.tabs.shown)
        kind, _text = _BROUGHT_BACK[trouble]
        self.interruptions.note(kind, "It broke again. An empty page is shown in its place.")
        return None

    async def _save_storage_state(self) -> None:
        path = self._settings.save_storage_state
        if path is None:
            return
        try:
            async with asyncio.timeout(END_LIMIT_S):
                state = await self.context.storage_state()
        except (PlaywrightError, TimeoutError) as error:
            raise StorageFault(
                f"the log-ins could not be read, and are not kept: {error}"
            ) from error
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")
            part.unlink(missing_ok=True)
            part.touch(mode=0o600)  # log-ins are secrets
            part.write_text(json.dumps(state), "utf-8")
            part.replace(path)
        except OSError as error:
            raise StorageFault(f"the log-ins could not be written: {error}") from error


_BROUGHT_BACK: dict[Trouble, tuple[EventKind, str]] = {
    "crashed": ("page_crashed", "The page crashed and was loaded again."),
    "hung": ("page_hung", "The page did not answer and was loaded again in a new tab."),
    "unruly": ("blocked", "The page did not stop and was loaded again in a new tab."),
}


async def _either(*happenings: Coroutine[Any, Any, None]) -> None:
    """Return when one of them has."""
    tasks = [asyncio.create_task(each) for each in happenings]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _ended(task: asyncio.Task[Any]) -> None:
    """End a task, whatever it says to that."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def boundary(context: BrowserContext, limit_s: float) -> AsyncIterator[None]:
    """Name what escapes from the browser.

    Raises:
        BrowserDied: the browser is gone.
        PageHung: the time is over.
        BrowserFault: something else broke.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise PageHung(f"the page could not be brought back within {limit_s:.0f} s") from error
    except PlaywrightError as error:
        if not connected(context):
            raise BrowserDied("the browser process is gone") from error
        raise BrowserFault(error.message) from error


def connected(context: BrowserContext) -> bool:
    """Whether the context's browser process is there."""
    return context.browser is not None and context.browser.is_connected()
