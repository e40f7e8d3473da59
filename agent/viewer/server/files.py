"""What pages refer to: recorded pictures, and the viewer's own style sheets and scripts."""

import re
from http import HTTPStatus
from pathlib import PurePath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from vigorl.agent.viewer.server.viewer import HERE, viewer_of
from vigorl.browser.picture import MEDIA_TYPES

_RECORDED = re.compile(r"[0-9a-f]{64}")
"""The name of a recorded picture: the hash of its bytes."""
_TYPES = {suffix: media_type for media_type, suffix in MEDIA_TYPES.items()}
_STATIC = {".css": "text/css", ".js": "text/javascript"}


async def show_picture(request: Request) -> Response:
    """A recorded picture, and no other file: `/picture/<place of the file>`."""
    path = viewer_of(request).places.path(request.path_params["place"])
    media_type = _TYPES.get(path.suffix.removeprefix("."))
    if media_type is None or not _RECORDED.fullmatch(path.stem) or not path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, "no recorded picture is there")
    kept = {"cache-control": "private, max-age=86400, immutable"}
    return FileResponse(path, media_type=media_type, headers=kept)


async def show_static(request: Request) -> Response:
    """A style sheet or a script of the viewer itself."""
    name = request.path_params["name"]
    media_type = _STATIC.get(PurePath(name).suffix)
    for folder in (HERE, *viewer_of(request).template_folders, HERE.parent):
        if media_type and (folder / name).is_file():
            return FileResponse(folder / name, media_type=media_type)
    raise HTTPException(HTTPStatus.NOT_FOUND, "no such sheet or script")
