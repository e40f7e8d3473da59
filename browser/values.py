"""Values of fields that are no text: read as people write them, written as HTML wants them.

Dates are understood as ISO 8601 writes them, with the month's English name, with the day first
where dots part them, and else as the browser's language orders them between slashes, which is how
the field shows them, unless only the other order gives a date.

Source: the value formats of HTML, section 4.10.5.1 (whatwg.org).
"""

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal, InvalidOperation

from PIL import ImageColor

from vigorl.browser.fields import Field
from vigorl.browser.impossible import Impossible
from vigorl.browser.quoting import quoted

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH_NAME = "(?:" + "|".join(_MONTHS) + r")[a-z]*\.?"
_ISO_DATE = re.compile(r"(\d{4,6})[-/.](\d{1,2})[-/.](\d{1,2})")
_DATE = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})")
_DAY_NAME_YEAR = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?\.? ({_MONTH_NAME}),? (\d{{4}})")
_NAME_DAY_YEAR = re.compile(rf"({_MONTH_NAME}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})")
_TIME = re.compile(
    r"(\d{1,2})[:.h]?(\d{2})(?:[:.](\d{2})(\.\d{1,3})?)?\s?(?:([ap])\.?m\.?)?|(\d{1,2})\s?([ap])m"
)
_DATE_AND_TIME = re.compile(r"(.*\d{4}|\d{4,6}[-/.]\d{1,2}[-/.]\d{1,2})(?:t|,? at |, ?| )(\S.*)")
_ISO_MONTH = re.compile(r"(\d{4,6})[-/.](\d{1,2})")
_MONTH = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NAMED_MONTH = re.compile(rf"({_MONTH_NAME})[ ,]+(\d{{4}})")
_ISO_WEEK = re.compile(r"(\d{4,6})-?w(\d{1,2})")
_WEEK = re.compile(r"(?:week|w)\s?(\d{1,2})[ ,/]+(\d{4})")
_POINT_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,3})?", re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"[-+]?\d+,(?:\d{1,2}|\d{4,})")
_GROUPED_NUMBER = re.compile(r"[-+]?\d{1,3}(?:([ ,'\u202f\u00a0])\d{3})(?:\1\d{3})*\.\d+")


def value_of(text: str, field: Field) -> str:
    """A text as the value of a field of kind `value`; empty text empties it.

    Raises:
        Impossible: it is none that the field could have; the message says which form is wanted.
    """
    read, form = _READERS[field.type]
    text = " ".join(text.split())
    if not text and field.type not in ("color", "range"):
        return ""
    try:
        found = read(text.lower(), field)
    except ValueError:
        found = None
    if found is None:
        name = {"datetime-local": "date and time", "range": "number"}.get(field.type, field.type)
        raise Impossible(f'This field takes a {name}, written like "{form}"; not {quoted(text)}.')
    return found


def number_of(text: str) -> Decimal | None:
    """The number that a text says, with a point or a comma; None where it is none or two."""
    text = text.strip()
    if _COMMA_NUMBER.fullmatch(text):
        text = text.replace(",", ".")
    elif _GROUPED_NUMBER.fullmatch(text):
        text = re.sub(r"[ ,'\u202f\u00a0]", "", text)
    if not _POINT_NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _date_of(text: str, field: Field) -> str | None:
    if found := _ISO_DATE.fullmatch(text):
        return _iso(*found.groups())
    if found := _DAY_NAME_YEAR.fullmatch(text):
        return _iso(found[3], _month(found[2]), found[1])
    if found := _NAME_DAY_YEAR.fullmatch(text):
        return _iso(found[3], _month(found[1]), found[2])
    if found := _DATE.fullmatch(text):
        first, separator, second, year = found.groups()
        if separator == "-" and first != second and int(first) <= 12 and int(second) <= 12:
            return None  # which is the month?
        day_first = separator == "." or field.date_order.startswith("day")
        return _either(year, first, second, day_first=day_first, strict=separator == ".")
    if re.fullmatch(r"\d{8}", text):  # as it is typed into the parts of the field, or ISO
        day_first = field.date_order.startswith("day")
        typed = _either(text[4:], text[:2], text[2:4], day_first=day_first, strict=True)
        return typed or _iso(text[:4], text[4:6], text[6:])
    return None


def _either(year: str, first: str, second: str, *, day_first: bool, strict: bool) -> str | None:
    """The date of this order or, unless `strict`, of the only one that there is."""
    for month, day in ((second, first), (first, second))[:: 1 if day_first else -1]:
        if int(month) <= 12 and int(day) <= 31:
            return _iso(year, month, day)
        if strict:
            return None
    return None


def _time_of(text: str, _: Field) -> str | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds, fraction, half, bare_hours, bare_half = found.groups()
    hour, half = int(hours or bare_hours), half or bare_half
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half == "p")
    moment = time(hour, int(minutes or 0), int(seconds or 0))
    fraction = (fraction or "").rstrip(".0")
    return moment.strftime("%H:%M:%S" if moment.second or fraction else "%H:%M") + fraction


def _moment_of(text: str, field: Field) -> str | None:
    found = _DATE_AND_TIME.fullmatch(text)
    if found is None:
        return None
    day, moment = _date_of(found[1].rstrip(","), field), _time_of(found[2], field)
    return f"{day}T{moment}" if day and moment else None


def _month_of(text: str, _: Field) -> str | None:
    if found := _ISO_MONTH.fullmatch(text):
        year, month = found.groups()
    elif found := _MONTH.fullmatch(text):
        month, year = found.groups()
    elif found := _NAMED_MONTH.fullmatch(text):
        year, month = found[2], _month(found[1])
    else:
        return None
    return _iso(year, month, "1")[: -len("-01")]


def _week_of(text: str, _: Field) -> str | None:
    if found := _ISO_WEEK.fullmatch(text):
        year, week = found.groups()
    elif found := _WEEK.fullmatch(text):
        week, year = found.groups()
    else:
        return None
    date.fromisocalendar(int(year), int(week), 1)  # there is such a week
    return f"{int(year):04}-W{int(week):02}"


def _colour_of(text: str, _: Field) -> str | None:
    if re.fullmatch(r"[0-9a-f]{6}", text):
        text = f"#{text}"
    red, green, blue = ImageColor.getrgb(text)[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _position_of(text: str, field: Field) -> str | None:
    wanted = number_of(text.removesuffix("%").strip())
    if wanted is None:
        return None
    least, most = number_of(field.least) or Decimal(0), number_of(field.most)
    most = Decimal(100) if most is None else most
    if not least <= wanted <= most:
        raise Impossible(f"This slider goes from {least} to {most}; {wanted} is outside.")
    step = Decimal(1) if field.step == "" else number_of(field.step)
    if step and (field.step != "any"):
        start = number_of(field.least)
        start = number_of(field.initial) if start is None else start
        rest = (wanted - (start or Decimal(0))) % step
        if rest:
            below = wanted - rest if rest > 0 else wanted - rest - step
            raise Impossible(
                f"This slider moves in steps of {step}: it can stand at {below.normalize():f} or "
                f"{(below + step).normalize():f}, "
                f"not at {wanted}."
            )
    return f"{wanted.normalize():f}"


def _iso(year: str, month: str, day: str) -> str:
    return date(int(year), int(month), int(day)).isoformat()


def _month(name: str) -> str:
    return str(_MONTHS.index(name[:3]) + 1)


_READERS: dict[str, tuple[Callable[[str, Field], str | None], str]] = {
    "date": (_date_of, "1990-05-17"),
    "time": (_time_of, "14:30"),
    "month": (_month_of, "1990-05"),
    "week": (_week_of, "1990-W20"),
    "datetime-local": (_moment_of, "1990-05-17T14:30"),
    "color": (_colour_of, "#ff0000"),
    "range": (_position_of, "42"),
}
"""By the type of an input: how its value is read, and an example."""
