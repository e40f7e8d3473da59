"""Still pictures with targets, whichever way they are kept, as samples."""

from pathlib import Path

from vigorl.agent.benchmarks.generated import holds_shards, shard_samples
from vigorl.agent.benchmarks.grounding import file_samples, grounding_samples
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.browser.errors import UsageError
from vigorl.browser.grounding_rule import GroundingRule


def still_samples(
    data: Path,
    images: Path | None = None,
    limit: int | None = None,
    rule: GroundingRule = "hit",
) -> list[Sample]:
    """The samples of a folder with manifest.json, of one of shards, or of a file of others.

    Args:
        data: The folder or file.
        images: Where image paths of a file begin; None: beside it or above.
        limit: Only so many, the first ones.
        rule: What an answer is, and when it is right.

    Raises:
        UsageError: it is none of these, or an entry is broken; names it.
    """
    if data.is_file():
        return file_samples(data, images, limit, rule)
    if images is not None:
        raise UsageError("--images is for a file of rows; a folder has its images in it")
    return (shard_samples if holds_shards(data) else grounding_samples)(data, limit, rule)
