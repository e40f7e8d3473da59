"""Tiny copies of the benchmarks in their own layouts, and a server that answers questions."""

import io
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image, ImageDraw
from pyarrow import parquet


def image(width_px: int = 40, height_px: int = 30, colour: str = "white") -> Image.Image:
    return Image.new("RGB", (width_px, height_px), colour)


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def stored(picture: Image.Image) -> dict[str, Any]:
    """As the hub's library stores images."""
    return {"bytes": encoded(picture), "path": None}


def write_parquet(path: Path, rows: list[dict[str, Any]], group: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)


def write_vstar(folder: Path, questions: int = 2) -> Path:
    """So many questions of each part; the first option, `red …`, is right."""
    for group in ("direct_attributes", "relative_position"):
        (folder / group).mkdir(parents=True)
        for number in range(questions):
            colour = "white" if group == "direct_attributes" else "black"
            image(60, 40, colour).save(folder / group / f"sa_{number}.jpg")
            entry = {
                "target_object": ["glove"],
                "bbox": [[10, 5, 20, 30]],
                "question": f"What colour is glove {number}?",
                "options": [f"{name} {number}" for name in ("red", "green", "blue", "grey")],
            }
            (folder / group / f"sa_{number}.json").write_text(json.dumps(entry))
    return folder


def blink_row(
    task: str, number: int, images: int, choices: list[str], answer: str
) -> dict[str, Any]:
    listed = "\n".join(f"({letter}) {text}" for letter, text in zip("ABCD", choices, strict=False))
    pictures = [stored(image(20 + 10 * n, 30, "blue")) if n < images else None for n in range(4)]
    return {
        "idx": f"val_{task}_{number}",
        "sub_task": task,
        "question": "How many?",
        **{f"image_{n}": picture for n, picture in enumerate(pictures, 1)},
        "choices": choices,
        "answer": answer,
        "prompt": f"How many are there?\nSelect from the following choices.\n{listed}",
    }


def write_blink(folder: Path) -> Path:
    counting = [blink_row("Counting", n, 1, ["0", "3", "2", "1"], "(D)") for n in range(3)]
    jigsaw = [blink_row("Jigsaw", 1, 3, ["the second image", "the third image"], "(A)")]
    write_parquet(folder / "Counting" / "val-00000-of-00001.parquet", counting)
    write_parquet(folder / "Jigsaw" / "val-00000-of-00001.parquet", jigsaw)
    write_parquet(folder / "Jigsaw" / "test-00000-of-00001.parquet", jigsaw)
    return folder


def sat_row(kind: str, images: int) -> dict[str, Any]:
    return {
        "image_bytes": [encoded(image(30, 20 + n), "JPEG") for n in range(images)],
        "question": "Did it move?",
        "answers": ["moved left", "moved right"],
        "question_type": kind,
        "correct_answer": "moved right",
    }


def write_sat(folder: Path) -> Path:
    rows = [sat_row("obj_movement", 2), sat_row("perspective", 1), sat_row("obj_movement", 2)]
    write_parquet(folder / "SAT_test.parquet", rows)
    return folder


OUTLINE = "[(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]"
"""The right half of a picture."""


def mask(width_px: int = 40, height_px: int = 30) -> Image.Image:
    """The right half is white."""
    drawn = Image.new("L", (width_px, height_px), 0)
    ImageDraw.Draw(drawn).rectangle((width_px // 2, 0, width_px, height_px), fill=255)
    return drawn


def robospatial_row(number: int, category: str) -> dict[str, Any]:
    if category == "context":
        asked = f"Point at several places of vacant space {number}."
        return {"category": category, "question": asked, "answer": OUTLINE}
    return {"category": category, "question": f"Does it fit, {number}?", "answer": "Yes"}


def write_robospatial(folder: Path, rows: int = 2) -> Path:
    """As the authors' script downloads it."""
    (folder / "images").mkdir(parents=True)
    image().save(folder / "images" / "a.png")
    mask().save(folder / "images" / "mask.png")
    entries = [
        {
            **robospatial_row(number, category),
            "img": "images/a.png",
            "depth_image": None,
            "mask": "images/mask.png" if category == "context" else None,
        }
        for category in ("configuration", "compatibility", "context")
        for number in range(rows)
    ]
    (folder / "annotations.json").write_text(json.dumps(entries))
    return folder


def write_robospatial_parquet(folder: Path) -> Path:
    """As the hub has it."""
    for category in ("configuration", "context"):
        rows = [
            {
                **robospatial_row(number, category),
                "img": stored(image()),
                "depth_image": stored(mask()),
                "mask": stored(mask()) if category == "context" else None,
            }
            for number in range(3)
        ]
        write_parquet(folder / "data" / f"{category}-00000-of-00001.parquet", rows)
    return folder


class AnsweringServer:
    """An OpenAI-compatible server whose model says what a rule makes of the text it was asked."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        self.asked: list[tuple[str, int]] = []
        """Text of each first message, and how many pictures it had."""
        self.looks_closer = False
        """Whether it zooms before it answers."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer({"object": "list", "data": [{"id": "rule", "owned_by": "us"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                first = next(each for each in body["messages"] if each["role"] == "user")
                text = "".join(p["text"] for p in first["content"] if p["type"] == "text")
                pictures = sum(part["type"] == "image_url" for part in first["content"])
                outer.asked.append((text, pictures))
                words = f"<think> I looked at (5, 5). </think>\n<answer> {rule(text)} </answer>"
                if outer.looks_closer and body["messages"][-1] == first:
                    call = {"name": "search_coordinate", "arguments": {"coordinate": [20, 20]}}
                    words = f"<think> What? </think>\n<tool_call>{json.dumps(call)}</tool_call>"
                message = {"role": "assistant", "content": words}
                self.answer({"choices": [{"message": message, "finish_reason": "stop"}]})

            def answer(self, content: dict[str, Any]) -> None:
                data = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
