"""Which recorded episodes are taken to learn from."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from typer import Option

from vigorl.browser.errors import UsageError
from vigorl.training.data.held_out import is_held_out

if TYPE_CHECKING:
    from vigorl.agent.record.trajectory import StepRecord
    from vigorl.training.data.episodes import RecordedEpisode


@dataclass(frozen=True)
class Selection:
    """Bounds on the score of episodes, and whether slips are taken."""

    least_score: Annotated[
        float | None, Option("--min-score", min=0, max=1, rich_help_panel="Episodes")
    ] = 1.0
    """Take episodes with at least this score."""
    most_score: Annotated[float | None, Option("--max-score", min=0, max=1)] = None
    """Take episodes with at most this score."""
    takes_test_data: Annotated[bool, Option("--test-data")] = False
    """Take episodes of test seeds too, on which nothing can be measured afterwards."""
    takes_slips: bool = field(default=False, metadata={"option": False})
    """Whether turns without a readable action, and those that depart from their format, are taken
    along with the rest of their episode."""

    def __post_init__(self) -> None:
        if None not in (self.least_score, self.most_score) and (
            (self.least_score or 0) > (self.most_score or 0)
        ):
            raise UsageError(
                f"no score is at least {self.least_score:g} and at most {self.most_score:g}"
            )

    def objection(self, episode: "RecordedEpisode") -> str | None:
        """Why an episode is left out; None where it is taken."""
        score = episode.score
        if episode.trajectory.status in ("fault", "interrupted"):
            return "broken off"
        if not self.takes_test_data and is_held_out(episode.trajectory.start.task):
            return "of a test seed (--test-data takes them)"
        if not episode.trajectory.steps:
            return "without a turn"
        if not self.takes_slips and any(
            step.turn.action is None for step in episode.trajectory.steps
        ):
            return "with a turn that could not be read"
        if not self.takes_slips and any(step.turn.slip for step in episode.trajectory.steps):
            return "with a turn that departs from its format"
        if not self.takes_slips and any(map(_was_vetoed, episode.trajectory.steps)):
            return "with an action that was vetoed"
        if score is None:
            is_shown = episode.trajectory.is_demonstration and episode.trajectory.status == "done"
            return None if self.least_score is None or is_shown else "not judged"
        if self.least_score is not None and score < self.least_score:
            return f"with a score below {self.least_score:g}"
        if self.most_score is not None and score > self.most_score:
            return f"with a score above {self.most_score:g}"
        return None


def _was_vetoed(step: "StepRecord") -> bool:
    """Whether the policy was told that its action is not done; a take-over puts others there."""
    amendment = step.amendment
    return amendment is not None and amendment.action is None and not amendment.is_take_over
