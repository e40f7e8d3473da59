"""A package that knows vigorl-agent, and that vigorl-agent does not know.

It adds a benchmark (click the square of a colour), a family whose models write turns in a grammar
of their own, and a policy: a "model" of that family that looks for the colour which it is told.
"""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image, ImageColor, ImageDraw
from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Check, Opened, Opening
from vigorl.agent.benchmarks.data_check import DataCheck
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Action, Click
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.factory import ModelConfig
from vigorl.policy.family import Family, Wording
from vigorl.policy.grammar import Dialect, Parsed
from vigorl.policy.images import FittedImage, SizeLimits
from vigorl.policy.model import ModelPolicy
from vigorl.policy.points import Malformed, Mention, coordinates_of, point_in

COLOURS = ("red", "green", "blue", "orange", "purple")


@dataclass(frozen=True, slots=True)
class ToyOptions:
    """Which squares."""

    squares: Annotated[int, Option(min=1, max=len(COLOURS))] = 3
    """Colours to click, one after the other."""
    size: Literal["small", "large"] = "large"
    """Of the squares."""


def toy_sample(number: int, side_px: int) -> Sample:
    colour, left = COLOURS[number], 40 + 60 * number
    target = Box(left, 80, left + side_px, 80 + side_px)

    def make() -> StaticScreenshot:
        image = Image.new("RGB", (400, 200), "white")
        ImageDraw.Draw(image).rectangle((left, 80, left + side_px, 80 + side_px), colour)
        return StaticScreenshot(Picture.from_image(image), f"click {colour}", target)

    row = {"colour": colour, "side_px": side_px}
    return Sample(colour, (colour,), row, make, True, f"click {colour}", GroundTruth((target,)))


def open_benchmark(options: ToyOptions) -> Opening:
    side_px = 6 if options.size == "small" else 30
    samples = [toy_sample(number, side_px) for number in range(options.squares)]
    return lambda setting: nullcontext(Opened(samples, Limits(steps=3)))


BENCHMARK = Benchmark(
    name="toy",
    about="""Click squares by their colour.

    A benchmark from outside.""",
    options=ToyOptions,
    open=open_benchmark,
    check=Check(
        "Count the colours.",
        ToyOptions,
        lambda options: DataCheck("Toy", {"colours": options.squares}, {"colours": 5}, (), ()),
    ),
    tasks=lambda seed: f"{', '.join(COLOURS)} (seed {seed})",
)
NOTHING = "no benchmark"


_TELEGRAM = re.compile(r"(?:I SEE (.*?) STOP )?TAP (\d+)/(\d+) STOP")
_PLACE = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Telegram:
    """A turn in telegram style: `I SEE red AT 55/95 STOP TAP 55/95 STOP`."""

    acts_on_marks = False

    def read(self, text: str, dialect: Dialect) -> Parsed:
        found = _TELEGRAM.fullmatch(text.strip())
        if found is None:
            return Parsed("", (), None, "Write TAP x/y STOP.")
        thought = found[1] or ""
        try:
            mentions = tuple(
                Mention(*place.span(), point_in(int(place[1]), int(place[2]), dialect.frame))
                for place in _PLACE.finditer(thought)
            )
            action = Click(point_in(int(found[2]), int(found[3]), dialect.frame))
        except Malformed as error:
            return Parsed(thought, (), None, str(error))
        return Parsed(thought, mentions, action, None)

    def write(self, thought: str, action: Action, dialect: Dialect) -> str:
        return f"I SEE {thought} STOP {self.write_action(action, dialect)}"

    def write_action(self, action: Action, dialect: Dialect) -> str:
        if not isinstance(action, Click):
            raise ValueError(f"telegrams cannot say {action}")
        x, y = coordinates_of(action.point, dialect.frame)
        return f"TAP {x}/{y} STOP"


FAMILY = Family(
    name="toy",
    matches=re.compile(r"\btoy-\d+b"),
    system="Write telegrams.",
    format=Telegram(),
    coordinates="thousandths",
    size=SizeLimits(1, 1, 1_000_000),
    wording=Wording("{image}Goal: {goal}", "{image}{news}", "{news}", "{news}"),
    zoom=None,
    window_screens=1,
    max_images=1,
)


class Eye:
    """A backend that finds the colour named last in the picture shown last."""

    name = "toy-1b"
    continues = False

    def session(self, seed: int) -> "Eye":
        return self

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        assert messages[0].parts == ("Write telegrams.",)
        shown = [part for part in messages[-1].parts if isinstance(part, FittedImage)]
        said = " ".join(part for part in messages[-1].parts if isinstance(part, str))
        colour = said.split()[-1]
        pixels = np.asarray(shown[-1].image()).astype(int)
        apart = np.abs(pixels - ImageColor.getrgb(colour)).sum(axis=2)
        y, x = np.argwhere(apart < 60).mean(axis=0)
        x, y = 1000 * x / shown[-1].width_px, 1000 * y / shown[-1].height_px
        place = f"{x:.0f}/{y:.0f}"
        return Reply(f"I SEE {colour} AT {place} STOP TAP {place} STOP", 9, 9, False)

    def describe(self) -> dict[str, Any]:
        return {"backend": "eye"}

    async def decode(self, ids: Sequence[int]) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        return None


async def open_toy(config: ModelConfig) -> ModelPolicy:
    return ModelPolicy(FAMILY, Eye(), Sampling(temperature=config.temperature or 0.0))
