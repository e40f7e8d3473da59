"""Shards: written whole, the same by seed, read as they were written, kept when interrupted."""

import asyncio
import tarfile
from pathlib import Path

import pytest

from vigorl.agent.benchmarks.generated import holds_shards, shard_samples
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.tasks.world.config import GenerateConfig
from vigorl.tasks.world.generate import GenerationProgress, generate
from vigorl.tasks.world.page import draw_page
from vigorl.tasks.world.questions import questions_of
from vigorl.tasks.world.shards import ShardPage, decoded, read_shards, write_shard
from vigorl.tasks.world.studio import Studio

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def config(out: Path, pages: int, **changed: object) -> GenerateConfig:
    return GenerateConfig(out, "simple", "train", pages, pages_a_shard=4, workers=2, **changed)  # type: ignore[arg-type]


async def test_a_sample_is_read_as_it_was_written(studio: Studio, tmp_path: Path) -> None:
    spec = draw_page("screens", "train", 3, 1, "little")
    shot = await studio.shoot(spec)
    sample = ShardPage(spec.key, shot.picture, shot.truth, questions_of(spec, shot), {"seed": 3})
    write_shard(tmp_path / "a.tar", [sample])
    (read,) = read_shards(tmp_path)
    assert (read.key, read.picture, read.questions) == (
        sample.key,
        sample.picture,
        sample.questions,
    )
    assert read.about == {"seed": 3}
    assert [line.text for line in read.truth.lines] == [line.text for line in shot.truth.lines]
    for one, other in zip(read.truth.words, shot.truth.words, strict=True):
        assert one.edges_css_px == pytest.approx(other.edges_css_px, abs=0.06)
    assert [c.name for c in read.truth.controls] == [c.name for c in shot.truth.controls]
    with pytest.raises(InconsistentData, match="another image"):
        other = sample.encoded().replace(b'"image_px":[', b'"image_px":[1')
        decoded("x", sample.picture.data, other)


async def test_the_same_seed_writes_the_same_truth_and_a_second_run_goes_on(tmp_path: Path) -> None:
    await generate(config(tmp_path / "one", 8))
    first = await generate(config(tmp_path / "two", 4))
    again = await generate(config(tmp_path / "two", 8))
    assert (first.made, again.made, again.done) == (4, 4, 8)
    one, two = (list(read_shards(tmp_path / name)) for name in ("one", "two"))
    assert [s.key for s in one] == [s.key for s in two] and len(one) == 8
    assert [s.encoded() for s in one] == [s.encoded() for s in two]
    with tarfile.open(tmp_path / "one" / "simple-train-000000.tar") as archive:
        suffixes = [name.rpartition(".")[2] for name in archive.getnames()]
    assert suffixes[1::2] == ["json"] * 4 and set(suffixes[::2]) <= {"jpg", "png", "webp"}
    assert "8 screenshots" in (tmp_path / "two" / "README.md").read_text()
    assert (await generate(config(tmp_path / "two", 8))).made == 0


async def test_an_interrupted_run_keeps_its_finished_shards_and_no_half_ones(
    tmp_path: Path,
) -> None:
    running: list[asyncio.Task[GenerationProgress]] = []

    def stop(progress: GenerationProgress) -> None:
        if progress.made == 10:
            running[0].cancel()

    running.append(asyncio.create_task(generate(config(tmp_path, 20), stop)))
    with pytest.raises(asyncio.CancelledError):
        await running[0]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert "simple-train-000000.tar" in names
    assert not any(name.endswith(".part") for name in names)
    kept = len(list(read_shards(tmp_path)))
    assert kept in (4, 8)
    assert "totals" not in (tmp_path / "card.json").read_text()
    assert (await generate(config(tmp_path, kept))).made == 0
    assert '"totals"' in (tmp_path / "card.json").read_text()


async def test_a_folder_holds_one_data_set(tmp_path: Path) -> None:
    await generate(config(tmp_path, 2))
    with pytest.raises(UsageError, match="holds a data set with another seed"):
        await generate(config(tmp_path, 2, seed=1))


async def test_eval_grounding_takes_the_folder_as_it_is(tmp_path: Path) -> None:
    await generate(config(tmp_path, 3))
    assert holds_shards(tmp_path)
    samples = shard_samples(tmp_path, 5)
    assert len({sample.id.rpartition("-")[0] for sample in samples[:3]}) == 3
    environment = samples[0].make()
    await environment.reset()
    assert environment.goal == samples[0].instruction
    sizes = {"≤ 0.03 % of the picture": 3e-4, "≤ 0.1 % of the picture": 1e-3, "larger": 1.0,
             "≤ 0.01 % of the picture": 1e-4, "≤ 1 % of the picture": 1e-2}  # fmt: skip
    for sample in samples:
        kind, size = sample.cells[1:]
        assert kind == f"by {sample.task['kind']}"
        assert sample.task["area_fraction"] <= sizes[size]
