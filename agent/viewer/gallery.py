"""An evaluation as one web page: its grids with intervals, and every sample, failures first.

The page stands beside the pictures in the evaluation's folder and refers to them, so that it opens
at once also where there are thousands. Like the page of an episode it runs nothing that a page or a
model has said: its content security policy allows one style sheet and the folder's pictures.
"""

import os
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup

from vigorl.agent.evaluation.evaluation import Result, read_results
from vigorl.agent.evaluation.report import EvaluationReport
from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import SeenView, Trajectory, read_trajectory
from vigorl.agent.viewer.action_marker import ActionMarker, gesture_of
from vigorl.agent.viewer.overlay import Overlay, overlay
from vigorl.agent.viewer.page_templates import moment, templates
from vigorl.agent.viewer.show import STATUS_WORDS, describe_action, policy_name, title
from vigorl.browser.geometry import Box, Point
from vigorl.browser.run_folder import write_whole
from vigorl.browser.text import whole

Verdict = Literal["wrong", "not scored", "right"]
VERDICTS: tuple[Verdict, ...] = ("wrong", "not scored", "right")
"""In the order of the page."""

THOUGHT_LENGTH = 400
"""Characters of a thought that a card has room for."""


@dataclass(frozen=True, slots=True)
class LastScreen:
    """A picture in the evaluation's folder with what is drawn over it."""

    address: str
    """Relative to the page."""
    width_px: int
    height_px: int
    overlay: Overlay
    caption: str = ""


@dataclass(frozen=True, slots=True)
class SampleCard:
    """One sample: what was asked, the last screen with what was said about it, the verdict."""

    result: Result
    goal: str
    ending: str
    """How the episode ended, and the judge's words."""
    thought: str
    action: str
    screen: LastScreen | None
    zooms: tuple[LastScreen, ...]
    """Views of parts of the last screen, in their order."""
    pictures: tuple[LastScreen, ...]
    """Those that belong to the goal."""

    @property
    def verdict(self) -> Verdict:
        """What the judge said; a part of the score is wrong."""
        if self.result.score is None:
            return "not scored"
        return "right" if self.result.is_solved else "wrong"


def write_gallery(folder: Path, report: EvaluationReport) -> Path:
    """Write `index.html` into an evaluation's folder.

    Args:
        folder: Of an evaluation.
        report: What is said of it.

    Returns:
        The path written.

    Raises:
        UsageError: there is no evaluation in this folder, or an episode is gone.
        StorageFault: the page cannot be written.
    """
    path = folder / "index.html"
    html = render_gallery(folder, report)
    write_whole(path, whole(html).encode())
    return path


def render_gallery(folder: Path, report: EvaluationReport) -> str:
    """The page as HTML.

    Raises:
        UsageError: there is no evaluation in this folder, or an episode is gone.
    """
    results = read_results(folder)
    cards: dict[Verdict, list[SampleCard]] = {verdict: [] for verdict in VERDICTS}
    facts: dict[str, str] = {}
    for result in results:
        trajectory = read_trajectory(folder / result.trajectory)
        card = card_of(result, trajectory)
        cards[card.verdict].append(card)
        facts = facts or {
            "policy": policy_name(trajectory.start.policy),
            "started": moment(trajectory.start.started_at),
        }
    return (
        templates()
        .get_template("gallery.html.jinja")
        .render(
            report=report,
            cards=cards,
            facts={**facts, "episodes": str(len(results))},
            status_words=STATUS_WORDS,
            sheet=sheet(),
            folder=shlex.quote(str(folder)),
        )
    )


def card_of(result: Result, trajectory: Trajectory) -> SampleCard:
    """Lay out one sample."""
    last = _last_screen(trajectory)
    turn = trajectory.steps[-1].turn if trajectory.steps else None
    how = [STATUS_WORDS[result.status], result.reason, result.why]
    action = describe_action(turn.action) if turn and turn.action else ""
    return SampleCard(
        result,
        title(trajectory),
        " · ".join(one_line(part, 300) for part in how if part),
        one_line(turn.thought, THOUGHT_LENGTH) if turn else "",
        one_line(action or (turn.error or "no action") if turn else "", 200),
        *_shots(last, trajectory),
        _pictures(trajectory),
    )


@dataclass
class _LastScreen:
    """The screen that was seen last, and all that was said while it was shown."""

    screen: SeenView | None = None
    zooms: tuple[SeenView, ...] = ()
    points: tuple[Point, ...] = ()
    gesture: ActionMarker = field(default_factory=ActionMarker)


def _last_screen(trajectory: Trajectory) -> _LastScreen:
    last = _LastScreen()
    for step in trajectory.steps:
        view = step.seen.view
        if view is not None and view.kind == "screen":
            last = _LastScreen(view)
        elif view is not None:
            last.zooms = (*last.zooms, view)
        last.points = tuple(dict.fromkeys((*last.points, *step.turn.points)))
        last.gesture = gesture_of(step.turn.action) if step.turn.action else ActionMarker()
    return last


def _shots(
    last: _LastScreen, trajectory: Trajectory
) -> tuple[LastScreen | None, tuple[LastScreen, ...]]:
    truth = trajectory.truth

    def shot(view: SeenView, zoomed: Box | None = None, caption: str = "") -> LastScreen:
        drawn = overlay(view.frame, last.points, last.gesture, zoomed, truth.targets_px)
        if view.kind == "screen":
            drawn = replace(drawn, outline=truth.outline)
        address = _address(trajectory.folder.name, view.image)
        return LastScreen(address, view.frame.width_px, view.frame.height_px, drawn, caption)

    if last.screen is None:
        return None, ()
    zoomed = last.zooms[-1].frame.region_css_px if last.zooms else None
    zooms = tuple(shot(view, caption=f"zoom {number}") for number, view in enumerate(last.zooms, 1))
    return shot(last.screen, zoomed), zooms


def _pictures(trajectory: Trajectory) -> tuple[LastScreen, ...]:
    """The pictures of the goal, which come with the first screen."""
    images = trajectory.steps[0].seen.pictures if trajectory.steps else ()
    shots = []
    for number, image in enumerate(images, 1):
        picture = trajectory.picture(image)
        address = _address(trajectory.folder.name, image)
        size_px = (picture.width_px, picture.height_px)
        shots.append(LastScreen(address, *size_px, Overlay(), f"picture {number} of the task"))
    return tuple(shots)


def _address(episode: str, image: str) -> str:
    """The path of an episode's picture as seen from the page."""
    path = PurePosixPath(os.path.normpath(PurePosixPath(episode) / image))
    return quote(path.as_posix())


def sheet() -> Markup:
    """The style of episodes' pages, and what pages of many episodes have beside it."""
    folder = Path(__file__).parent
    sheets = (folder / name for name in ("viewer.css", "gallery.css"))
    return Markup("\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets))
