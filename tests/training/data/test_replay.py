"""The log-probabilities of sampling and of training are the same, to 1e-4 in float32."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.policy.backend import Sampling
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy
from vigorl.policy.nano.actor import ReadingPolicy
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.policy import Tokens
from vigorl.training.data.rows import Row, rows_of

torch = pytest.importorskip("torch")

from vigorl.policy.local.backend import LocalBackend  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import Architecture, write_tiny_checkpoint  # noqa: E402
from vigorl.training.data.replay import largest_drift, replay  # noqa: E402

pytestmark = pytest.mark.model

FAMILIES: dict[Architecture, str] = {"qwen2_5_vl": "qwen2.5-vl", "qwen3_vl": "qwen3-vl"}
TOLERANCE = 1e-4
SAMPLING = Sampling(temperature=1.0, max_tokens=24)


def view(seed: int, width_px: int, height_px: int, kind: str = "screen") -> View:
    drawn = random.Random(seed)
    image = Image.new("RGB", (width_px, height_px), tuple(drawn.choices(range(256), k=3)))
    for _ in range(9):
        corner = (drawn.randrange(width_px // 2), drawn.randrange(height_px // 2))
        box = (*corner, width_px - drawn.randrange(20), height_px - drawn.randrange(20))
        ImageDraw.Draw(image).rectangle(box, outline=tuple(drawn.choices(range(256), k=3)), width=5)
    if kind == "screen":
        return View(Picture.from_image(image), Frame.of_viewport(width_px, height_px))
    return View(Picture.from_image(image), Frame(width_px, height_px, Box(9, 9, 73, 73)), "crop")


def screen(seed: int, width_px: int = 280, height_px: int = 168) -> Observation:
    return Observation(
        view(seed, width_px, height_px), url="http://shop.test/", title=f"Page {seed}"
    )


def look(seed: int) -> Observation:
    return Observation(view(seed, 128, 128, "crop"))


@pytest.fixture(params=FAMILIES, scope="module")
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    torch.set_num_threads(1)
    folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), request.param)
    family = replace(
        family_named(FAMILIES[request.param]), system="You browse.", window_screens=2, max_images=5
    )
    return Network(str(folder), family)


def pictures_of(observations: Sequence[Observation]) -> dict[str, Picture]:
    views = [observation.view for observation in observations if observation.view]
    return {view.picture.sha256: view.picture for view in views}


EPISODE = [
    screen(1),
    look(2),
    look(3),
    screen(1).answer("malformed", "Write <think> …"),
    screen(4),
    look(5),
    # From here on the first screen has left the window, and the history is another.
    screen(6, 560, 336),
    look(7),
    screen(8),
]
OTHERS = [[screen(11), look(12)], [screen(13, 140, 84), screen(14), screen(15)]]


async def play(policy: ModelPolicy, observations: Sequence[Observation]) -> list[Tokens]:
    actor = policy.actor("Buy a kettle.")
    turns = [await actor.act(observation) for observation in observations]
    return [turn.tokens for turn in turns if turn.tokens]


async def play_all(network: Network, sampling: Sampling = SAMPLING) -> list[list[Row]]:
    policy = ModelPolicy(network.family, LocalBackend(network, sampling), sampling)
    played = await asyncio.gather(*(play(policy, episode) for episode in (EPISODE, *OTHERS)))
    await policy.close()
    return [rows_of(turns) for turns in played]


@pytest.fixture(scope="module")
def row(network: Network) -> Row:
    """The first row of the first episode: a screen, two looks closer, an error, more."""
    return asyncio.run(play_all(network))[0][0]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("temperature", [1.0, 0.6])
async def test_replay_gives_what_was_recorded_with_looks_closer_and_a_rewritten_history(
    network: Network, temperature: float
) -> None:
    episodes = await play_all(network, Sampling(temperature=temperature, top_p=0.98, max_tokens=24))
    # One row as long as the window holds; a screen that leaves it begins another.
    assert [len(rows) for rows in episodes] == [3, 1, 2]
    assert [len(row.images) for row in episodes[0]] == [5, 4, 3]
    for rows, observations in zip(episodes, (EPISODE, *OTHERS), strict=True):
        for row in rows:
            replayed = replay(network, row, pictures_of(observations))
            assert largest_drift(row, replayed) < TOLERANCE


def test_a_swapped_picture_shows_in_the_replay(network: Network, row: Row) -> None:
    pictures = pictures_of(EPISODE)
    looks = [each.view.picture for each in EPISODE[1:3] if each.view]
    swapped = {**pictures, looks[0].sha256: looks[1], looks[1].sha256: looks[0]}
    assert largest_drift(row, replay(network, row, swapped)) > 10 * TOLERANCE


def test_other_weights_show_in_the_replay(network: Network, row: Row, tmp_path: Path) -> None:
    other = Network(
        str(write_tiny_checkpoint(tmp_path, network.config.model_type, seed=1)), network.family
    )
    assert largest_drift(row, replay(other, row, pictures_of(EPISODE))) > 10 * TOLERANCE


def test_a_row_that_lost_a_picture_is_not_replayed(network: Network, row: Row) -> None:
    with pytest.raises(InconsistentData, match="missing"):
        replay(network, row, pictures_of(EPISODE[1:]))
    with pytest.raises(InconsistentData, match="placeholders"):
        replay(network, replace(row, images=row.images[1:]), pictures_of(EPISODE))


def test_a_sampled_placeholder_is_not_replayed(network: Network, row: Row) -> None:
    pad = network.codec.tokenizer.convert_tokens_to_ids("<|vision_pad|>")
    place = row.sampled_at[0]
    forged = replace(row, ids=(*row.ids[:place], pad, *row.ids[place + 1 :]))
    with pytest.raises(InconsistentData, match="marked as sampled"):
        replay(network, forged, pictures_of(EPISODE))


class Staged(ScreenReader):
    """See some words, as many as the picture's hash says."""

    def __init__(self) -> None:
        """Load nothing."""

    def read(self, view: View) -> Screen:
        words = int(view.picture.sha256, 16) % 7 + 1
        lines = [TextLine(f"word {n}", Box(9, 20 * n, 69, 20 * n + 12), 0.9) for n in range(words)]
        return Screen(tuple(lines), (), view.frame)


async def test_a_model_that_reads_is_replayed_alike_and_draws_alone_as_among_others(
    tmp_path: Path,
) -> None:
    torch.set_num_threads(1)
    network = Network(str(write_tiny_checkpoint(tmp_path, "qwen3")), family_named("nano"))

    async def episodes(*chosen: Sequence[Observation]) -> list[list[Row]]:
        policy = ReadingPolicy(network.family, LocalBackend(network, SAMPLING), SAMPLING, Staged())
        played = await asyncio.gather(*(play(policy, each) for each in chosen))
        await policy.close()
        return [rows_of(turns) for turns in played]

    together = await episodes(EPISODE, *OTHERS)
    # Every turn is a row of its own: it is told all that it depends on.
    assert [len(rows) for rows in together] == [9, 2, 3]
    for rows in together:
        for row in rows:
            assert not row.images
            assert largest_drift(row, replay(network, row, {})) < TOLERANCE
    (alone,) = await episodes(EPISODE)
    assert [row.ids for row in alone] == [row.ids for row in together[0]]
    other = Network(str(write_tiny_checkpoint(tmp_path / "b", "qwen3", 1)), network.family)
    assert largest_drift(alone[0], replay(other, alone[0], {})) > 10 * TOLERANCE


def test_nothing_is_compared_with_nothing() -> None:
    with pytest.raises(InconsistentData):
        largest_drift(Row((1, 2), (False, True), None, ()), (-1.0,))
