"""What is wrong with a ledger, said so that the user finds the place."""

from dataclasses import dataclass

#: More problems than this are counted, not listed: a wrong date format fails in
#: every row, and a thousand lines would hide what the first one says.
SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place; what does not apply is None.

    ``line`` counts the lines of the file from 1, the header's, as editors do.
    """

    message: str
    line: int | None = None
    column: str | None = None
    value: str | None = None

    def describe(self, path):
        place = str(path)
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column!r}"
        if self.value is not None:
            place += f", value {shorten(self.value)!r}"
        return f"{place}: {self.message}"


class LedgerError(Exception):
    """The ledger cannot be imported, and nothing of it was.

    :param path: the file that was read.
    :param problems: every :class:`Problem` found, in the order of the file. The
        first one is also at hand as ``message``, ``line``, ``column``, ``value``.
    """

    def __init__(self, path, problems):
        self.path = path
        self.problems = list(problems)
        first = self.problems[0]
        self.message = first.message
        self.line = first.line
        self.column = first.column
        self.value = first.value
        super().__init__(self._describe())

    def _describe(self):
        lines = [
            problem.describe(self.path) for problem in self.problems[:SHOWN_PROBLEMS]
        ]
        hidden = len(self.problems) - len(lines)
        if hidden:
            lines.append(f"… and {hidden} more. Nothing was imported.")
        else:
            lines.append("Nothing was imported.")
        return "\n".join(lines)


def shorten(value, limit=60):
    """Keep a value from flooding a message: a lost quote swallows whole files."""
    return value if len(value) <= limit else value[: limit - 1] + "…"
