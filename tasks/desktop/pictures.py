"""Tasks with an image viewer: turn a picture upright, delete one, each known by what it shows."""

import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from vigorl.browser.actions import Press, Wait
from vigorl.browser.environment import Score
from vigorl.tasks.desktop.file_manager import STEMS
from vigorl.tasks.desktop.installed import InstalledTask, write_file
from vigorl.tasks.desktop.task import DesktopStep, press, told
from vigorl.tasks.local.draw import Draw
from vigorl.tasks.local.embedded import verdict

JOBS = ("turn", "delete")
SHAPES = ("triangle", "square", "circle", "star", "cross")
COLOURS = {
    "red": "#c62828",
    "green": "#2e7d32",
    "blue": "#1565c0",
    "orange": "#ef6c00",
    "black": "#202020",
}
PAPERS = ("#ffffff", "#f3e9d2", "#dde7f0", "#e6e6e6")
TURNS = {90: ("l",), 180: ("r", "r"), 270: ("r",)}
"""Keys of the viewer that undo a turn by so many degrees, clockwise."""

_BACKGROUNDS = {"Adwaita": "#ffffff", "Adwaita-dark": "#2d2d2d", "HighContrast": "#000000"}
"""Around a picture, by theme."""

_DIALOG_S = 0.5
"""Time for what a button does that was pressed by a key, which GTK begins after 250 ms."""


class PicturesTask(InstalledTask):
    """Turn a picture and save it, or delete one."""

    name = "pictures"
    summary = "turn a picture upright or delete one in an image viewer, by what it shows"
    program = package = "gpicview"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Four pictures, among them one arrow; the second has a shape or colour of the first."""
        names = sorted(f"{stem}.png" for stem in draw.words(STEMS, 4))
        shape, other, third = draw.several(SHAPES, 3)
        colour, alike, *rest = draw.several(list(COLOURS), 4)
        kinds = [
            (shape, colour),
            (shape, alike) if draw.chance(0.5) else (other, colour),
            (third, rest[0]),
            ("arrow", rest[1]),
        ]
        pictures = [
            {
                "name": name,
                "shape": kinds[kind][0],
                "colour": kinds[kind][1],
                "paper": draw.one(PAPERS),
                "size_px": [draw.whole(200, 320), draw.whole(130, 190)],
                "turned": draw.one(list(TURNS)) if kinds[kind][0] == "arrow" else 0,
            }
            for name, kind in zip(names, draw.shuffled(range(4)), strict=True)
        ]
        job = draw.one(JOBS)
        wanted = "arrow" if job == "turn" else shape
        found = [(each["shape"], each["colour"]) for each in pictures]
        target = found.index((wanted, rest[1] if job == "turn" else colour))
        return {"job": job, "pictures": pictures, "first": draw.whole(0, 3), "target": target}

    def files(self, spec: Mapping[str, Any]) -> Mapping[str, bytes]:
        """The pictures."""
        return {each["name"]: _png(_picture(each)) for each in spec["pictures"]}

    def fill(self, home: Path, parameters: Mapping[str, Any]) -> None:
        """The settings of the viewer as well: it asks before it saves and deletes."""
        super().fill(home, parameters)
        background = _BACKGROUNDS[parameters["look"]["theme"]]
        settings = f"[General]\nask_before_save=1\nask_before_delete=1\nbg={background}\n"
        write_file(home / ".config/gpicview/gpicview.conf", settings)

    def command(self, spec: Mapping[str, Any]) -> str:
        """The viewer, with one of the pictures; the others are found by it."""
        return f"gpicview {spec['pictures'][spec['first']]['name']}"

    def read(self, home: Path) -> Mapping[str, Any]:
        """The pictures by their pixels, with size; "no picture" of other files."""
        found = sorted(path for path in home.glob("*") if not path.name.startswith("."))
        return {"pictures": {path.name: _digest_of_file(path) for path in found}}

    def goal(self, spec: Mapping[str, Any]) -> str:
        """What the picture shows, and what becomes of it."""
        target = spec["pictures"][spec["target"]]
        if spec["job"] == "turn":
            return "One picture shows an arrow: turn it so that the arrow points up, and save it."
        return f"Delete the picture of a {target['colour']} {target['shape']}."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """Go to the picture, by the keys of the viewer."""
        if spec["job"] == "turn":
            keys = TURNS[spec["pictures"][spec["target"]]["turned"]]
            return [*_found(spec), *map(press, keys), *_SAVED]
        return [*_found(spec), *_DELETED]

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Refused in the dialog; another picture; another turn; more than was asked for."""
        refused = [*self.plan(spec)[:-1], told('click the "No" button', Press("Alt+n"))]
        if spec["job"] == "turn":
            keys = TURNS[spec["pictures"][spec["target"]]["turned"]]
            found = _found(spec)
            return {
                "refused": refused,
                "not saved": self.plan(spec)[:-2],
                "another picture": [*_found(spec, beyond=1), *map(press, keys), *_SAVED],
                "another turn": [*found, press("l" if keys == ("r",) else "r"), *_SAVED],
                "mirrored": [*found, *map(press, keys), press("h"), *_SAVED],
            }
        return {
            "refused": refused,
            "another picture": [*_found(spec, beyond=1), *_DELETED],
            "two pictures": [*self.plan(spec), *_DELETED],
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The picture is upright or gone, and all others are as they were."""
        wanted = {each["name"]: _digest(_picture(each)) for each in spec["pictures"]}
        target = spec["pictures"][spec["target"]]
        if spec["job"] == "turn":
            wanted[target["name"]] = _digest(_picture({**target, "turned": 0}))
        else:
            del wanted[target["name"]]
        wrong = sorted({name for name, _ in set(wanted.items()) ^ set(state["pictures"].items())})
        return verdict((bool(wrong), f"not as asked for: {wrong}"))


def _found(spec: Mapping[str, Any], beyond: int = 0) -> list[DesktopStep]:
    """To the picture, or beyond it; the viewer goes through them by name, and round."""
    steps = (spec["target"] + beyond - spec["first"]) % len(spec["pictures"])
    return [press("ArrowRight")] * steps


_YES = told('click the "Yes" button', Press("Alt+y"), Wait(_DIALOG_S))
_SAVED = (press("s"), _YES)
_DELETED = (press("Delete"), _YES)


def _picture(told: Mapping[str, Any]) -> Image.Image:
    """One picture, turned clockwise by its degrees; without anything between two colours."""
    width_px, height_px = told["size_px"]
    image = Image.new("RGB", (width_px, height_px), told["paper"])
    pen = ImageDraw.Draw(image)
    middle_px, radius_px = (width_px // 2, height_px // 2), height_px // 2 - 20
    colour = COLOURS[told["colour"]]
    if told["shape"] == "circle":
        pen.circle(middle_px, radius_px, fill=colour)
    else:
        corners = [
            (middle_px[0] + round(radius_px * x), middle_px[1] + round(radius_px * y))
            for x, y in _OUTLINES[told["shape"]]
        ]
        pen.polygon(corners, fill=colour)
    if told["shape"] == "arrow":  # on one side of it, so that its mirror image is another picture
        pen.rectangle((10, height_px - 30, 30, height_px - 10), fill=colour)
    return image.rotate(-told["turned"], expand=True)


def _star() -> list[tuple[float, float]]:
    """The ten corners of a star, from the uppermost."""
    return [
        (
            (1 if each % 2 == 0 else 0.4) * math.sin(each * math.pi / 5),
            -(1 if each % 2 == 0 else 0.4) * math.cos(each * math.pi / 5),
        )
        for each in range(10)
    ]


_OUTLINES: dict[str, Sequence[tuple[float, float]]] = {
    "triangle": ((0, -1), (1, 1), (-1, 1)),
    "square": ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
    "star": _star(),
    "cross": (
        *((-0.3, -1), (0.3, -1), (0.3, -0.3), (1, -0.3), (1, 0.3), (0.3, 0.3)),
        *((0.3, 1), (-0.3, 1), (-0.3, 0.3), (-1, 0.3), (-1, -0.3), (-0.3, -0.3)),
    ),
    "arrow": ((0, -1), (0.8, 0), (0.3, 0), (0.3, 1), (-0.3, 1), (-0.3, 0), (-0.8, 0)),
}
"""Corners of shapes, of which -1 to 1 is what there is room for."""


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _digest(image: Image.Image) -> str:
    """Size and pixels of a picture, in few characters."""
    pixels = hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()
    return f"{image.width}x{image.height} {pixels[:16]}"


def _digest_of_file(path: Path) -> str:
    try:
        with Image.open(path) as image:
            return _digest(image)
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
    ):  # Pillow's of bad files
        return "no picture"
