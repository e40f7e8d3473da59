"""Print the gauntlet's table, and with --write put it into SECURITY.md: `python table.py`."""

import json
import sys

from tests.gauntlet.rows import RESULTS, ROOT, Measured, Row

PARTS = ("egress", "injection", "secrets", "faults", "answer key", "fuzzing")
BEGIN, END = "<!-- gauntlet -->", "<!-- /gauntlet -->"
MOST_WORDS = 400


def read() -> list[Measured]:
    """What was measured, in the order of the table."""
    found = []
    for part in PARTS:
        path = RESULTS / f"{part}.json"
        if path.is_file():
            raw = json.loads(path.read_text(encoding="utf-8"))
            rows = tuple(Row(**{**row, "gave_way": tuple(row["gave_way"])}) for row in raw["rows"])
            found.append(Measured(rows, raw["commit"], raw["machine"], raw["date"]))
    return found


def markdown(measured: list[Measured]) -> str:
    """The table, with commit and machine below it."""
    lines = ["| | tried | held | |", "|---|---|---|---|"]
    for each in measured:
        for row in each.rows:
            lines.append(
                f"| **{row.part}**: {row.name} | {row.tried} | {row.held} | {_words(row)} |"
            )
    places: dict[tuple[str, str, str], list[str]] = {}
    for each in measured:
        place = (each.commit, each.date, each.machine)
        places.setdefault(place, []).append(each.rows[0].part)
    lines.append("")
    for (commit, date, machine), parts in places.items():
        lines.append(f"{', '.join(parts)}: commit `{commit}`, {date}, {machine}.")
    return "\n".join(lines)


def _words(row: Row) -> str:
    words = row.note
    if row.gave_way:
        words += f"{'; ' if words else ''}gave way: {'; '.join(row.gave_way)}"
    words = words.replace("|", "\\|").replace("\n", " ")
    return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"


def write(table: str) -> None:
    """Put the table between its marks in SECURITY.md."""
    path = ROOT / "SECURITY.md"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Print, and write where asked to."""
    table = markdown(read())
    sys.stdout.write(f"{table}\n")
    if "--write" in sys.argv[1:]:
        if missing := [part for part in PARTS if not (RESULTS / f"{part}.json").is_file()]:
            sys.exit(f"not written: {', '.join(missing)} not played here; make gauntlet plays all")
        write(table)


if __name__ == "__main__":
    main()
