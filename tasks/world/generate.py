"""The command `data generate`: pages by number, several at a time, into shards."""

import asyncio
import contextlib
import json
import platform
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.errors import BrowserDied, PageHung, StorageFault, UsageError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import Identity, claimed, disk, write_json, write_whole
from vigorl.tasks.world.config import GenerateConfig
from vigorl.tasks.world.fonts import FONTS, fonts_of, installed
from vigorl.tasks.world.layouts.registry import layouts_of
from vigorl.tasks.world.page import PageSpec, draw_page
from vigorl.tasks.world.questions import questions_of
from vigorl.tasks.world.shards import (
    ShardPage,
    read_shard,
    shard_name,
    shards_in,
    write_shard,
)
from vigorl.tasks.world.studio import Studio

CARD = "card.json"
"""What the data set is."""

TRIES = 3
"""Of a page whose tab or browser breaks."""

ABOUT = ("split", "dataset", "seed", "index", "layout", "language", "manner", "font", "icon_set",
         "dark", "encoding", "quality")  # fmt: skip
"""What is written down about each page."""


@dataclass
class GenerationProgress:
    """How far it is."""

    pages: int
    """Wanted in all."""
    done: int = 0
    """Made now or found."""
    made: int = 0
    """Made now."""
    questions: int = 0
    image_bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)


async def generate(
    config: GenerateConfig, on_page: Callable[[GenerationProgress], None] = lambda progress: None
) -> GenerationProgress:
    """Make what is missing; finished shards are kept, whatever happens.

    Raises:
        UsageError: the folder holds another data set, or no font of the split is installed.
        BrowserFault: no browser, or it keeps breaking.
        StorageFault: the disk refuses.
    """
    fonts_of(config.split)
    with claimed(config.out, "generating data"):
        return await _generate(config, on_page)


async def _generate(
    config: GenerateConfig, on_page: Callable[[GenerationProgress], None]
) -> GenerationProgress:
    _check(config)
    progress = GenerationProgress(config.pages)
    starts = range(0, config.pages, config.shard_pages)
    wanted = []
    for number, start in enumerate(starts):
        stop = min(start + config.shard_pages, config.pages)
        path = config.out / shard_name(config.stem, number)
        if path.exists() and (stop - start) == config.shard_pages:
            progress.done += stop - start
        else:  # also a last shard that was cut short and may be longer now
            wanted.append((path, range(start, stop)))
    chromium = ""  # nothing is shown
    if wanted:
        async with Browser(BrowserSettings()) as browser, Studio(browser, config.workers) as studio:
            await _make(config, studio, wanted, progress, on_page)
            chromium = browser.version
    if wanted or not _counted(config):  # also after a run that was interrupted
        await asyncio.to_thread(_write_card, config, chromium)
    return progress


async def _make(
    config: GenerateConfig,
    studio: Studio,
    wanted: list[tuple[Path, range]],
    progress: GenerationProgress,
    on_page: Callable[[GenerationProgress], None],
) -> None:
    places = asyncio.Semaphore(config.workers + 2)

    async def make(index: int) -> ShardPage:
        async with places:
            spec = draw_page(config.dataset, config.split, config.seed, index, config.screens)
            sample = await _sample(studio, spec)
        progress.made += 1
        progress.done += 1
        progress.questions += len(sample.questions)
        progress.image_bytes += len(sample.picture.data)
        on_page(progress)
        return sample

    async def finish(path: Path, tasks: list[asyncio.Task[ShardPage]]) -> None:
        samples = [await task for task in tasks]
        await asyncio.to_thread(write_shard, path, samples)

    with first_error((BrowserDied, PageHung, StorageFault, UsageError)):
        async with asyncio.TaskGroup() as group:
            before: asyncio.Task[None] | None = None
            for path, indexes in wanted:
                tasks = [group.create_task(make(index)) for index in indexes]
                if before is not None:
                    await before  # one shard is drawn while the last one is written
                before = group.create_task(finish(path, tasks))
                if len(tasks) > 1:
                    await tasks[-2]


async def _sample(studio: Studio, spec: PageSpec) -> ShardPage:
    for attempt in range(1, TRIES + 1):
        try:
            shot = await studio.shoot(spec)
            break
        except PageHung:
            if attempt == TRIES:
                raise
        except PlaywrightError as error:
            if attempt == TRIES:
                raise BrowserDied(f"{spec.key}: {error.message}") from error
    about = {name: getattr(spec, name) for name in ABOUT}
    return ShardPage(spec.key, shot.picture, shot.truth, questions_of(spec, shot), about)


def _check(config: GenerateConfig) -> None:
    """See that what the folder holds is the same data set, or begin one."""
    Identity("data set", config.identity(), file=CARD).check(config.out)
    with disk(config.out):
        for unfinished in config.out.glob("*.tar.part"):
            unfinished.unlink()
    if not (config.out / CARD).exists():
        write_json(config.out / CARD, config.identity())


def _counted(config: GenerateConfig) -> bool:
    card = json.loads((config.out / CARD).read_text(encoding="utf-8"))
    return "totals" in card


def _write_card(config: GenerateConfig, chromium: str) -> None:
    """Count what lies there and write it down, for programs and for people."""
    counts: dict[str, Counter[str]] = {
        name: Counter() for name in ("layout", "language", "font", "icon_set", "manner", "kind")
    }
    totals: Counter[str] = Counter()
    for path in shards_in(config.out):
        totals["shards"] += 1
        totals["bytes"] += path.stat().st_size
        for sample in read_shard(path):
            totals["pages"] += 1
            totals["lines"] += len(sample.truth.lines)
            totals["words"] += len(sample.truth.words)
            totals["controls"] += len(sample.truth.controls)
            totals["questions"] += len(sample.questions)
            for name in ("layout", "language", "font", "icon_set", "manner"):
                counts[name][sample.about[name]] += 1
            counts["kind"].update(question.kind for question in sample.questions)
    card = {
        **config.identity(),
        "totals": dict(totals),
        "counts": {name: dict(counter.most_common()) for name, counter in counts.items()},
        "layouts": [layout.name for layout in layouts_of(config.split, config.dataset)],
        "fonts": [font.family for font in fonts_of(config.split)],
        "fonts_missing": [
            font.family
            for font in FONTS
            if font.split == config.split and font.family not in installed()
        ],
        "versions": {
            "vigorl-agent": version("vigorl-agent"),
            "chromium": chromium,
            "playwright": version("playwright"),
            "python": platform.python_version(),
        },
        "licences": {
            "pages": "made by a program; Apache-2.0 like the program",
            "icons": "of open sets, see tasks/world/ICONS.md",
            "words": "SCOWL (English), own lists (others), see tasks/world/WORDS.md",
            "fonts": "open licences of the Debian packages named in tasks/world/fonts.py",
        },
    }
    with contextlib.suppress(FileNotFoundError):
        card["notes"] = json.loads((config.out / CARD).read_text()).get("notes", "")
    text = json.dumps(card, indent=1, ensure_ascii=False)
    write_whole(config.out / CARD, f"{text}\n".encode(), private=False)
    write_whole(config.out / "README.md", f"{_readme(config, card)}\n".encode(), private=False)


def _readme(config: GenerateConfig, card: dict[str, Any]) -> str:
    totals = card["totals"]
    return f"""# Generated pages: `{config.dataset}`, split `{config.split}`

{totals["pages"]} screenshots with {totals["questions"]} questions, {totals["words"]} words and
{totals["controls"]} controls, drawn by `vigorl-agent data generate --dataset {config.dataset}
--split {config.split} --seed {config.seed} --screens {config.screens}`.

Each page is `KEY.jpg`, `.png` or `.webp` and `KEY.json`: `lines` (text, box, words, the edges of
every character), `controls` (role, name, box, icon, state) and `questions` (instruction, kind,
bbox_xyxy or null, answer or null), all in px of the image. Read it with
`vigorl.tasks.world.shards.read_shards`, or with any WebDataset loader.

Layouts, fonts, words and icon sets of one split are in no other. Licences: `card.json`."""
