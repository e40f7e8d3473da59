"""Where the gauntlet's parts are asked for by name, and their rows are kept."""

from collections.abc import Callable

import pytest

from tests.gauntlet.rows import Row, keep


@pytest.fixture
def kept(request: pytest.FixtureRequest) -> Callable[[tuple[Row, ...]], tuple[Row, ...]]:
    """Keep the rows of a part for the table, and say what gave way."""

    def kept(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        keep(rows[0].part, rows)
        return rows

    return kept


def all_held(rows: tuple[Row, ...]) -> None:
    """Fail with what gave way, where something did."""
    gave_way = {row.name: row.gave_way for row in rows if row.held < row.tried or row.gave_way}
    assert not gave_way
