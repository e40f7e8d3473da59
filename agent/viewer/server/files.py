"""What pages refer to: recorded pictures, and the viewer's own style sheets and scripts."""

import io
import posixpath
import re
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path, PurePath

from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from vigorl.agent.viewer.server.viewer import HERE, Viewer, viewer_of
from vigorl.browser.picture import MEDIA_TYPES

_RECORDED = re.compile(r"[0-9a-f]{64}")
"""The name of a recorded picture: the hash of its bytes."""
_TYPES = {suffix: media_type for media_type, suffix in MEDIA_TYPES.items()}
_KEPT = {"cache-control": "private, max-age=86400, immutable"}
_STATIC = {".css": "text/css", ".js": "text/javascript"}


def show_picture(request: Request) -> Response:
    """A recorded picture, and no other file: `/picture/<place of the file>`."""
    path = _recorded_picture(viewer_of(request), request.path_params["place"])
    return FileResponse(path, media_type=_TYPES[path.suffix.removeprefix(".")], headers=_KEPT)


def _recorded_picture(viewer: Viewer, place: str) -> Path:
    """The file of a recorded picture at a place; what leads up the tree is gone along.

    Raises:
        HTTPException: there is none (404).
    """
    path = viewer.places.path(posixpath.normpath(place))
    is_named_so = path.suffix.removeprefix(".") in _TYPES and _RECORDED.fullmatch(path.stem)
    if not is_named_so or not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, "no recorded picture is there")
    return path


THUMBNAIL_WIDTH_PX, THUMBNAIL_HEIGHT_PX = 256, 432


def show_thumbnail(request: Request) -> Response:
    """The last screen of an episode, made small: `/thumbnail/<place of its folder>`."""
    viewer = viewer_of(request)
    place = request.path_params["place"].strip("/")
    entry = next((each for each in viewer.index.latest.episodes if each.place == place), None)
    if entry is None or not entry.picture:
        raise HTTPException(HTTPStatus.NOT_FOUND, "no picture of it is known")
    path = _recorded_picture(viewer, f"{place}/{entry.picture}")
    data = _small(path, path.stat().st_mtime_ns)
    return Response(data, media_type="image/jpeg", headers=_KEPT)


@lru_cache(maxsize=1024)
def _small(path: Path, changed_ns: int) -> bytes:
    """A picture made small, as JPEG: a few kB."""
    try:
        with Image.open(path) as image:
            image.draft("RGB", (THUMBNAIL_WIDTH_PX, THUMBNAIL_HEIGHT_PX))
            image.thumbnail((THUMBNAIL_WIDTH_PX, THUMBNAIL_HEIGHT_PX))
            data = io.BytesIO()
            image.convert("RGB").save(data, "JPEG", quality=78)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"{path.name} is no picture: {error}") from error
    return data.getvalue()


async def show_static(request: Request) -> Response:
    """A style sheet or a script of the viewer itself."""
    name = request.path_params["name"]
    media_type = _STATIC.get(PurePath(name).suffix)
    for folder in (HERE, *viewer_of(request).template_folders, HERE.parent):
        if media_type and (folder / name).is_file():
            return FileResponse(folder / name, media_type=media_type)
    raise HTTPException(HTTPStatus.NOT_FOUND, "no such sheet or script")
