"""Watches what a person does in all tabs, and hands it out step by step: action and observation."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from playwright.async_api import BrowserContext, Page

from vigorl.agent.demonstration.acts import Acts
from vigorl.agent.demonstration.film import AHEAD_MS, Aim
from vigorl.agent.demonstration.strokes import PersonAct
from vigorl.agent.demonstration.travels import Travels
from vigorl.agent.demonstration.watched_tab import WatchedTab
from vigorl.agent.demonstration.witnessed import Told
from vigorl.browser.actions import (
    Accept,
    Action,
    Click,
    Dismiss,
    Done,
    Drag,
    Goto,
    Hover,
    Scroll,
    SelectOption,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Upload,
)
from vigorl.browser.fault_boundary import connected
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Event, EventKind, Observation, PendingQuestion, Tab
from vigorl.browser.origins import origin_of
from vigorl.browser.picture import Picture, View
from vigorl.browser.questions import in_words
from vigorl.browser.tab import LiveTab
from vigorl.browser.vault import Vault

TICK_S = 0.1
CLOSED_ITSELF_MS = 1000
"""After an input to a tab, in which its end is the page's own doing."""
DEATH_S = 0.3
"""In which a browser that dies is seen to be gone, after its tabs."""
_PRESSES = ("down", "key", "wheel", "input", "choice")
"""What begins an act, by when news are news of what was before."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a person saw, and did."""

    observation: Observation
    action: Action
    note: str = ""
    """What it was done to, in words."""
    unsaid: str = ""
    """What was done before it that no action can say."""


@dataclass(frozen=True, slots=True)
class _Noticed:
    act: PersonAct
    tab: WatchedTab
    url: str
    title: str
    tabs: tuple[Tab, ...]
    since_ms: float
    """When the act before it was over."""
    rested: Point | None
    """Where that has left the pointer; None: not known."""
    question: PendingQuestion | None = None


News = Callable[[], tuple[tuple[Event, ...], PendingQuestion | None]]
"""Gives what the browser has told since it was asked last, and what it asks."""


class Eyewitness:
    """Of one demonstration.

    Args:
        answers: Whether the person answers dialogs, and not the settings of the page.
        say: Told at once, in words, of what no action can say.
    """

    def __init__(self, answers: bool, say: Callable[[str], None]) -> None:
        self._answers = answers
        self._say = say
        self.vault = Vault()
        self._news: News | None = None
        self.question: PendingQuestion | None = None
        """What the browser itself asks: for a permission, a log-in."""
        self._tabs: list[WatchedTab] = []
        self._shown: WatchedTab | None = None
        self._last: Observation | None = None
        self._acts = Acts(self._note_act, self._note_unsaid)
        self._noticed: asyncio.Queue[_Noticed | None] = asyncio.Queue()
        self._ready: list[Step] = []
        self._told: list[tuple[float, Event]] = []
        self._unsaid: list[tuple[float, str]] = []
        self._own: Counter[EventKind] = Counter()
        """What will be told of tabs, and is the person's own doing."""
        self._since_ms = 0.0
        self._rested: Point | None = None
        self._fresh: _Noticed | None = None
        """A tab that the person has opened, and that shows nothing yet."""
        self._ending: Action | None = None
        self._context: BrowserContext | None = None
        """Whose last tab was closed; None: none was."""
        self._question: tuple[float, PendingQuestion] | None = None

    # ------------------------------------------------------------------ for who records

    async def next(self) -> Step | Action:
        """The next step; how it ended, once all steps are handed out."""
        while not self._ready:
            noticed = await self._next_noticed()
            if noticed is None:
                return self._ending or Done()
            self._ready += self._steps(noticed)
        return self._ready.pop(0)

    def end(self, ending: Action) -> None:
        """It is over; what is under way is a step still."""
        if self._ending is None:
            self._acts.flush()
            self._flush_fresh()
            self._ending = ending
            self._noticed.put_nowait(None)

    def note_answer(self, answer: Accept | Dismiss, question: PendingQuestion) -> None:
        """The person has answered a question of the browser's own."""
        self._acts.flush()
        self._put(PersonAct(answer, time.time() * 1000, time.time() * 1000), question)

    def begin(self, first: Observation, news: News) -> None:
        """The first page is shown; from now on it is the person's turn.

        Args:
            first: What it looks like.
            news: Gives what the browser has told since it was asked last.
        """
        self._last = first
        self._told = [(0.0, event) for event in first.events]
        self._news = news

    def last(self) -> Observation:
        """What was seen last, where nothing can be seen any more."""
        assert self._last is not None
        shown = self._shown
        picture = shown.film.at(float("inf")) if shown is not None else None
        view = self._last.view if picture is None else self._view(picture)
        return replace(self._last, view=view, events=self.news_left(), question=None)

    def news_left(self) -> tuple[Event, ...]:
        """What was told and belongs to no step yet."""
        self._gather_news(time.time() * 1000)
        left, self._told = [event for _, event in self._told], []
        return tuple(left)

    def keep(self, vault: Vault) -> None:
        """Show nothing of what is kept secret, in tabs that come from now on."""
        self.vault = vault

    @property
    def shown(self) -> LiveTab:
        """The tab in which the person acts."""
        assert self._shown is not None
        return self._shown.live

    @property
    def has_begun(self) -> bool:
        """Whether the first page is, or was, shown."""
        return self._last is not None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._ending is not None

    async def has_died(self) -> bool:
        """Whether the browser has gone, and not just its last tab."""
        if self._context is None:
            return False
        await asyncio.sleep(DEATH_S)
        return not connected(self._context)

    @property
    def is_open(self) -> bool:
        """Whether there is a tab still."""
        return bool(self._tabs)

    async def close(self) -> None:
        """Let go of everything."""
        for tab in list(self._tabs):
            await tab.close()

    # ------------------------------------------------------------------ tabs

    async def attend(self, live: LiveTab) -> None:
        """Watch a tab from now on.

        Raises:
            playwright.async_api.Error: it is gone.
        """
        tab = WatchedTab(live, self.vault, self._hear)
        await tab.begin()
        travels = Travels(
            live.session,
            lambda act: self._note_travel(tab, act),
            lambda: self._acts.last_input_ms,
            self._acts.take_chord,
            tab.send,
        )
        await travels.begin()

        live.page.on("close", lambda page: self._note_close(tab, page))
        live.session.on("Page.javascriptDialogOpening", lambda e: self._note_question(tab, e))
        live.session.on("Page.javascriptDialogClosed", lambda e: self._note_answer(tab, e))
        self._acts.flush()  # in the tab that was shown until now
        if self._shown is not None and not tab.is_opened_by_page:
            self._flush_fresh()
            now_ms = time.time() * 1000
            self._fresh = self._noticing(PersonAct(TabNew(), now_ms, now_ms))
            self._own["tab_opened"] += 1
        self._tabs.append(tab)
        self._shown = tab

    def _note_close(self, tab: WatchedTab, _: Page) -> None:
        if tab not in self._tabs:
            return
        self._acts.flush()
        index, now_ms = self._tabs.index(tab), time.time() * 1000
        is_own = now_ms - self._acts.last_input_ms > CLOSED_ITSELF_MS
        if len(self._tabs) == 1:
            self._context = tab.live.page.context
            self.end(Done())
            self._tabs.remove(tab)
            return
        if is_own and not tab.live.given_up:
            shown = self._shown is tab
            close = PersonAct(TabClose(None if shown else index), now_ms, now_ms)
            others = [each for each in self._tabs if each is not tab]
            others[0].send(self._put_unless_dying(self._noticing(close), others[0]))
            self._own["tab_closed"] += 1
        self._tabs.remove(tab)
        if self._shown is tab:
            heirs = [each for each in self._tabs if each.live is tab.live.opener]
            self._shown = heirs[0] if heirs else self._tabs[min(index, len(self._tabs) - 1)]

    # ------------------------------------------------------------------ what happens

    def tick(self) -> None:
        """Let time pass."""
        now_ms = time.time() * 1000
        self._gather_news(now_ms)
        self._acts.tick(now_ms)

    def _hear(self, tab: WatchedTab, told: Told) -> None:
        if self._ending is not None or tab not in self._tabs:
            return
        if told.kind in _PRESSES:
            self._gather_news(told.at_ms)
            if tab is not self._shown:
                self._acts.flush()
                switch = TabSwitch(self._tabs.index(tab))
                self._put(PersonAct(switch, told.at_ms, told.at_ms))
                self._shown = tab
        if tab is self._shown:
            self._acts.hear(told)

    def _gather_news(self, at_ms: float) -> None:
        if self._news is None:
            return
        events, question = self._news()
        if self._question is not None:  # which is what they are about, and what is answered next
            at_ms = self._question[0]
        for event in events:
            if self._own[event.kind]:
                self._own[event.kind] -= 1  # an action says so
            else:
                self._told.append((at_ms, event))
        if question is not None and question.halts:  # the person answers it in the window
            question = None
        if question is not None and question != self.question:
            self._say(f"{in_words(question)} Write accept or dismiss here.")
        self.question = question

    def _note_act(self, act: PersonAct) -> None:
        self._put(act)

    def _note_travel(self, tab: WatchedTab, act: PersonAct) -> None:
        if self._ending is not None or self._last is None:  # the first page is of our own opening
            return
        self._acts.flush()
        if self._fresh is not None and tab is self._shown and isinstance(act.action, Goto):
            act = replace(self._fresh.act, action=TabNew(act.action.url))
            self._fresh = replace(self._fresh, act=act)
            self._flush_fresh()
            return
        if tab is not self._shown and tab in self._tabs:
            self._put(PersonAct(TabSwitch(self._tabs.index(tab)), act.began_ms, act.began_ms))
            self._shown = tab
        self._put(act)

    def _note_unsaid(self, text: str) -> None:
        self._say(text)
        self._unsaid.append((time.time() * 1000, text))

    def _note_question(self, tab: WatchedTab, event: dict[str, object]) -> None:
        self._acts.flush()
        kind = event["type"]
        question = PendingQuestion(
            kind,  # type: ignore[arg-type]  # CDP's words are ours
            str(event["message"]),
            origin_of(str(event["url"])),
            str(event.get("defaultPrompt", "")),
        )
        self._question = (time.time() * 1000, question)

    def _note_answer(self, tab: WatchedTab, event: dict[str, object]) -> None:
        asked, self._question = self._question, None
        if asked is None or not self._answers or self._ending is not None:
            return  # settings have answered, or nobody records any more
        self._gather_news(asked[0])
        at_ms, question = asked
        is_text = question.kind == "prompt"
        yes = Accept(str(event.get("userInput", "")) if is_text else None)
        self._put(
            PersonAct(yes if event["result"] else Dismiss(), at_ms, time.time() * 1000), question
        )

    def _put(self, act: PersonAct, question: PendingQuestion | None = None) -> None:
        """Keep an act for whoever records."""
        self._flush_fresh()
        if self._ending is None:
            self._noticed.put_nowait(self._noticing(act, question))

    async def _put_unless_dying(self, noticed: "_Noticed", other: WatchedTab) -> None:
        """Keep the end of a tab that is not the end of all."""
        await asyncio.sleep(DEATH_S)
        if self._ending is None and connected(other.live.page.context) and self._tabs:
            self._noticed.put_nowait(noticed)

    def _noticing(self, act: PersonAct, question: PendingQuestion | None = None) -> "_Noticed":
        """An act together with what there was beside it when it began."""
        tab, since_ms, rested = self._shown, self._since_ms, self._rested
        assert tab is not None
        listed = tuple(Tab(*each.page_at(act.began_ms), active=each is tab) for each in self._tabs)
        self._since_ms = max(since_ms, act.ended_ms)
        self._rested = act.action.end if isinstance(act.action, Drag) else point_of(act.action)
        return _Noticed(act, tab, *tab.page_at(act.began_ms), listed, since_ms, rested, question)

    def _flush_fresh(self) -> None:
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            self._noticed.put_nowait(fresh)

    # ------------------------------------------------------------------ steps

    async def _next_noticed(self) -> _Noticed | None:
        """The next act; time passes meanwhile for what is under way."""
        while True:
            try:
                async with asyncio.timeout(TICK_S):
                    return await self._noticed.get()
            except TimeoutError:
                self.tick()

    def _steps(self, noticed: _Noticed) -> list[Step]:
        """An act as a step; before it, where it takes that, the pointing that made it possible."""
        act, film = noticed.act, noticed.tab.film
        if act.secret:
            self.vault.learn(act.secret)
        point = point_of(act.action)
        aim = None if point is None else Aim(point, act.box)
        steps = []
        if aim is not None and noticed.question is None:
            stay = film.pointing(aim, act.began_ms, noticed.since_ms, noticed.rested)
            if stay is not None:
                before = film.at(stay.at_ms - AHEAD_MS)
                hover = replace(act, action=Hover(stay.point), began_ms=stay.at_ms)
                steps.append(self._step(replace(noticed, act=hover), before, stay.note))
        if film.was_moving(noticed.tab.scrolled.get(act.began_ms), act.began_ms):
            self._unsaid.append((act.began_ms, "the page was pressed while it was moving"))
        picture = film.acted_on(aim, act.began_ms)
        steps.append(self._step(noticed, picture, act.note))
        return steps

    def _step(self, noticed: _Noticed, picture: Picture | None, note: str) -> Step:
        began_ms = noticed.act.began_ms
        events = tuple(event for at_ms, event in self._told if at_ms <= began_ms)
        self._told = [each for each in self._told if each[0] > began_ms]
        unsaid = [text for at_ms, text in self._unsaid if at_ms <= noticed.act.ended_ms]
        self._unsaid = [each for each in self._unsaid if each[0] > noticed.act.ended_ms]
        events += tuple(Event("input", f"Beside it, {text}.") for text in unsaid)
        view = self._view(picture) if picture is not None else None
        if view is None and self._last is not None:
            view = self._last.view
        observation = Observation(
            view, noticed.url, noticed.title, noticed.tabs, events, question=noticed.question
        )
        observation = self.vault.observation(observation)
        self._last = observation
        return Step(observation, noticed.act.action, note, "; ".join(unsaid))

    def _view(self, picture: Picture) -> View:
        return View(picture, Frame.of_viewport(picture.width_px, picture.height_px))


def point_of(action: Action) -> Point | None:
    """Where an action is aimed at; None where it is aimed at nothing."""
    match action:
        case Click(point) | Hover(point) | SelectOption(point) | Upload(point) | Drag(point):
            return point
        case Scroll(point):
            return point
        case Type(point=point):
            return point
        case _:
            return None
