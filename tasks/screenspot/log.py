"""Published logs of predictions on ScreenSpot-Pro, to be judged again.

Such a log keeps a prediction in whole pixels, cut off: where the model pointed at 713.4, it says
713. The official script judged the point itself, so that a prediction on a right or lower border
was mostly beyond it. The middle of the pixel stands for the point here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Point
from vigorl.tasks.entries import entries_of
from vigorl.tasks.screenspot.rows import ScreenspotRow, read_screenspot
from vigorl.tasks.screenspot.tables import Correctness, judge


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row of a log."""

    row: ScreenspotRow
    point_px: Point | None
    """Pixels of the image; None where the answer could not be read."""
    correctness: str
    """As the log has it: `correct`, `wrong` or `wrong_format`."""

    @property
    def verdict(self) -> Correctness:
        """As it is judged here."""
        return judge(self.point_px, self.row.target_px)


def read_log(path: Path) -> list[Prediction]:
    """The predictions of a log.

    Raises:
        UsageError: it cannot be read, or is no log of ScreenSpot-Pro.
    """
    rows = read_screenspot(path, "pro")
    predictions = []
    for number, (row, entry) in enumerate(zip(rows, entries_of(path), strict=True)):
        try:
            point_px = _middle(entry["pred"])
            predictions.append(Prediction(row, point_px, str(entry["correctness"])))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{path}, row {number}: no prediction and verdict") from error
    return predictions


def _middle(pixel: Any) -> Point | None:
    if pixel is None:
        return None
    x, y = pixel
    return Point(x + 0.5, y + 0.5)
