"""Names of samples' folders: one for each, whatever the sample is called."""

import hashlib
import re
import shutil
from pathlib import Path

from vigorl.browser.errors import StorageFault
from vigorl.browser.run_folder import disk

RECORD = "trajectory.jsonl"

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_MARKED = re.compile(r".*-[0-9a-f]{12}")
_RESERVED = frozenset({"images", "con", "prn", "aux", "nul"})


def folder_name(sample_id: str) -> str:
    """A sample's id as the name of a folder, never that of another id, a path, or a file of ours.

    A short word in small letters stands for itself; of anything else, a readable part and a hash.
    """
    is_plain = _PLAIN.fullmatch(sample_id) and not _MARKED.fullmatch(sample_id)
    if is_plain and sample_id not in _RESERVED:
        return sample_id
    readable = re.sub(r"[^a-z0-9_]+", "-", sample_id.lower()[:200])[:60].strip("-")
    digest = hashlib.sha256(sample_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable or 'sample'}-{digest[:12]}"


def clear(place: Path, folder: Path) -> None:
    """Take an earlier record of one sample away, and nothing else, ever.

    Args:
        place: The sample's own folder.
        folder: Which it stands in.

    Raises:
        StorageFault: it is not a folder of a record in there, or the disk refuses.
    """
    with disk(folder):
        if not (place / RECORD).exists():
            return
        if place.is_symlink() or place.resolve().parent != folder.resolve():
            raise StorageFault(f"{place} is not a folder in {folder}: it is left alone")
        shutil.rmtree(place)
