"""Screenshots with targets as conversations: asked for one, the model clicks on its middle.

What stands in such data is the place alone; so the thought before the click is empty.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from vigorl.agent.benchmarks.generated import holds_shards
from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import Click
from vigorl.browser.errors import UsageError
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.backend import Reply
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import Family
from vigorl.policy.grammar import write
from vigorl.policy.thought_text import ablate
from vigorl.training.data.dialogues import Dialogue
from vigorl.training.data.held_out import check_learnable


def holds_stills(data: Path) -> bool:
    """Whether it is a file of rows, or a folder of screenshots with their targets."""
    return data.is_file() or (data / "manifest.json").is_file() or holds_shards(data)


def still_dialogues(data: Path, family: Family) -> Iterator[Dialogue]:
    """One conversation for each target.

    Raises:
        UsageError: the data cannot be read, or the family is told of no picture.
        InconsistentData: a box lies outside of its image.
    """
    if family.reads:
        raise UsageError(
            f"{data} holds screenshots, and {family.name} is told what `reader` reads on them: let "
            "it, or an oracle, play them (`eval grounding`, `data oracles`), and learn from that"
        )
    check_learnable(data)
    for sample in still_samples(data):
        yield _dialogue(sample, family)


def _dialogue(sample: Sample, family: Family) -> Dialogue:
    world = sample.make()
    assert isinstance(world, StaticScreenshot), "a still picture"
    conversation = Conversation(sample.instruction, family)
    offered: ActionSpace = world.actions | {"zoom"}  # as it is played, within `ZoomEnvironment`
    conversation.see(replace(world.first, actions=offered))
    click = Click(sample.truth.targets_px[0].center)
    text = ablate(write("", click, conversation.dialect), "none")
    conversation.hear(Reply(text, 0, 0, False), click)
    return Dialogue(
        sample.id,
        conversation.messages(),
        family.name,
        score=1.0,
        task=sample.task,
        truth=sample.truth,
    )
