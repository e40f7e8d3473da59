"""A whole run with a secret, as a person starts it, and a search of every byte that it leaves."""

import asyncio
import base64
import gzip
import html
import io
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from urllib.parse import quote, quote_plus

import psutil
from PIL import Image

from tests.gauntlet.leaks import LEAKS, PICTURES, LeakySite
from tests.gauntlet.rows import Row

VALUE = "KESTREL violin+7294/Qu&x"
"""With what encodings change, and legible to the OCR."""
API_KEY = "sk-gauntlet-58c1f0e2a7d94b36"
NAME = "PASSWORD"
UNASKED = ("--approve", "never")
READS_ALIKE = 0.75
"""Share of a value's letters, in order, from which a line that the OCR reads counts as it."""


def encodings(value: str) -> dict[str, bytes]:
    """A value in every way that a record might write it."""
    raw = value.encode()
    texts = {
        "as it is": value,
        "URL": quote(value, safe=""),
        "URL, slashes kept": quote(value),
        "form": quote_plus(value),
        "HTML": html.escape(value),
        "JSON": json.dumps(value)[1:-1],
        "hex": raw.hex(),
    }
    found = {name: text.encode() for name, text in texts.items()}
    found["UTF-16"] = value.encode("utf-16-le")
    found["UTF-16, big end first"] = value.encode("utf-16-be")
    for shift in range(3):
        # Where it stands in the middle of a longer text, its letters fall into other groups.
        whole = base64.b64encode(b"\0" * shift + raw)
        found[f"base64, {shift}"] = whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
    return found


def places(value: str, data: bytes, depth: int = 2) -> Iterator[str]:
    """In which encodings the value stands in some bytes, compressed parts included."""
    for name, encoded in encodings(value).items():
        if encoded in data or (name in ("URL", "form", "hex") and encoded.lower() in data.lower()):
            yield name
    if depth:
        for unpacked in _unpacked(data):
            yield from (f"{name}, packed" for name in places(value, unpacked, depth - 1))


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What is compressed or encoded in some bytes: gzip, texts of PNGs, pictures in base64."""
    for start in (found.start() for found in re.finditer(rb"\x1f\x8b\x08", data)):
        with _passing():
            yield gzip.GzipFile(fileobj=io.BytesIO(data[start:])).read(10_000_000)
    for found in re.finditer(rb"(?:zTXt|iTXt)", data):
        tail = data[found.end() : found.end() + 100_000]
        for offset in (index for index, byte in enumerate(tail[:200]) if byte == 0x78):
            with _passing():
                yield zlib.decompressobj().decompress(tail[offset:], 1_000_000)
    for found in re.finditer(rb"base64,([A-Za-z0-9+/=]{40,})", data):
        with _passing():
            yield base64.b64decode(found.group(1))


class _passing:
    """Bytes that only look as if they were packed."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, (OSError, EOFError, zlib.error, ValueError))


@dataclass
class Remains:
    """What a run leaves: named bytes, and pictures."""

    texts: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def of_folder(self, folder: Path) -> None:
        """Every file under a folder, with the names of all."""
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            self.texts[f"name of {len(self.texts)}"] = name.encode()
            if path.is_file():
                self.texts[name] = path.read_bytes()
                if path.suffix in (".png", ".jpg", ".webp"):
                    self.pictures[name] = path.read_bytes()

    def found(self, value: str) -> list[str]:
        """Where a value stands, in which encoding."""
        return [
            f"{name}: {encoding}"
            for name, data in self.texts.items()
            for encoding in dict.fromkeys(places(value, data))
        ]

    def legible(self, value: str, read: Callable[[Image.Image], list[str]]) -> list[str]:
        """The pictures in which a value can be read; equal ones are read once."""
        names = {data: name for name, data in self.pictures.items()}
        pictures = ((names[data], Image.open(io.BytesIO(data)).convert("RGB")) for data in names)
        return [
            name for name, picture in pictures if any(alike(value, line) for line in read(picture))
        ]


def alike(value: str, line: str) -> bool:
    """Whether a line that was read off a picture holds the value, as well as it could be read."""
    wanted = re.sub(r"\W", "", value).lower()
    letters = re.sub(r"\W", "", line).lower()
    blocks = SequenceMatcher(None, wanted, letters, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 2) >= READS_ALIKE * len(wanted)


async def run_with_secret(folder: Path, site: LeakySite) -> Remains:
    """A run from the command line; everything that it leaves, prints, sends, and passes on."""
    remains = Remains()
    async with site.serving():
        environment = {**os.environ, "GAUNTLET_PW": VALUE, "VIGORL_API_KEY": API_KEY}
        command = (
            *(sys.executable, "-m", "vigorl.agent.cli", "run", "log in and look around"),
            *("--url", f"{site.origin}/", "--model", f"{site.origin}/v1"),
            *("--family", "qwen2.5-vl", "--secret", f"{NAME}=env:GAUNTLET_PW"),
            *("--max-steps", str(len(site.deeds) + 5), "--viewport", "900x300"),
            *("--json", "--out", str(folder), *UNASKED),
        )
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        site.on_turn = lambda: _note_children(process.pid, remains)
        try:
            async with asyncio.timeout(600):
                out, err = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
    assert site.value, f"nothing was typed into the site: {err.decode(errors='replace')[-600:]}"
    remains.texts |= {"stdout": out, "stderr": err}
    for number, request in enumerate(site.requests):
        # The key goes to the server that it is for, in its header and nowhere else.
        remains.texts[f"prompt {number}"] = request.replace(f"Bearer {API_KEY}".encode(), b"")
        for index, data in enumerate(_unpacked(request)):
            remains.pictures[f"prompt {number}, picture {index}"] = data
    remains.of_folder(folder)
    return remains


def _note_children(pid: int, remains: Remains) -> None:
    """Arguments and environments of the run's processes, its own arguments included."""
    run = psutil.Process(pid)
    for child in (run, *run.children(recursive=True)):
        try:
            arguments = "\0".join(child.cmdline()).encode()
            variables = json.dumps(child.environ()).encode() if child.pid != pid else b""
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        remains.texts[f"process {child.pid} of {child.name()}"] = arguments + b"\0" + variables


def reader_of_pictures() -> Callable[[Image.Image], list[str]]:
    """The OCR that *reader* uses, as lines of text."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(image: Image.Image) -> list[str]:
        result = engine(image)
        return list(getattr(result, "txts", None) or ())

    return read


async def measure(folder: Path) -> tuple[Row, ...]:
    """The rows of the table: what the run holds of the value, by promised and by other ways."""
    site = LeakySite(LEAKS, NAME)
    remains = await run_with_secret(folder / "promised", site)
    assert site.value == VALUE
    read = reader_of_pictures()
    named = [*remains.found(VALUE), *(f"API key in {place}" for place in remains.found(API_KEY))]
    seen = remains.legible(VALUE, read)
    drawing = LeakySite(PICTURES, NAME)
    drawn = (await run_with_secret(folder / "drawn", drawing)).legible(VALUE, read)
    note = f"{len(LEAKS) + 3} ways of a site; {len(remains.texts)} files, prompts and processes"
    size = sum(map(len, remains.texts.values()))
    texts, pictures = len(remains.texts), len(set(remains.pictures.values()))
    hit = len({place.partition(":")[0] for place in named})
    return (
        Row("secrets", "bytes", texts, texts - hit, f"{note}, {size} bytes", tuple(named)),
        Row("secrets", "pictures, read by OCR", pictures, pictures - len(seen), "", tuple(seen)),
        Row("secrets", "not promised: drawn or turned round by the site", len(PICTURES),
            len(PICTURES) - min(len(PICTURES), len(drawn)), "", tuple(drawn[:3])),
    )  # fmt: skip
