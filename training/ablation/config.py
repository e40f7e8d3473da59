"""Configuration of an ablation: its variants, their trainings, and the tasks of both."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from vigorl.browser.errors import UsageError
from vigorl.policy.thought_text import Thoughts
from vigorl.training.grpo.config import RewardName

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of learning."""

    name: str
    about: str
    thoughts: Thoughts
    """Its form."""
    reward: RewardName | None
    """Of practice; None: it learns by example."""
    zoom: bool = False
    """Whether it may look closer, in training and in the end."""

    @property
    def shown(self) -> str:
        """Which of the start's episodes its form is taught by."""
        return "closer" if self.zoom else "wide"


_VARIANTS = (
    Variant("direct", "by example, no thought", "none", None),
    Variant("vanilla", "by doing, thoughts without points", "plain", "vanilla"),
    Variant("grounded", "by doing, thoughts that name points", "pointed", "single-turn"),
    Variant("zoom", "the same, and looks closer", "pointed", "multi-turn", zoom=True),
)
VARIANTS = {variant.name: variant for variant in _VARIANTS}
BETWEEN = (
    ("direct", "vanilla"),
    ("vanilla", "grounded"),
    ("grounded", "zoom"),
)
"""What is compared: what the second does more than the first."""


@dataclass(frozen=True)
class AblationConfig:
    """One ablation: the base model, its variants, and how each is trained."""

    model: Annotated[str, Option("--model", "-m", metavar="MODEL", rich_help_panel="Model")] = (
        "nano"
    )
    """Base model of every variant: [bold]nano[/bold] (embedded, learns on a laptop), a checkpoint
    folder, or a hub id."""
    family: Annotated[str | None, Option(metavar="NAME")] = None
    """Prompt and answer format. Default: inferred from the model's name."""
    variants: Annotated[
        tuple[str, ...], Option("--variant", metavar="NAME", rich_help_panel="Training")
    ] = tuple(VARIANTS)
    """Train only this variant; may be repeated."""
    seeds: Annotated[int, Option(min=1)] = 3
    """Trainings of each variant, one per seed."""
    steps: Annotated[int, Option(min=1)] = 10
    """Optimizer updates of each training."""
    learning_rate: Annotated[float, Option(min=0)] = 1e-4
    """Learning rate of AdamW in each training."""
    form_steps: Annotated[int, Option("--format-steps", min=1, rich_help_panel="Output format")] = (
        16
    )
    """Updates that first teach a variant its output format, as many for each."""
    form_batch: Annotated[int, Option("--format-batch", min=1)] = 8
    """Examples in a batch of these updates."""
    form_rate: Annotated[float, Option("--format-learning-rate", min=0)] = 5e-4
    """Learning rate of AdamW in these updates; decays to 0."""
    attempts: Annotated[int, Option("--format-rollouts", min=1)] = 2
    """Rollouts of the base model on each training task; the right ones teach the formats."""
    group_size: Annotated[int, Option("--group-size", min=2, rich_help_panel="Rollouts")] = 8
    """Rollouts of one task in a group."""
    groups: Annotated[int, Option(min=1)] = 4
    """Groups with reward variance that an update is made of; a variant that learns by example has
    as many examples as these have rollouts."""
    turns: Annotated[int, Option("--max-turns", min=1)] = 6
    """Most turns of a rollout."""
    turn_tokens: Annotated[int, Option("--turn-tokens", min=1)] = 96
    """Most tokens sampled in one turn."""
    workers: Annotated[int, Option(min=1)] = 8
    """Rollouts sampled at the same time."""

    def __post_init__(self) -> None:
        if min(self.seeds, self.steps, self.form_steps, self.attempts, self.turns) < 1:
            raise UsageError("seeds, steps, form_steps, attempts and turns are at least 1")
        unknown = [name for name in self.variants if name not in VARIANTS]
        if unknown or not self.variants:
            raise UsageError(f"no variant {', '.join(unknown)}: there are {', '.join(VARIANTS)}")

    @property
    def examples(self) -> int:
        """Of an update."""
        return self.groups * self.group_size


@dataclass(frozen=True)
class AblationTasks:
    """What variants are trained and tested on: screenshots, or embedded tasks."""

    tasks: Annotated[
        tuple[str, ...], Option("--task", metavar="NAME", rich_help_panel="Tasks")
    ] = ()
    """Train and test on this embedded task, given as a goal; may be repeated. Default: all."""
    skipped_seeds: Annotated[int, Option("--skip-seeds", min=0)] = 3000
    """Leave out the first N training seeds of each task: those seen in earlier training."""
    data: Path | None = None
    """Train grounding on these still screenshots, in place of embedded tasks; whatever [bold]eval
    grounding[/bold] takes."""
    held_out: Path | None = None
    """Screenshots to test on, needed with [bold]--data[/bold]."""
    practised: Annotated[int, Option("--train-tasks", min=1)] = 40
    """Screenshots to train on, or training seeds of each task."""
    measured: Annotated[int, Option("--test-tasks", min=1)] = 40
    """Screenshots to test on, or test seeds of each task."""
    boundary: "Boundary | None" = field(default=None, metadata={"option": False})
    """Where pages of embedded tasks may go beside the tasks' site; None: nowhere else."""

    def __post_init__(self) -> None:
        if (self.data is None) != (self.held_out is None):
            raise UsageError("screenshots to practise on need others that are held out: name both")
        if self.data is not None and self.tasks:
            raise UsageError("use either embedded tasks or still screenshots, not both")
        if self.data is not None and self.data == self.held_out:
            raise UsageError(f"{self.data} cannot be practised on and held out as well")
