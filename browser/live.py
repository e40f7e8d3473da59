"""The live page environment: actions become input events, what happens becomes pixels.

A step acts, waits until the page has come to rest, and looks. Whatever the page does meanwhile
(dialogs, windows, crashes, endless scripts) ends in an observation within the step's time; only a
browser that is gone, or a page that cannot be brought back, is an error.
"""

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.async_api import Page

from vigorl.browser.action_space import BROWSER, ActionSpace, not_offered
from vigorl.browser.actions import (
    Accept,
    Action,
    AskPerson,
    Back,
    CallFunction,
    Dismiss,
    Done,
    Forward,
    GiveUp,
    Goto,
    Press,
    Reload,
    TabClose,
    TabNew,
    TabSwitch,
    Upload,
    Wait,
    Zoom,
)
from vigorl.browser.chromium import Browser
from vigorl.browser.deadline import Deadline
from vigorl.browser.environment import Score
from vigorl.browser.episode import BrowserEpisode
from vigorl.browser.errors import BrowserDied, PageHung, StartFault, UsageError
from vigorl.browser.fault_boundary import boundary, connected
from vigorl.browser.files import admitted
from vigorl.browser.foresight import prospect_of
from vigorl.browser.geometry import Box
from vigorl.browser.impossible import Impossible
from vigorl.browser.input import Hands, perform
from vigorl.browser.navigation import require_startable
from vigorl.browser.observation import Event, Observation, PendingQuestion
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.picture import Picture
from vigorl.browser.tab import LiveTab

BLANK_REST_S = 0.2
"""Between two looks at a page that begins with nothing."""

CHANGED_MEANWHILE = (
    "The page has changed while somebody was asked whether this may be done. Nothing was done; "
    "look again."
)

__all__ = ["LivePage", "PageSettings"]


class LivePage:
    """One episode in a context of its own, starting at a URL.

    `score` is None: a task's environment, wrapped around this one, judges.
    """

    actions: ActionSpace = BROWSER

    def __init__(
        self, browser: Browser, goal: str, url: str, settings: PageSettings | None = None
    ) -> None:
        self.goal = goal
        self._browser = browser
        self._url = url
        self._settings = settings or PageSettings()
        self._viewport = Box(0, 0, self._settings.width_px, self._settings.height_px)
        self._episode: BrowserEpisode | None = None
        self._temporary: Path | None = None
        self._downloads: Path | None = None

    @property
    def refused(self) -> dict[str, int]:
        """How many connections the boundary has refused so far, by host and port."""
        return {} if self._episode is None else self._episode.refused

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._living().tabs.shown.page

    def told(self) -> tuple[tuple[Event, ...], PendingQuestion | None]:
        """What has happened since the last observation, for who looks by other means.

        And what is asked and waits for an answer, if anything is.
        """
        episode = self._living()
        asked = episode.questions.current
        return episode.interruptions.take_events(), asked.question if asked else None

    async def reset(self) -> Observation:
        """Open a fresh context and load the first page.

        Raises:
            UsageError: the URL is none, or there is no such storage state.
            StartFault: the page does not load, or its server says that there is none.
            BrowserFault: the browser does not start, or its page cannot be used.
        """
        require_startable(self._url)
        state = self._settings.storage_state
        if state is not None and not state.is_file():
            raise UsageError(f"no storage state at {state}")
        downloads = self._settings.download_dir
        if downloads is None:  # made when there is something to put into it
            name = f"vigorl-downloads-{secrets.token_hex(8)}"
            downloads = self._temporary = Path(tempfile.gettempdir(), name)
        self._downloads = downloads
        self._episode = episode = await BrowserEpisode.begin(
            self._browser, self._settings, self._url, downloads
        )
        deadline = Deadline.after(self._settings.step_limit_s)
        limit_s = self._navigation_limit_s(deadline)
        first = episode.navigation.start(episode.tabs.shown, self._url, limit_s)
        observation = await self._let_through(episode, await episode.act(first, deadline))
        observation = await self._drawn(episode, observation)
        refusal = episode.navigation.refusal(episode.tabs.shown)
        if refusal is not None and observation.question is None:
            raise StartFault(refusal)
        return observation

    async def step(self, action: Action) -> Observation:
        """Act, wait until the page has come to rest, and look; within `step_limit_s`.

        Raises:
            StoppedByPerson: somebody was asked whether it may be done, and ends the episode.
            BrowserDied: the browser is gone.
            PageCrashed: the page crashes, and so does an empty one in its place.
            PageHung: the page does not answer, nor does an empty one in its place.
        """
        episode = self._living()
        refused = not await self._admitted(episode, action)
        deadline = Deadline.after(self._settings.step_limit_s)
        if refused:
            work = episode.rest(0)
        elif isinstance(action, Accept | Dismiss):
            work = episode.answer(action)
        else:
            episode.interruptions.begin_step()
            work = self._carry_out(episode, action, deadline)
        return await self._let_through(episode, await episode.act(work, deadline))

    async def score(self, answer: str | None) -> Score | None:
        """None: nobody here can tell what the page was for."""
        return None

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew and invisible to the page.

        Raises:
            PageHung: the page does not render in time.
            BrowserDied: the browser is gone.
        """
        episode = self._living()
        if episode.questions.halting:
            raise PageHung("the page stands still until what it asks is answered")
        if episode.fills_screen:
            raise PageHung("a page in full screen would notice that it is rendered again")
        limit_s = self._settings.recovery_s
        async with boundary(episode.context, limit_s):
            camera = episode.tabs.shown.camera
            return await camera.region(region_css_px, width_px, height_px, limit_s)

    async def close(self) -> None:
        """Save log-ins where asked to, and let go of everything.

        Raises:
            StorageFault: the log-ins could not be written.
        """
        episode, self._episode = self._episode, None
        temporary, self._temporary = self._temporary, None
        try:
            if episode is not None:
                await episode.end()
        finally:
            if temporary is not None:
                await asyncio.to_thread(shutil.rmtree, temporary, ignore_errors=True)

    async def _admitted(self, episode: BrowserEpisode, action: Action) -> bool:
        """Whether an action is still aimed at what was seen, and may be carried out.

        Raises:
            StoppedByPerson: somebody was asked, and ends the episode.
        """
        approvals = episode.approvals
        if change := await episode.change(action):
            episode.interruptions.note("changed", change)
            return False
        if not approvals.asks:
            return True
        await approvals.ready()
        await approvals.ask_held()  # what a page has sent while nobody acted
        asked = episode.questions.current
        question = asked.question if asked is not None else None
        tab = episode.tabs.shown
        prospect = await prospect_of(action, tab, question, approvals.site)
        if not await approvals.admits(prospect):
            return False
        if not approvals.has_asked:
            return True
        later = await prospect_of(action, tab, question, prospect.site)
        if tab is episode.tabs.shown and later.is_same(prospect):
            return True
        episode.interruptions.note("changed", CHANGED_MEANWHILE)
        return False

    async def _let_through(self, episode: BrowserEpisode, observation: Observation) -> Observation:
        """Have somebody asked about what is held back, and look again, until nothing is.

        Raises:
            StoppedByPerson: somebody was asked, and ends the episode.
        """
        approvals = episode.approvals
        while approvals.is_holding:
            await approvals.ask_held()
            deadline = Deadline.after(self._settings.step_limit_s)
            later = await episode.act(episode.go_on(), deadline)
            observation = replace(
                later,
                events=(*observation.events, *later.events),
                consents=(*observation.consents, *later.consents),
                refused=(*observation.refused, *later.refused),
            )
        approvals.end_step()
        return observation

    async def _drawn(self, episode: BrowserEpisode, observation: Observation) -> Observation:
        """The first observation, once a page that is still loading has drawn anything.

        Raises:
            StartFault: it has not.
        """
        broke = {event.kind for event in observation.events} & {"page_hung", "page_crashed"}
        if broke and observation.url == "about:blank" != self._url:
            why = "it crashes" if "page_crashed" in broke else "nothing was drawn in time"
            raise StartFault(f"{self._url} did not load: {why}")
        deadline = Deadline.after(self._settings.navigation_limit_s)
        events = observation.events
        while _is_blank_and_busy(observation):
            if deadline.left_s() == 0:
                limit_s = self._settings.navigation_limit_s
                raise StartFault(f"{self._url} did not load: nothing was drawn in {limit_s:g} s")
            step = Deadline.after(self._settings.step_limit_s)
            observation = await episode.act(episode.rest(BLANK_REST_S), step)
            before = tuple(event for event in events if event.kind != "not_settled")
            events = (*before, *observation.events)
            observation = replace(observation, events=events)
        return observation

    async def _carry_out(self, episode: BrowserEpisode, action: Action, deadline: Deadline) -> None:
        await episode.finish()
        tabs, navigation = episode.tabs, episode.navigation
        tab = tabs.shown
        limit_s = self._navigation_limit_s(deadline)
        match action:
            case Goto(url):
                navigation.require_loadable(url)
                await navigation.load(tab, url, limit_s)
            case Back():
                await navigation.go(tab, -1, limit_s)
            case Forward():
                await navigation.go(tab, 1, limit_s)
            case Reload():
                await navigation.reload(tab, limit_s)
            case TabNew(url):
                navigation.require_loadable(url)
                if len(tabs) >= self._settings.max_tabs:
                    raise Impossible(f"{len(tabs)} tabs are open; close one first.")
                await navigation.load(await tabs.open(), url, limit_s)
            case TabSwitch(index):
                await tabs.show(_tab_at(episode, index))
            case TabClose(index):
                await tabs.close(tab if index is None else _tab_at(episode, index))
            case Wait(seconds):
                tab.settle.begin()
                await self._wait(episode, seconds)
            case Accept() | Dismiss():
                raise ValueError("an answer is not carried out but given")
            case Zoom() | CallFunction() | AskPerson():
                raise Impossible(not_offered(action, self.actions))
            case Done() | GiveUp():
                raise ValueError(f"{action.type} ends an episode and never reaches its environment")
            case _:
                uploads = isinstance(action, Upload)
                if isinstance(action, Upload):
                    action = replace(action, paths=self._handed_out(action.paths))
                tab.settle.begin()
                work = perform(self._hands(episode, deadline), action)
                if isinstance(action, Press):
                    work = episode.clipboard.around(action.keys, work)
                with episode.interruptions.uploading() if uploads else contextlib.nullcontext():
                    await work

    def _handed_out(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """The real paths of files that a page may be given: what was named, and what it gave."""
        folders = [*self._settings.upload_from, *filter(None, (self._downloads,))]
        return admitted(paths, folders)

    def _hands(self, episode: BrowserEpisode, deadline: Deadline) -> Hands:
        def tell(words: str) -> None:
            episode.interruptions.note("input", words)

        acting = Deadline(deadline.at_s - self._settings.recovery_s)
        return Hands(episode.tabs.shown, self._viewport, tell, acting, self._settings.vault)

    async def _wait(self, episode: BrowserEpisode, seconds: float) -> None:
        if not seconds >= 0:  # nor a number
            raise Impossible(f"One cannot wait for {seconds:g} s.")
        longest_s = (self._settings.step_limit_s - self._settings.recovery_s) * 0.75
        await episode.rest(min(seconds, longest_s))
        if seconds > longest_s:
            raise Impossible(f"Waited for {longest_s:g} s, the longest that one step may take.")

    def _navigation_limit_s(self, deadline: Deadline) -> float:
        """Time for a server, so that it ends before the page counts as hung."""
        spare_s = self._settings.recovery_s * 1.1
        return min(self._settings.navigation_limit_s, deadline.left_s(spare_s))

    def _living(self) -> BrowserEpisode:
        """The episode, between reset and close.

        Raises:
            BrowserDied: its browser is gone.
        """
        if self._episode is None:
            raise RuntimeError("an episode begins with reset and ends with close")
        if not connected(self._episode.context):
            raise BrowserDied("the browser process is gone")
        return self._episode


def _is_blank_and_busy(observation: Observation) -> bool:
    if observation.question is not None or observation.view is None:
        return False
    if not any(event.kind == "not_settled" for event in observation.events):
        return False
    return observation.view.picture.image().getcolors(maxcolors=1) is not None


def _tab_at(episode: BrowserEpisode, index: int) -> LiveTab:
    count = len(episode.tabs)
    if not 0 <= index < count:
        raise Impossible(f"There is no tab {index}; the tabs are numbered 0 to {count - 1}.")
    return episode.tabs[index]
