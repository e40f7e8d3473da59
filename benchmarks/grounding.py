"""Hit rates and times of `ScreenReader` and `find` on a folder of labelled screenshots.

    python benchmarks/grounding.py [--data data/real_pages] [--split dev] [--naive] [--errors]

A target counts as hit where the best match's point lies in its box. Times are wall-clock of
`ScreenReader.read`; `--naive` reads every page with plain RapidOCR as well, in turns, and gives the
ratio.
"""

import argparse
import io
import json
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vigorl.agent.evaluation.statistics import wilson
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.reader.matching import find


def main(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.data
    rows = json.loads((folder / "manifest.json").read_text())
    if arguments.split:
        rows = [row for row in rows if row.get("split") == arguments.split]
    by_image: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_image[row["image"]].append(row)
    naive = None
    if arguments.naive:
        from rapidocr import RapidOCR

        naive = RapidOCR(params={"Global.log_level": "error"})
        naive(np.full((64, 200, 3), 255, np.uint8))
    eyes = ScreenReader()
    hits: dict[str, list[bool]] = defaultdict(list)
    times_s, naive_s, find_ms = [], [], []
    for image, targets in by_image.items():
        picture = Picture.from_bytes((folder / image).read_bytes())
        if arguments.jpeg:
            buffer = io.BytesIO()
            picture.image().save(buffer, "JPEG", quality=arguments.jpeg)
            picture = Picture.from_bytes(buffer.getvalue())
        view = View(picture, Frame.of_viewport(picture.width_px, picture.height_px))
        began = time.perf_counter()
        screen = eyes.read(view)
        times_s.append(time.perf_counter() - began)
        if naive is not None:
            began = time.perf_counter()
            naive(np.asarray(Image.open(folder / image).convert("RGB"))[:, :, ::-1])
            naive_s.append(time.perf_counter() - began)
        for target in targets:
            began = time.perf_counter()
            matches = find(screen, target["instruction"])
            find_ms.append(1000 * (time.perf_counter() - began))
            hit = bool(matches) and Box(*target["bbox_xyxy"]).contains(matches[0].point_px)
            hits[target["ui_type"]].append(hit)
            if target["ui_type"] == "text" and target.get("occurrences") == 1:
                hits["text read once"].append(hit)
            if not hit and arguments.errors in (target["ui_type"], "all"):
                best = matches[0] if matches else None
                print(f"{image} {target['instruction']!r} {target['bbox_xyxy']}")
                if best is None:
                    print("    nothing found")
                    continue
                what = getattr(best.source, "text", None) or best.source.names
                print(f"    {best.score:.3f} {best.box_px} {what}")
    for kind, outcomes in hits.items():
        cell = wilson(outcomes)
        print(f"{kind}: {cell.mean:.1%} [{cell.low:.1%}, {cell.high:.1%}] n={cell.n}")
    print(
        f"pages {len(times_s)}: median {statistics.median(times_s):.2f} s, "
        f"90th percentile {np.percentile(times_s, 90):.2f} s, "
        f"find median {statistics.median(find_ms):.1f} ms"
    )
    if naive_s:
        ratios = [mine / other for mine, other in zip(times_s, naive_s, strict=True)]
        print(
            f"plain RapidOCR median {statistics.median(naive_s):.2f} s, "
            f"ratio median {statistics.median(ratios):.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/real_pages"))
    parser.add_argument("--split", default="")
    parser.add_argument("--naive", action="store_true")
    parser.add_argument("--jpeg", type=int, default=0, help="read pages as JPEG of this quality")
    parser.add_argument("--errors", choices=["text", "icon", "all", ""], default="")
    main(parser.parse_args())
