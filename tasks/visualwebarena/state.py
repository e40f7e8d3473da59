"""A final state as the evaluators see it: a page, pictures, and the shop's REST interface."""

from typing import Any, Protocol

from PIL import Image


class ScriptFailed(Exception):
    """A script raised in the page, or the page is not as the script knows it."""


class FinalState(Protocol):
    """What an agent left behind.

    Raises (all methods):
        TaskFault: the site or the browser broke: nothing can be said about the state.
    """

    @property
    def url(self) -> str:
        """Where the page is now."""
        ...

    async def enter(self, url: str) -> None:
        """Go where a target is to be looked at, and wait."""
        ...

    async def leave(self) -> None:
        """The target has been looked at; may be called without `enter`."""
        ...

    async def evaluate(self, script: str) -> Any:
        """What a script gives in the page, as Playwright reads it.

        Raises:
            ScriptFailed: it raises.
        """
        ...

    async def content(self) -> str:
        """The page as HTML."""
        ...

    async def image_urls(self, selector: str) -> list[str | None]:
        """Where the pictures under a CSS selector come from; of all pictures if it is blank.

        As the attributes have it; None where a picture has none.
        """
        ...

    async def fetch_image(self, url: str) -> Image.Image | None:
        """A picture from the net, fetched without cookies, or from the tasks' own files.

        None: there is no picture.
        """
        ...

    async def ask_shop(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        """What the shop's REST interface answers, signed in as its administrator.

        Raises:
            Crash: it says that there is no such thing.
            TaskFault: it is away, or answers nonsense.
        """
        ...


class Judge(Protocol):
    """A language model that compares texts.

    Raises (all methods):
        TaskFault: its server does not answer, or with something else than a verdict.
    """

    async def is_equivalent(self, found: str, reference: str, question: str) -> bool:
        """Whether an answer to a question means the same as the reference."""
        ...

    async def is_same_reason(self, found: str, reference: str, task: str) -> bool:
        """Whether a task was called impossible for the reason that makes it impossible."""
        ...


class Captioner(Protocol):
    """A model that answers questions about pictures.

    Raises:
        TaskFault: its server does not answer.
    """

    async def answer(self, image: Image.Image, question: str) -> str:
        """The answer in words."""
        ...
