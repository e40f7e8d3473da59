"""Data sets of the Hugging Face hub: downloaded once, then taken from its cache."""

from collections.abc import Sequence
from pathlib import Path

import httpx

from vigorl.browser.errors import UsageError


def download(repository: str, files: Sequence[str]) -> Path:
    """The folder with these files of a data set; what lacks is downloaded.

    Args:
        repository: Such as `craigwu/vstar_bench`.
        files: Patterns, such as `*/val-*.parquet`.

    Raises:
        UsageError: `huggingface_hub` is not installed, or the hub cannot be reached and its cache
            has no copy; says what to do.
    """
    by_hand = (
        f"hf download {repository} --repo-type dataset --local-dir DIR "
        f"{' '.join(f'--include {pattern!r}' for pattern in files)}, and then --data DIR"
    )
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise UsageError(
            f"getting {repository} needs huggingface_hub: pip install 'vigorl-agent[data]'. "
            f"Or, where it is installed: {by_hand}"
        ) from error
    try:
        return Path(snapshot_download(repository, repo_type="dataset", allow_patterns=list(files)))
    except (OSError, httpx.HTTPError) as error:  # offline, refused, or not there
        reason = str(error).split("\n")[0]
        raise UsageError(
            f"{repository} cannot be had from the hub ({reason}), and is not in its cache. On a "
            f"machine with a connection: {by_hand}"
        ) from error
