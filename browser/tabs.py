"""The open tabs of an episode: which there are, which is shown, and how they come and go."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from playwright.async_api import BrowserContext, Page, ViewportSize
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.deadline import Deadline
from vigorl.browser.errors import PageHung
from vigorl.browser.file_fence import FileFence
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.observation import (
    MOST_TITLE_CHARACTERS,
    MOST_URL_CHARACTERS,
    Tab,
    shortened,
)
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.questions import Questions
from vigorl.browser.quoting import quoted
from vigorl.browser.tab import LiveTab, Targets, within

ATTACH_LIMIT_S = 5.0
"""Time for a new tab to take its instruments; one that takes longer hangs."""

CLOSE_LIMIT_S = 2.0
"""Time for a tab to close; one that hangs takes about 0.5 s."""


class Tabs:
    """The open tabs in order of their opening, one of them shown.

    A tab that a page opens is shown; when the shown one closes, the one that opened it is, or its
    neighbour. There is always one.

    Args:
        own_scripts: Of a context in which somebody else is as well: what each tab of ours runs
            before its page does. Tabs of others are left alone. None: the context is ours.
    """

    def __init__(
        self,
        context: BrowserContext,
        targets: Targets,
        interruptions: Interruptions,
        questions: Questions,
        settings: PageSettings,
        fence: FileFence,
        own_scripts: Sequence[str] | None = None,
    ) -> None:
        self._own_scripts = own_scripts
        self._fence = fence
        self._context = context
        self._targets = targets
        self._interruptions = interruptions
        self._questions = questions
        self._settings = settings
        self.watchers: list[Callable[[LiveTab], None]] = [interruptions.watch]
        """Told of each tab before anything else is done to it."""
        self._open: list[LiveTab] = []
        self._shown: LiveTab | None = None
        self._opening = 0
        self._unclaimed: list[Page] = []
        self._late: set[str] = set()  # targets that were waited for once, in vain
        self._adopting: set[asyncio.Task[None]] = set()
        self._errands: set[asyncio.Task[object]] = set()
        context.on("page", self._note_page)

    def __len__(self) -> int:
        return len(self._open)

    def __getitem__(self, index: int) -> LiveTab:
        return self._open[index]

    def of(self, page: Page) -> LiveTab | None:
        """The tab with this page, if it is open."""
        return next((tab for tab in self._open if tab.page is page), None)

    @property
    def shown(self) -> LiveTab:
        """The tab that the agent sees."""
        assert self._shown is not None, "no tab was opened yet"
        return self._shown

    async def open(self) -> LiveTab:
        """Open an empty tab and show it.

        Raises:
            TimeoutError, PageHung: the browser does not answer.
            playwright.async_api.Error: the browser is gone.
        """
        tab = await self._new_tab()
        self._add(tab)
        return tab

    async def show(self, tab: LiveTab) -> None:
        """Bring a tab to the front."""
        self._shown = tab
        tab.settle.begin()
        await within(CLOSE_LIMIT_S, tab.page.bring_to_front())

    async def close(self, tab: LiveTab) -> None:
        """Close a tab; after the last one an empty one opens."""
        if self._settings.dialogs == "ask" and not tab.crashed:
            await tab.leave(CLOSE_LIMIT_S, lambda: self._questions.of(tab.page))
        else:
            await tab.close(CLOSE_LIMIT_S)
        self._remove(tab)
        await self.ensure_one()

    async def replace(self, tab: LiveTab) -> LiveTab:
        """Put an empty tab in the place of one that cannot be used any more."""
        tab.given_up = True
        fresh = await self._new_tab()
        self._add(fresh, at=self._open.index(tab) if tab in self._open else None)
        self._remove(tab)
        self._shown = fresh
        self._send(tab.close(CLOSE_LIMIT_S))  # a hung page takes its time
        return fresh

    async def clear_after(self, killed: LiveTab) -> None:
        """Show a tab that was killed, and close those that died with it."""
        if killed in self._open:
            self._shown = killed
        for tab in [tab for tab in self._open if tab.crashed and tab is not self._shown]:
            await self.close(tab)

    async def ensure_one(self) -> None:
        """Open an empty tab where none is left."""
        if not self._open:
            await self.open()

    async def arrivals(self, limit_s: float) -> None:
        """Wait for tabs that pages have opened and that are not shown yet.

        A tab arrives when its server answers; one that takes longer than the limit arrives later.
        """
        deadline = Deadline.after(limit_s)
        while deadline.left_s() > 0:
            if self._adopting:
                await asyncio.wait(self._adopting, timeout=deadline.left_s())
            elif self._awaited():
                await asyncio.sleep(0.01)
            else:
                return
        self._late |= self._awaited()

    def listing(self, pages: dict[str, tuple[str, str]]) -> tuple[Tab, ...]:
        """The tabs as an observation lists them.

        Args:
            pages: URL and title by target id, as the browser process knows them.
        """
        listed = []
        for tab in self._open:
            url, title = pages.get(tab.target_id, (tab.page.url, ""))
            short = (shortened(url, MOST_URL_CHARACTERS), shortened(title, MOST_TITLE_CHARACTERS))
            listed.append(Tab(*short, active=tab is self._shown))
        return tuple(listed)

    async def close_all(self) -> None:
        """Close our tabs, and leave those of others in the context."""
        tabs, self._open = self._open, []
        await asyncio.gather(*(tab.close(CLOSE_LIMIT_S) for tab in tabs))

    async def end(self) -> None:
        """Let go of what is still under way."""
        self._context.remove_listener("page", self._note_page)
        tasks = [*self._adopting, *self._errands]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _new_tab(self) -> LiveTab:
        async with asyncio.timeout(ATTACH_LIMIT_S):
            tab = await LiveTab.attach(await self._new_page(), self._settings.jpeg_quality)
            await self._fence.put_up(tab)
            if self._settings.attend is not None:
                await self._settings.attend(tab)
            return tab

    async def _new_page(self) -> Page:
        """Open a page of our own, which must not be taken for one that a page opened."""
        self._opening += 1
        page = None
        try:
            page = await self._context.new_page()
            if self._own_scripts is not None:
                await self._fit_out(page, self._own_scripts)
        finally:
            self._opening -= 1
            unclaimed, self._unclaimed = self._unclaimed, []
            for other in unclaimed:
                if other is not page:
                    self._note_page(other)
        return page

    def _note_page(self, page: Page) -> None:
        if self._opening:
            self._unclaimed.append(page)
            return
        task = asyncio.create_task(self._adopt(page))
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    async def _adopt(self, page: Page) -> None:
        """Take in a tab that a page opened, if that is not one too many."""
        if self._own_scripts is not None and not await self._is_ours(page):
            return
        if self._shown is None:  # our own first one, which came when nobody waited any more
            await within(CLOSE_LIMIT_S, page.close())
            return
        if len(self._open) >= self._settings.max_tabs:
            self._interruptions.note("blocked", "A new tab was closed: too many are open.")
            await within(CLOSE_LIMIT_S, page.close())
            return
        opener = await self._opener(page)
        if not page.url:  # its address was a download or had no answer: there will be no page
            await within(CLOSE_LIMIT_S, page.close())
            return
        if not self._interruptions.admits("window", opener or self.shown):
            await within(CLOSE_LIMIT_S, page.close())
            return
        tab = await self._take_in(page)
        if tab is not None and not self._fence.admits(page.url):
            self._interruptions.note("blocked", "A new tab was closed: it showed a file.")
            await within(CLOSE_LIMIT_S, page.close())
            return
        if tab is None:
            if not page.is_closed():  # otherwise it came and went
                self._interruptions.note("page_hung", "A new tab did not answer and was closed.")
                await within(CLOSE_LIMIT_S, page.close())
            return
        tab.opener = opener
        self._add(tab)
        self._interruptions.note(
            "tab_opened", f"The page opened a new tab, which is shown now: {quoted(page.url)}."
        )
        if self._settings.attend is None:
            await self.show(tab)  # a person has it before them, and perhaps types its address

    async def _take_in(self, page: Page) -> LiveTab | None:
        """Attach the instruments; None where the page does not answer and asks nothing either."""
        while True:
            await self._questions.answered(page)
            asked = self._questions.count
            try:
                async with asyncio.timeout(ATTACH_LIMIT_S):
                    await self._fit_out(page, self._own_scripts or ())
                    tab = await LiveTab.attach(page, self._settings.jpeg_quality)
                    await self._fence.put_up(tab)
                    if self._settings.attend is not None:
                        await self._settings.attend(tab)
                    return tab
            except (PlaywrightError, TimeoutError, PageHung):
                if page.is_closed() or self._questions.count == asked:
                    return None

    async def _fit_out(self, page: Page, scripts: Sequence[str]) -> None:
        """Give a page, which may have a size of its own, the episode's viewport and scripts."""
        for script in scripts:
            await page.add_init_script(script)
        size: ViewportSize = {"width": self._settings.width_px, "height": self._settings.height_px}
        if page.viewport_size != size:
            await page.set_viewport_size(size)

    async def _is_ours(self, page: Page) -> bool:
        """Whether one of our tabs opened it."""
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                session = await self._context.new_cdp_session(page)
                target = (await session.send("Target.getTargetInfo"))["targetInfo"]
                await session.detach()
        except (PlaywrightError, TimeoutError):
            return False
        return target["targetId"] in self._targets.opened_by({tab.target_id for tab in self._open})

    async def _opener(self, page: Page) -> LiveTab | None:
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                opener = await page.opener()
        except (PlaywrightError, TimeoutError):
            return None
        return self.of(opener) if opener is not None else None

    def _awaited(self) -> set[str]:
        """The tabs that ours opened, as the browser knows, and that have not come to us."""
        ours = {tab.target_id for tab in self._open}
        return self._targets.opened_by(ours) - ours - self._late

    def _add(self, tab: LiveTab, at: int | None = None) -> None:
        self._open.insert(len(self._open) if at is None else at, tab)
        self._shown = tab
        for watch in self.watchers:
            watch(tab)
        tab.settle.begin()

        def note_close(_: Page) -> None:
            if not tab.given_up:
                self._interruptions.note("tab_closed", "The tab closed itself.")
            self._remove(tab)

        tab.page.on("close", note_close)

    def _remove(self, tab: LiveTab) -> None:
        if tab not in self._open:
            return
        index = self._open.index(tab)
        self._open.remove(tab)
        if self._shown is not tab or not self._open:
            return
        heir = tab.opener if tab.opener in self._open else None
        self._shown = heir or self._open[min(index, len(self._open) - 1)]
        self._send(within(CLOSE_LIMIT_S, self._shown.page.bring_to_front()))

    def _send(self, errand: Coroutine[object, object, object]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
