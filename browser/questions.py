"""What pages and the browser ask their user, until it is answered.

A question is put by whoever notices it (a dialog, a permission, a log-in) together with the way to
reply. It is answered by an action, dismissed when its time is over, or withdrawn when its page is
gone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import Page

from vigorl.browser.actions import Accept, Dismiss
from vigorl.browser.impossible import Impossible
from vigorl.browser.observation import PendingQuestion
from vigorl.browser.quoting import quoted
from vigorl.browser.tab import within

ANSWER_LIMIT_S = 2.0
"""Time for a page to take an answer, or to come to rest after its script was ended."""

Answer = Accept | Dismiss


@dataclass(eq=False)
class Asked:
    """A question that waits for its answer."""

    question: PendingQuestion
    page: Page | None
    """That asks; None where it is gone already."""
    reply: Callable[[Answer], Awaitable[None]]
    """Raises `Impossible` for an answer that is none to this question, which stays then."""
    number: int = field(default=0, init=False)
    """Of all questions of the episode, in order; the first has 1."""
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)


class Questions:
    """What is asked and not answered yet, in the order in which it was asked."""

    def __init__(self, limit_s: float, tell: Callable[[str], None]) -> None:
        self._limit_s = limit_s
        self._tell = tell
        self._open: list[Asked] = []
        self._changed = asyncio.Event()
        self._expiring: set[asyncio.Task[bool]] = set()
        self.count = 0
        """Of all that was ever asked."""

    @property
    def current(self) -> Asked | None:
        """The question that is to be answered next: first those that hold everything up."""
        halting = (asked for asked in self._open if asked.question.halts)
        return next(halting, self._open[0] if self._open else None)

    @property
    def halting(self) -> bool:
        """Whether a page's script stands still."""
        return any(asked.question.halts for asked in self._open)

    def of(self, page: Page) -> bool:
        """Whether this page asks something."""
        return any(asked.page is page for asked in self._open)

    def ask(self, asked: Asked) -> None:
        """Put a question."""
        self.count += 1
        asked.number = self.count
        self._open.append(asked)
        loop = asyncio.get_running_loop()
        asked._timer = loop.call_later(self._limit_s, self._expire, asked)
        if asked.page is not None:
            asked.page.once("close", lambda _: self.withdraw(asked))
            asked.page.once("crash", lambda _: self.withdraw(asked))
        self._note_change()
        self._tell(in_words(asked.question))

    def withdraw(self, asked: Asked) -> None:
        """Nobody waits for its answer any more."""
        if asked not in self._open:
            return
        self._open.remove(asked)
        assert asked._timer is not None
        asked._timer.cancel()
        self._note_change()

    def require_none(self) -> None:
        """Before an action that is no answer.

        Raises:
            Impossible: something is asked; says what, and how to answer it.
        """
        if self.current is not None:
            raise Impossible(f"Answer first what is asked. {in_words(self.current.question)}")

    async def answer(self, answer: Answer) -> Asked:
        """Answer the current question.

        Raises:
            Impossible: nothing is asked, or this is no answer to it.
        """
        asked = self.current
        if asked is None:
            raise Impossible("Nothing is asked that could be accepted or dismissed.")
        await asked.reply(answer)
        self.withdraw(asked)
        return asked

    async def asked(self) -> None:
        """Return when there is a question, at once where there is one."""
        while not self._open:
            await self._next_change()

    async def halted(self, since: int) -> None:
        """Return when a page stands still for a question that is newer than number `since`."""
        while not any(each.question.halts and each.number > since for each in self._open):
            await self._next_change()

    async def answered(self, page: Page) -> None:
        """Return when this page asks nothing."""
        while self.of(page):
            await self._next_change()

    async def close(self) -> None:
        """Dismiss what is open, so that nothing waits for it."""
        for asked in list(self._open):
            await self._dismiss(asked)
        await asyncio.gather(*self._expiring)

    def _expire(self, asked: Asked) -> None:
        self._tell(
            f"Nobody answered within {self._limit_s:g} s, so this was dismissed: "
            f"{quoted(asked.question.text)}."
        )
        task = asyncio.create_task(self._dismiss(asked))
        self._expiring.add(task)
        task.add_done_callback(self._expiring.discard)

    async def _dismiss(self, asked: Asked) -> bool:
        self.withdraw(asked)
        return await within(ANSWER_LIMIT_S, asked.reply(Dismiss()))

    async def _next_change(self) -> None:
        await self._changed.wait()

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def in_words(question: PendingQuestion) -> str:
    """What is asked and how to answer it, for the agent."""
    who = f"The page at {question.origin}" if question.origin else "The page"
    said = f" {quoted(question.text)}" if question.text else ""
    match question.kind:
        case "alert":
            return f"{who} shows a dialog (alert):{said}. Accept closes it."
        case "confirm":
            return f"{who} asks (confirm):{said}. Accept says OK, dismiss says Cancel."
        case "prompt":
            suggestion = (
                f" Suggested: {quoted(question.suggestion)}." if question.suggestion else ""
            )
            return (
                f"{who} asks for a text (prompt):{said}.{suggestion} Accept with a text says OK, "
                "dismiss says Cancel."
            )
        case "beforeunload":
            return (
                f"{who} asks whether to leave it (beforeunload); changes may be lost. Accept "
                "leaves, dismiss stays."
            )
        case "permission":
            return f"{who} {question.text}. Accept allows it, dismiss denies it."
        case "log_in":
            return (
                f"{question.origin} asks for a user name and a password (log in):{said}. Accept "
                "with both logs in, dismiss shows the page that is there without."
            )
