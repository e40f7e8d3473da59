"""Random input at every door: nothing comes out but what the docstrings say.

Each target is a strategy and a function that fails an assertion, or raises what is not documented.
hypothesis draws; what a target leaves of an example is shrunk to the smallest.
"""

import contextlib
import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from tests.gauntlet.rows import Row
from vigorl.agent.benchmarks.grounding import file_samples, grounding_samples
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.viewer.episode_page import write_page
from vigorl.browser.actions import ACTION
from vigorl.browser.boundary import Boundary, HostRule, scheme_of
from vigorl.browser.errors import InconsistentData, UsageError, VigorlError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import Picture
from vigorl.browser.quoting import quoted
from vigorl.browser.text import clean
from vigorl.policy.escape import TAG_NAMES
from vigorl.policy.family import FAMILIES
from vigorl.policy.grammar import parse
from vigorl.tasks.screenspot.rows import read_screenspot
from vigorl.tasks.visual_reasoning.vigorl import read_vigorl_questions

EXAMPLES_AT_ONCE = 400

text = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
"""Any characters, halves of surrogate pairs included."""

numbers = st.one_of(
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.sampled_from(["1e999", "-0", "0x10", "NaN", "٣", "9" * 400, "9" * 5000, "1_000", "½"]),
).map(str)

words = st.one_of(
    st.sampled_from(
        [f"<{name}>" for name in TAG_NAMES] + [f"</{name}>" for name in TAG_NAMES]
        + ["click", "type", "goto", "press", "scroll", "drag", "select", "upload", "accept", "wait",
           "done", "give_up", "zoom", "tab_new", "tab_close", "tab_switch", "hover", "down", "up",
           "enter", "clear", "double", "hold", "with", "Control", '"', '\\"', "\\ud83d", "(", ")",
           ",", "[", "]", "{", "}", "\n", "<|im_end|>",
           '{"name": "search_coordinate", "arguments": {"coordinate": ['],
    ),
    numbers,
    st.tuples(numbers, numbers).map(lambda pair: f"({pair[0]}, {pair[1]})"),
    text.map(lambda word: f'"{word}"'),
    text,
)  # fmt: skip

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=12,
)
"""Any JSON, and what Python writes beside it (NaN)."""


@dataclass(frozen=True)
class Target:
    """One door."""

    name: str
    strategy: Any
    check: Callable[[Any], None]


def _turn(pieces: list[str]) -> None:
    """A model's turn is understood, or told what is wrong with it; never raised."""
    said = " ".join(pieces)
    for family in FAMILIES:
        parsed = parse(said, family.dialect(Frame.of_viewport(1280, 720), ()))
        assert (parsed.action is None) == (parsed.error is not None), said
        if parsed.action is not None:
            ACTION.validate_python(parsed.action)


def _answer(pieces: list[str]) -> None:
    _turn(["<think> now </think>\n<answer>", *pieces, "</answer>"])


_RECORD = [
    {"type": "start", "goal": "g", "policy": {}, "limits": {}, "task": None, "started_at": "now"},
    {"type": "step", "index": 0, "observe_s": 1.0, "act_s": 1.0,
     "seen": {"view": None, "url": "u", "title": "t", "tabs": [], "events": [], "marks": None,
              "ended": False},
     "turn": {"text": "", "thought": "", "points": [], "action": {"type": "back"}}},
    {"type": "end", "status": "done", "reason": "", "answer": "a", "score": {"value": 1.0,
     "why": "w"}, "seen": None, "seconds": 1.0},
]  # fmt: skip


def _record(changes: list[tuple[int, list[Any], Any]]) -> None:
    """A record with something else somewhere is read, or refused; what is read can be shown."""
    lines = json.loads(json.dumps(_RECORD))
    for line, path, value in changes:
        _put(lines[line % len(lines)], path, value)
    data = "\n".join(json.dumps(line) for line in lines) + "\n"
    _read_record(data.encode("utf-8", "surrogatepass"))


def _put(place: Any, path: list[Any], value: Any) -> None:
    for key in path:
        if not isinstance(place, dict) or not place:
            return
        name = list(place)[key % len(place)]
        if key % 3 == 0 or not isinstance(place[name], dict):
            place[name] = value
            return
        place = place[name]


def _read_record(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "trajectory.jsonl").write_bytes(data)
        with contextlib.suppress(UsageError, InconsistentData):
            write_page(read_trajectory(Path(folder)))


def _loader(kind: str) -> Callable[[tuple[Any, list[Any]]], None]:
    """A data set's file of any content is read, or refused with its place."""

    def check(drawn: tuple[Any, list[Any]]) -> None:
        row, more = drawn
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            Image.new("RGB", (8, 8)).save(folder / "a.png")
            rows = [row, *more]
            lines = "".join(f"{json.dumps(each)}\n" for each in rows)
            try:
                match kind:
                    case "manifest":
                        (folder / "manifest.json").write_text(json.dumps(rows))
                        for sample in grounding_samples(folder):
                            assert "/" not in folder_name(sample.id)
                    case "published":
                        (folder / "a.json").write_text(json.dumps(rows))
                        list(file_samples(folder / "a.json"))
                    case "questions":
                        (folder / "a.jsonl").write_text(lines)
                        read_vigorl_questions("vstar", folder / "a.jsonl")
                    case "screenspot":
                        (folder / "screenspot_web.json").write_text(json.dumps(rows))
                        read_screenspot(folder, "v1")
            except VigorlError:
                pass

    return check


def _rows(**fields: Any) -> Any:
    """A row whose fields hold what they should, or anything, or are not there."""
    shape = st.fixed_dictionaries(
        {}, optional={name: st.one_of(inner, values) for name, inner in fields.items()}
    )
    return st.tuples(st.one_of(shape, values), st.lists(shape, max_size=2))


_sides = st.lists(st.one_of(st.integers(-9, 99), st.floats()), min_size=3, max_size=5)
_images = st.sampled_from(["a.png", "..", "/etc/passwd", "../a.png", "", "a\0.png"])
_ids = st.one_of(st.sampled_from(["..", ".", "", "a/b", "x" * 300, "images", "CON"]), text)
_turns = st.lists(
    st.fixed_dictionaries({}, optional={"from": text, "value": text, "role": text}), max_size=3
)


def _picture(data: bytes) -> None:
    """Bytes are a picture, or refused."""
    with contextlib.suppress(VigorlError):
        Picture.from_bytes(data).image()


def _png(drawn: tuple[int, int, list[tuple[int, int]]]) -> bytes:
    width, height, changes = drawn
    with tempfile.SpooledTemporaryFile() as file:
        Image.new("RGB", (width, height)).save(file, "PNG")
        file.seek(0)
        data = bytearray(file.read())
    for place, value in changes:
        data[place % len(data)] = value
    return bytes(data)


def _geometry(drawn: tuple[int, int, tuple[float, ...], tuple[float, float]]) -> None:
    """A point goes to the page and back; a frame without a size is refused."""
    width, height, region, point = drawn
    try:
        frame = Frame(width, height, Box(*region))
    except ValueError:
        return
    back = frame.from_region(frame.to_region(Point(*point)))
    scale = 1 + max(map(abs, (*region, *point, width, height)))
    span = min(frame.region_css_px.width, frame.region_css_px.height)
    slack = 1e-9 * scale * max(width, height) / span
    assert math.isclose(back.x, point[0], rel_tol=1e-6, abs_tol=slack)
    assert math.isclose(back.y, point[1], rel_tol=1e-6, abs_tol=slack)
    inside = Box(0, 0, *point) if min(point) > 0 else Box(0, 0, 1, 1)
    moved = inside.shifted_into(frame.bounds_px)
    assert 0 <= moved.left <= moved.right <= width * (1 + 1e-9)


def _quotes(said: str) -> None:
    """A page's words stay in their quotes, on their line, and are text."""
    line = quoted(said, 200)
    assert json.loads(line, strict=False) is not None
    assert "\n" not in line and line.isprintable(), ascii(line)
    assert clean(clean(said)) == clean(said)
    clean(said).encode()


def _hosts(drawn: tuple[str, str, int]) -> None:
    """A line of a list is one, or refused; each host has an answer, each address a scheme."""
    entry, host, port = drawn
    scheme_of(host)
    try:
        HostRule.parse(entry)
    except UsageError:
        entry = "a.example"
    Boundary(allow=(entry,)).refusal(host, port)
    with contextlib.suppress(UsageError):
        Boundary().also(f"http://{host}:{port}/", host)


_hostish = st.one_of(
    st.sampled_from(["127.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "*.a", "a..b", "10.0.0.0/8",
                     "a:99999", ":80", "[", "xn--", "١٢٧.0.0.1", "℀", "a.example.", "0/0"]),
    st.text("0123456789abcdefx.:[]/*-_%@", max_size=20),
    text,
)  # fmt: skip

_finite = st.floats(-1e6, 1e6, allow_nan=False)

TARGETS: tuple[Target, ...] = (
    Target("turns", st.lists(words, max_size=14), _turn),
    Target("answers", st.lists(words, max_size=8), _answer),
    Target(
        "records",
        st.lists(
            st.tuples(st.integers(0, 9), st.lists(st.integers(0, 30), min_size=1, max_size=4),
                      values),
            max_size=3,
        ),
        _record,
    ),
    Target("records, bytes", st.binary(max_size=300), _read_record),
    Target("manifests", _rows(id=_ids, image=_images, instruction=text, bbox_xyxy=_sides,
                              ui_type=st.sampled_from(["text", "icon"])), _loader("manifest")),
    Target("published sets", _rows(img_filename=_images, img_url=_images, bbox=_sides,
                                   instruction=text, elements=values, element=values,
                                   prompt=text, images=st.lists(_images), answer=text,
                                   image=_images, conversations=_turns), _loader("published")),
    Target("questions", _rows(id=_ids, prompt=text, images=st.lists(_images), answer=text,
                              image=_images, conversations=_turns), _loader("questions")),
    Target("ScreenSpot", _rows(img_filename=_images, bbox=_sides, instruction=text,
                               data_type=text, data_source=text), _loader("screenspot")),
    Target("pictures", st.tuples(st.integers(1, 40), st.integers(1, 40), st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=5)).map(_png), _picture),
    Target("geometry", st.tuples(st.integers(-5, 5000), st.integers(-5, 5000),
                                 st.tuples(*[_finite] * 4), st.tuples(_finite, _finite)),
           _geometry),
    Target("quotes", st.text(st.characters(codec=None, exclude_categories=())), _quotes),
    Target("hosts", st.tuples(_hostish, _hostish, st.integers(0, 70000)), _hosts),
)  # fmt: skip


def fuzzed(target: Target, seconds: float, first_seed: int = 0) -> tuple[int, str]:
    """How many examples were tried in this time, and what broke; empty where nothing did."""
    count = 0
    ends_s = time.monotonic() + seconds
    round_ = first_seed
    while True:

        def check(example: Any) -> None:
            nonlocal count
            count += 1
            target.check(example)

        limits = settings(
            max_examples=EXAMPLES_AT_ONCE,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        try:
            seed(round_)(limits(given(target.strategy)(check)))()
        except Exception as error:  # whatever it is, it is what the row tells
            notes = " ".join(getattr(error, "__notes__", ()))
            return count, f"{type(error).__name__}: {str(error)[:300]} {notes[:300]}"
        round_ += 1
        if time.monotonic() > ends_s:
            return count, ""


def measure(seconds: float = 600.0) -> tuple[Row, ...]:
    """The row of the table: doors through which nothing came but documented errors."""
    broke, total = [], 0
    for target in TARGETS:
        count, how = fuzzed(target, seconds / len(TARGETS))
        total += count
        if how:
            broke.append(f"{target.name}: {how}")
    held = len(TARGETS) - len(broke)
    note = f"{total:,} examples in {seconds:.0f} s"
    return (Row("fuzzing", "doors for data and words", len(TARGETS), held, note, tuple(broke)),)
