"""What pages are made from and lead to: fields, addresses, long lists page by page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

LARGEST = 999_999_999
"""Number that is read from what people write."""


def go(url: str) -> RedirectResponse:
    """Lead on after a form, so that going back and loading again change nothing."""
    return RedirectResponse(url, HTTPStatus.SEE_OTHER)


def text_of(form: FormData, field: str) -> str:
    """What was written into a field, without white space around it; empty where nothing was."""
    value = form.get(field)
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def slug(title: str) -> str:
    """A title as a part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50] or "-"


def whole(value: str | None, otherwise: int) -> int:
    """The number that a text is, from 0 to `LARGEST`."""
    if not value or not value.isascii() or not value.isdigit():
        return otherwise
    return int(value) if len(value) <= len(str(LARGEST)) else LARGEST


@dataclass(frozen=True)
class ListPage:
    """One page of a long list."""

    rows: Sequence[Any]
    total: int
    number: int
    """Of the page, from 1."""
    size: int

    @classmethod
    def of(cls, rows: Sequence[Any], number: int, size: int) -> "ListPage":
        """Cut a list."""
        number = max(1, number)
        return cls(rows[(number - 1) * size : number * size], len(rows), number, size)

    @property
    def count(self) -> int:
        """Of pages."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Place of the first row, from 1."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Place of the last row."""
        return self.first + len(self.rows) - 1 if self.rows else 0
