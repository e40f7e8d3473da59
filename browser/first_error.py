"""Of several errors that tasks side by side have ended with, the one that is raised."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def first_error(kind: type[Exception] | tuple[type[Exception], ...]) -> Iterator[None]:
    """Raise the first error of a task group as it is, and not as a group; the others as its notes.

    Args:
        kind: Of the errors that are raised like this. Where tasks fail with others as well, a group
            is raised.

    Raises:
        kind: the first error of that kind, where all are of it.
    """
    try:
        yield
    except* kind as group:
        first, *others = _leaves(group)
        for other in others:
            first.add_note(f"at the same time: {type(other).__name__}: {other}")
        raise first from None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for each in error.exceptions:
        yield from _leaves(each)
