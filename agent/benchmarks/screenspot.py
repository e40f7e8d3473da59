"""ScreenSpot as samples of an evaluation, and the authors' tables from its results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.evaluation.evaluation import Result, Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.trajectory import as_json
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import NO_CLICK, StaticScreenshot
from vigorl.tasks.entries import read_file
from vigorl.tasks.screenspot.rows import (
    IMAGE_FOLDERS,
    SOURCES,
    ScreenspotRow,
    Version,
    image_path,
    read_screenspot,
)
from vigorl.tasks.screenspot.tables import Correctness, ScoreTable, SixCells, pro_tables, six_cells

_ROW = TypeAdapter(ScreenspotRow)


def screenspot_samples(data: Path, version: Version, limit: int | None = None) -> list[Sample]:
    """One episode for each row: click what the instruction names, on the whole image.

    Args:
        data: A copy, as published.
        version: Which ScreenSpot it is.
        limit: How many rows; None: all.

    Raises:
        UsageError: the copy has no such files, a row is not as it should be, or an image lacks.
    """
    rows = read_screenspot(data, version)[:limit]
    for row in rows:
        if image_path(data, row) is None:
            raise UsageError(
                f"{data}: the image {row.image} of row {row.id} is not there, nor in "
                f"{IMAGE_FOLDERS[version][0]}/. To get ScreenSpot {version}: {SOURCES[version]}"
            )
    return [_sample(data, row) for row in rows]


def recorded_row(task: Mapping[str, Any]) -> ScreenspotRow:
    """The row that an episode was recorded with.

    Raises:
        InconsistentData: it is none.
    """
    try:
        return _ROW.validate_python(task)
    except ValidationError as error:
        raise InconsistentData(f"a recorded task is no row of ScreenSpot: {error}") from error


def screenspot_table(
    rows: Sequence[ScreenspotRow], results: Sequence[Result]
) -> SixCells | dict[str, ScoreTable]:
    """The tables as published: six cells for v1 and v2, four tables for Pro.

    Rows whose episodes have no score, because something beside the policy broke, stay out.

    Args:
        rows: Those that were played.
        results: Of their samples, in any order.
    """
    by_id = {result.id: result for result in results}
    judged = [(row, by_id[row.id]) for row in rows if row.id in by_id]
    scored = [(row, _verdict(result)) for row, result in judged if result.score is not None]
    kept, verdicts = [row for row, _ in scored], [verdict for _, verdict in scored]
    if rows and rows[0].version == "pro":
        return pro_tables(kept, verdicts)
    return six_cells(kept, verdicts)


def _verdict(result: Result) -> Correctness:
    if result.score:
        return "correct"
    return "wrong_format" if result.why == NO_CLICK else "wrong"


def _sample(data: Path, row: ScreenspotRow) -> Sample:
    def make() -> Environment:
        path = image_path(data, row)
        if path is None:
            raise InconsistentData(f"{data}: the image {row.image} is gone")
        named = f"{path}, row {row.id}"
        picture = Picture.from_outside(read_file(path, named), named)
        size_px = (picture.width_px, picture.height_px)
        if row.size_px is not None and row.size_px != size_px:
            raise InconsistentData(f"{path} is {size_px} px, and row {row.id} says {row.size_px}")
        return StaticScreenshot(picture, row.instruction, row.target_px)

    return Sample(
        row.id,
        (f"{row.group} {row.ui_type}", row.group, row.ui_type),
        as_json(row),
        make,
        is_still=True,
        instruction=row.instruction,
        truth=GroundTruth((row.target_px,)),
    )
