"""What an agent did, as Python sees it: each step, and the whole of it."""

import base64
import io
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from vigorl.agent.answers import AnswerForm, Unfit
from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import Status, StepRecord, Trajectory
from vigorl.agent.viewer.episode_page import open_page, write_page
from vigorl.agent.viewer.filmstrip import draw_filmstrip
from vigorl.agent.viewer.show import (
    describe_action,
    ending_reason,
    title,
    verdict,
)
from vigorl.browser.actions import Action
from vigorl.browser.picture import Picture
from vigorl.policy.usage import Usage


@dataclass(frozen=True)
class AgentStep:
    """One step: what the agent saw, what it thought, and what it did."""

    record: StepRecord
    """All that is recorded of it."""
    folder: Path
    """Of the run."""

    @property
    def number(self) -> int:
        """From 1."""
        return self.record.index + 1

    @property
    def thought(self) -> str:
        """In the agent's words."""
        return self.record.turn.thought

    @property
    def action(self) -> Action | None:
        """What it chose; None where its text held no action, and `error` says why."""
        return self.record.turn.action

    @property
    def error(self) -> str | None:
        """Why its text held no action."""
        return self.record.turn.error

    @property
    def words(self) -> str:
        """The action in words, points in CSS px: `click (412, 80)`."""
        return describe_action(self.action) if self.action is not None else ""

    @property
    def url(self) -> str:
        """Of the page that it saw."""
        return self.record.seen.url

    @property
    def title(self) -> str:
        """Of the page that it saw."""
        return self.record.seen.title

    @property
    def events(self) -> tuple[str, ...]:
        """What it was told beside the picture: downloads, dialogs, denials, …."""
        return tuple(event.text for event in self.record.seen.events)

    @property
    def screenshot(self) -> Image.Image | None:
        """What it saw; None where there was nothing new to see."""
        view = self.record.seen.view
        if view is None:
            return None
        return Picture.from_bytes((self.folder / view.image).read_bytes()).image()

    def __str__(self) -> str:
        what = f"→ {self.words}" if self.action is not None else f"✗ {self.error}"
        return one_line(f"{self.number}  {self.thought}  {what}")


@dataclass(frozen=True)
class AgentResult:
    """How a run went, with its record."""

    trajectory: Trajectory
    """All that is recorded."""
    form: AnswerForm | None = None
    """What the answer had to be."""

    @property
    def status(self) -> Status:
        """How it ended: `done`, `gave_up`, `limit`, `fault` or `interrupted`."""
        return self.trajectory.status

    @property
    def reason(self) -> str:
        """Why it ended, in a sentence; empty where there is nothing to say."""
        return ending_reason(self.trajectory)

    @property
    def answer(self) -> str | None:
        """In the agent's words; None where it did not finish."""
        return self.trajectory.end.answer if self.trajectory.end else None

    @property
    def data(self) -> Any:
        """The answer as `output` or `schema` asks for it; None where there is none."""
        if self.form is None or self.status != "done" or self.answer is None:
            return None
        try:
            return self.form.value(self.answer)
        except Unfit:
            return None

    @property
    def verified(self) -> bool | None:
        """Whether somebody has seen that it is done; None where nobody looked."""
        return self.trajectory.end.verified if self.trajectory.end else None

    @property
    def score(self) -> float | None:
        """What the judge of an embedded task says, from 0 to 1."""
        return self.trajectory.score.value if self.trajectory.score else None

    @property
    def steps(self) -> tuple[AgentStep, ...]:
        """In order."""
        folder = self.trajectory.folder
        return tuple(AgentStep(record, folder) for record in self.trajectory.steps)

    @property
    def tokens(self) -> int:
        """Sampled by the model; 0 where none plays."""
        return self.usage.sampled_tokens

    @property
    def usage(self) -> Usage:
        """What the run took: tokens of prompts and answers, and dollars where they are known."""
        return self.trajectory.usage

    @property
    def folder(self) -> Path:
        """Where the run is recorded."""
        return self.trajectory.folder

    def open(self) -> Path:
        """Write the run as one page, show it in the user's browser, and say where it is.

        Raises:
            UsageError: there is no browser to show it in.
            StorageFault: the page cannot be written.
        """
        page = write_page(self.trajectory)
        open_page(page)
        return page

    def __str__(self) -> str:
        said = f": {self.answer}" if self.answer else ""
        why = f" ({self.reason})" if self.reason else ""
        count = len(self.trajectory.steps)
        return one_line(
            f"{verdict(self.trajectory).words}{why} in {count} step{'s' * (count != 1)}{said}"
        )

    def _repr_html_(self) -> str:
        """The run as a notebook shows it: its pictures, and how it ended."""
        buffer = io.BytesIO()
        draw_filmstrip(self.trajectory).save(buffer, "WEBP", quality=80)
        data = base64.b64encode(buffer.getvalue()).decode()
        name = escape(one_line(title(self.trajectory)), quote=True)
        return (
            f'<figure><img alt="{name}" style="max-width: 100%" '
            f'src="data:image/webp;base64,{data}">'
            f"<figcaption>{escape(str(self))}</figcaption></figure>"
        )
