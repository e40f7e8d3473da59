"""The checkpoint that several processes resume from: the first one's, copied to who lacks it.

Processes on machines without a shared disk each have a run folder of their own, and the first one
alone writes checkpoints.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import torch

from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import whole_folder
from vigorl.training.run.ranks import Ranks

_PART_BYTES = 64 * 2**20
"""That travel at a time."""


def checkpoint_of_all(ranks: Ranks, folder: Path, newest: Path | None) -> Path | None:
    """The checkpoint that all processes resume from, on this one's disk; None: there is none.

    Args:
        ranks: The processes; all call this.
        folder: Of the run's checkpoints.
        newest: The newest one in it.

    Raises:
        UsageError: another process has one that the first one lacks.
        StorageFault: the disk refuses the copy.
        InfrastructureFault: another process is gone.
    """
    names = ranks.all_gather("" if newest is None else newest.name)
    first = names[0]
    if max(names) > first:
        raise UsageError(
            f"the first process finds {f'step {first}' if first else 'no checkpoint'} in {folder}, "
            f"and another one step {max(names)}: start the first one where that is"
        )
    if not first:
        return None
    if set(names) == {first}:
        return newest
    final = folder / first
    lacks = newest is None or newest.name != first
    with whole_folder(final) if lacks else nullcontext() as partial:
        for path, part in _parts(ranks, final):
            if partial is not None:
                (partial / path).parent.mkdir(parents=True, exist_ok=True)
                with (partial / path).open("ab") as file:
                    file.write(part)
    return final


def _parts(ranks: Ranks, final: Path) -> Iterator[tuple[str, bytes]]:
    """The files of the first one's checkpoint, piece by piece."""
    own = [
        (path.relative_to(final).as_posix(), path.stat().st_size)
        for path in (sorted(final.rglob("*")) if ranks.is_first else ())
        if path.is_file()
    ]
    for path, size in ranks.all_gather(own)[0]:
        yield path, b""  # which makes a file that is empty
        for begin in range(0, size, _PART_BYTES):
            part = torch.empty(min(_PART_BYTES, size - begin), dtype=torch.uint8)
            if ranks.is_first:
                with (final / path).open("rb") as file:
                    file.seek(begin)
                    part = torch.frombuffer(bytearray(file.read(len(part))), dtype=torch.uint8)
            ranks.broadcast(0, part)
            yield path, part.numpy().tobytes()
