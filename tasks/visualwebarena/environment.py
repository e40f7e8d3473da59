"""A task of VisualWebArena as an environment: a live page on the sites, judged as published."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.action_space import BROWSER, ActionSpace
from vigorl.browser.actions import Action, TabNew, TabSwitch
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.environment import Score
from vigorl.browser.errors import LeftOut, TaskFault
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.tasks.visualwebarena.early_stop import MALFORMED, MAX_STEPS, EarlyStop
from vigorl.tasks.visualwebarena.evaluation import NOBODY, Judges, evaluate_state
from vigorl.tasks.visualwebarena.live import REST_S, LiveState
from vigorl.tasks.visualwebarena.log_in import StoredLogIns
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.verdict import FIXED, OFFICIAL, StateVerdict
from vigorl.tasks.visualwebarena.web import Web

Protocol = Literal["official", "browsergym"]
"""How episodes are run and judged where two published runners differ.

`official`: a viewport of 1280 x 2048 px or the task's own; the first tab is shown; equal actions
end the episode; judged once at the end, on the live page. `browsergym`: 1280 x 720 px; the last
tab is shown; judged after every step on pages opened beside, until the score is above 0; a tab
outside of the sites ends the episode with 0.
"""

VIEWPORT_PX: dict[Protocol, tuple[int, int]] = {
    "official": (1280, 2048),
    "browsergym": (1280, 720),
}
"""Width and height, CSS px, in the published scripts."""

SILENCE = "whatever"
"""What BrowserGym hands to the evaluators as long as the agent has said nothing."""

CRASHED = "the official evaluator raises"
"""How the fault begins of an episode that the official average leaves out."""


@dataclass(frozen=True)
class SharedWorld:
    """What all episodes share."""

    browser: Browser
    sites: Sites
    web: Web
    log_ins: StoredLogIns
    judges: Judges = NOBODY
    protocol: Protocol = "official"
    fixed: bool = False
    """Score by the mended rules; what the official ones say goes along, and vice versa."""
    rest_s: float = REST_S
    """How long a page rests before an evaluator looks at it, s."""
    boundary: Boundary = field(default_factory=Boundary)
    """Where pages may go; the sites are in it."""


class VwaEnvironment:
    """One episode of one task.

    Episodes that change a site see each other's changes: what is there to be reset between them
    is up to whoever plays them (only the classifieds can be reset from here, and are where a task
    says so).
    """

    actions: ActionSpace = BROWSER

    def __init__(
        self, world: SharedWorld, task: VwaTask, settings: PageSettings | None = None
    ) -> None:
        self.task = task
        self.goal = task.intent
        self._world = world
        self._settings = settings or PageSettings()
        self._early = EarlyStop()
        self._stopped = ""
        self._score: Score | None = None  # that an episode ended with by itself
        self._live: LivePage | None = None

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._shown.page

    async def reset(self) -> Observation:
        """Reset the site where the task wants it, sign in, open the tabs, fetch the pictures.

        Raises:
            TaskFault: a site does not answer or does not let us in, or a picture is missing.
            BrowserFault: the browser does not start, or its page cannot be used.
        """
        task, sites = self.task, self._world.sites
        if task.require_reset and "classifieds" in task.sites:
            await self._world.web.reset_classifieds(sites.classifieds, sites.reset_token)
        settings = self._settings_with(await self._world.log_ins.state(self._signed_in_to))
        first, *further = task.start_urls
        self._live = LivePage(self._world.browser, self.goal, first, settings)
        observation = await self._live.reset()
        for url in further:
            observation = await self._live.step(TabNew(url))
        if further and self._world.protocol == "official":
            observation = await self._live.step(TabSwitch(0))
        return replace(observation, pictures=await self._pictures())

    async def step(self, action: Action) -> Observation:
        """Act on the page and look; equal actions, and in BrowserGym a score, end the episode.

        Raises:
            TaskFault: a site does not answer the evaluators, or they raise.
            BrowserFault: the browser broke.
        """
        observation = await self._shown.step(action)
        if self._world.protocol == "official":
            self._stopped = self._early.note(action) or ""
            return replace(observation, ended=bool(self._stopped))
        if self._strayed():
            self._score = Score(0.0, "a tab left the sites")
        else:
            with somebody_elses_time():
                score = await self._judge(SILENCE)
            if score is not None and score.value > 0:
                self._score = score
        return replace(observation, ended=self._score is not None)

    async def score(self, answer: str | None) -> Score | None:
        """Judge what was said and what was left behind; None where a model would have to.

        Raises:
            TaskFault: a site or a judge does not answer, or answers nonsense.
            LeftOut: the official evaluators raise: such an episode is not in their average.
        """
        if self._score is not None:
            return self._score
        if self._world.protocol == "browsergym":
            if self._strayed():
                return Score(0.0, "a tab left the sites")
            return await self._judge(SILENCE if answer is None else answer)
        if self._stopped:
            answer = f"Early stop: {self._stopped}"
        elif answer is None:
            # Either limit of the loop; it does not say which.
            reason = f"Reach max steps {MAX_STEPS}"
            if len(self._early) < MAX_STEPS:
                reason = f"Failed to parse actions for {MALFORMED} times"
            answer = f"Early stop: {reason}"
        return await self._judge(answer)

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew."""
        return await self._shown.magnify(region_css_px, width_px, height_px)

    async def close(self) -> None:
        """Close the pages; may be called twice."""
        if self._live is not None:
            await self._live.close()

    @property
    def _shown(self) -> LivePage:
        if self._live is None:
            raise RuntimeError("an episode begins with reset")
        return self._live

    @property
    def _signed_in_to(self) -> tuple[str, ...]:
        """The sites whose log-ins the episode begins with."""
        if self._world.protocol == "browsergym":
            return self.task.sites
        name = Path(self.task.storage_state or "").name
        return tuple(name.rsplit("_", 1)[0].split("."))

    def _settings_with(self, storage_state: Path | None) -> PageSettings:
        width_px, height_px = VIEWPORT_PX[self._world.protocol]
        if self._world.protocol == "official":
            width_px = self.task.viewport.width or width_px
            height_px = self.task.viewport.height or height_px
        return replace(
            self._settings,
            width_px=width_px,
            height_px=height_px,
            storage_state=storage_state,
            boundary=self._world.boundary.also(*self.task.start_urls),
        )

    async def _pictures(self) -> tuple[Picture, ...]:
        pictures = []
        for source in self.task.images:
            image = await self._world.web.image(source)
            if image is None:
                raise TaskFault(f"{self.task.id}: there is no picture at {source}")
            pictures.append(Picture.from_image(image))
        return tuple(pictures)

    def _strayed(self) -> bool:
        """Whether a tab is outside of the sites; empty ones are not."""
        allowed = {"", "newtab", *(urlsplit(url).netloc for url in self._world.sites.urls)}
        pages = self._shown.page.context.pages
        return any(urlsplit(page.url).netloc not in allowed for page in pages)

    async def _judge(self, answer: str) -> Score | None:
        """The state as it stands, by both rules; the official protocol moves the page."""
        world, page = self._world, self._shown.page
        beside = world.protocol == "browsergym"
        async with AsyncExitStack() as contexts:
            state = LiveState(
                page,
                world.web,
                open_page=self._opener(page, contexts) if beside else None,
                zoned=beside,
                rest_s=world.rest_s,
            )
            official = await evaluate_state(
                self.task, answer, state, world.sites, world.judges, OFFICIAL
            )
        if official.score is None:
            return self._unscored(official)
        mended = await evaluate_state(
            self.task, answer, state.recorded(), world.sites, world.judges, FIXED
        )
        if mended.score is None:
            return None
        if world.fixed:
            return Score(mended.score, mended.why, {"official": official.score})
        return Score(official.score, official.why, {"fixed": mended.score})

    def _unscored(self, official: StateVerdict) -> Score | None:
        """What crashed counts 0 if mended; what needs a judge has no score by any rule."""
        if not official.crashed:
            return None
        if self._world.fixed or (official.asserted and self._world.protocol == "browsergym"):
            return Score(0.0, official.why)
        raise LeftOut(f"{official.why} (counts 0 by the mended rules)")

    def _opener(self, page: Page, contexts: AsyncExitStack) -> Callable[[], Awaitable[Page]]:
        """Opens pages with the log-ins of the episode that the agent does not see."""
        shared: list[BrowserContext] = []

        async def open_page() -> Page:
            try:
                if not shared:
                    context = await self._world.browser.context(
                        storage_state=await page.context.storage_state(),
                        viewport=page.viewport_size,
                    )
                    contexts.push_async_callback(context.close)
                    shared.append(context)
                return await shared[0].new_page()
            except PlaywrightError as error:
                raise TaskFault(f"no page for the evaluators: {error.message}") from error

        return open_page
