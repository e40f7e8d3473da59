"""The wire format of an environment service: observations and faults as JSON, pictures as bytes.

A message names its pictures by their sha256. Their bytes go before it, each as a binary frame and
each once, whatever names it later; a client that takes no binary frames gets them within the
message, in base64.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from vigorl.browser import errors
from vigorl.browser.environment import Score
from vigorl.browser.errors import InconsistentData, InfrastructureFault, ServiceFault
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View

SUBPROTOCOL = "vigorl.environments.1"
"""Of a client that takes pictures as binary frames; its number changes with this format."""

MOST_REQUEST_BYTES = 1 << 20
"""Of one message to the service."""
MOST_ANSWER_BYTES = 64 << 20
"""Of one message or picture from it."""

TRY_LATER = 1013
"""Code of a connection that is closed because there is no place now (registry of RFC 6455)."""

_WITH_PICTURES = ("view", "pictures")
_HINTS = get_type_hints(Observation)
_PARTS: dict[str, TypeAdapter[Any]] = {
    each.name: TypeAdapter(_HINTS[each.name])
    for each in fields(Observation)
    if each.name not in _WITH_PICTURES
}
"""Of every other field, so that a new one travels without being named here."""

SCORE: TypeAdapter[Score | None] = TypeAdapter(Score | None)


@dataclass(frozen=True, slots=True)
class AskedTask:
    """Which task's world a session is to be reset to."""

    environment: str
    """`tasks`, `miniwob`, `standin` or `stills`."""
    task: str
    """`login`, `click-button`, `reddit/3`, or the id of a sample."""
    seed: int | None = None
    told: str = "goal"
    """`goal`, or `instructions`, step by step, where the task has them."""
    marked: bool = False
    """Whether elements are numbered on the screen."""
    zoom: bool = False
    """Whether the service answers `zoom`, for clients that have no part of this package."""
    row_sha256: str = ""
    """Of the row as the client knows it; empty: whatever the service draws."""
    episode_id: str | None = None


ASKED_TASK = TypeAdapter(AskedTask)


def row_sha256(row: Mapping[str, Any]) -> str:
    """Hex digest of a task's row, by which both ends see that they mean the same task."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def named(picture: Picture) -> dict[str, Any]:
    """A picture's name and size, without its bytes."""
    size = {"width_px": picture.width_px, "height_px": picture.height_px}
    return {"sha256": picture.sha256, "media_type": picture.media_type, **size}


def inlined(picture: Picture) -> dict[str, Any]:
    """The same with its bytes, in base64."""
    return {**named(picture), "base64": base64.b64encode(picture.data).decode()}


def picture_of(name: Mapping[str, Any], pictures: Mapping[str, Picture]) -> Picture:
    """The picture of a name.

    Raises:
        InconsistentData: its bytes have not come, or have another size.
    """
    picture = pictures.get(name["sha256"])
    if picture is None:
        raise InconsistentData(f"the picture {name['sha256']} was named and never sent")
    if named(picture) != dict(name):
        raise InconsistentData(f"a picture was called {dict(name)} and is {named(picture)}")
    return picture


def pictures_of(observation: Observation) -> tuple[Picture, ...]:
    """All pictures that an observation shows."""
    view = () if observation.view is None else (observation.view.picture,)
    return (*view, *observation.pictures)


def observation_as_json(observation: Observation, is_inlined: bool = False) -> dict[str, Any]:
    """An observation as JSON that names its pictures, or holds them."""
    written = inlined if is_inlined else named
    view = observation.view
    parts: dict[str, Any] = {
        name: part.dump_python(getattr(observation, name), mode="json")
        for name, part in _PARTS.items()
    }
    parts["view"] = None
    if view is not None:
        frame = [view.frame.width_px, view.frame.height_px, *_edges(view.frame.region_css_px)]
        parts["view"] = {"picture": written(view.picture), "frame": frame, "kind": view.kind}
    parts["pictures"] = [written(picture) for picture in observation.pictures]
    return parts


def observation_of(parts: Mapping[str, Any], pictures: Mapping[str, Picture]) -> Observation:
    """The observation that JSON tells of.

    Args:
        parts: As `observation_as_json` made it.
        pictures: Those that have come, by their sha256.

    Raises:
        InconsistentData: it names a picture that has not come.
        ValueError, LookupError, TypeError: it is no observation.
    """
    told = {name: part.validate_python(parts[name]) for name, part in _PARTS.items()}
    view = None
    if parts["view"] is not None:
        width_px, height_px, *edges = parts["view"]["frame"]
        picture = picture_of(parts["view"]["picture"], pictures)
        view = View(picture, Frame(width_px, height_px, Box(*edges)), parts["view"]["kind"])
    beside = tuple(picture_of(name, pictures) for name in parts["pictures"])
    return Observation(view, **told, pictures=beside)


def score_as_json(score: Score | None) -> dict[str, Any] | None:
    """A score as JSON."""
    return None if score is None else asdict(score)


def box_as_json(box: Box) -> list[float]:
    """A box as `bbox_xyxy`."""
    return list(_edges(box))


def fault_of(kind: str, message: str) -> InfrastructureFault:
    """The fault of this name, as the service has met it; one of the service where it is unknown."""
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, InfrastructureFault):
        return found(message)
    return ServiceFault(f"{kind}: {message}")


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom
