"""The page of a study: what an ablation has found, and the trainings and evaluations it is of."""

import json
import math
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.evaluation.statistics import Cell
from vigorl.agent.viewer.server.viewer import viewer_of

FINDINGS = "ablation.json"


def show_study(request: Request) -> Response:
    """`/study/<place>`."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    path = viewer.places.folder(place) / FINDINGS
    try:
        found = json.loads(path.read_bytes())
        outcomes = [_outcome(outcome) for outcome in found["outcomes"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{path} does not hold what a study has found"
        ) from error
    snapshot = viewer.index.snapshot()
    parts = [each for each in snapshot.collections if each.place.startswith(f"{place}/")]
    return viewer.page(
        request,
        "study.html.jinja",
        place=place,
        found=found,
        outcomes=outcomes,
        parts=sorted(parts, key=lambda each: (each.kind, each.place)),
    )


def _outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(outcome["variant"]["name"]),
        "form": _cell(outcome["form"]),
        "score": _cell(outcome["score"]),
        "gain": {name: _finite(outcome["gain"][name]) for name in ("difference", "low", "high")},
        **{name: _finite(outcome[name]) for name in ("points", "looks", "tokens")},
    }


def _cell(values: dict[str, Any]) -> Cell:
    mean, low, high = (_finite(values[name]) for name in ("mean", "low", "high"))
    return Cell(mean, low, high, int(values["n"]))


def _finite(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
