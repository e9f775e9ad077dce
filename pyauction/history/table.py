"""A CSV file as rows of text with the physical line on which each begins. What is no row is listed, never dropped."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import MisuseError
from ..told import Told, within
from .findings import MappingError, Skipped, is_text, shown
from .mapping import FileFormat, nearest


class Table:
    """An open CSV file with a header.

    `columns` is the header, empty for an empty file. `skipped` grows while rows are read; so does `rows_met`, the
    number of rows that the file has after its header. Blank lines are no rows. `key` is where the mapping has the form.
    A value that is not in the file's encoding holds lone surrogates; whoever reads it asks `is_text`.
    """

    def __init__(self, path: str | Path, form: FileFormat, key: str = "file") -> None:
        # A path may hold bytes that no text can.
        self.name = str(path).encode("utf-8", "backslashreplace").decode()
        self.skipped: list[Skipped] = []
        self.rows_met = 0
        self._form = form
        self._key = f"{key}.encoding"
        try:
            self._file = Path(path).open(encoding=form.encoding, errors="surrogateescape", newline="")  # noqa: SIM115 - __exit__ closes it
        except OSError as error:
            raise MisuseError(f"expected a CSV file, could not read {path}: {error.strerror or error}") from error
        self._reader = csv.reader(
            self._file,
            delimiter=form.delimiter,
            quotechar=form.quote,
            skipinitialspace=form.strip,
            strict=True,
        )
        try:
            self.columns = self._header()
        except MappingError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def place(self, column: str, key: str) -> int:
        """Return where a column stands. Raises `MappingError` where it is missing or stands twice."""
        count = self.columns.count(column)
        if count == 1:
            return self.columns.index(column)
        if count:
            places = [place for place, name in enumerate(self.columns, 1) if name == column]
            raise MappingError(f"{key}: expected one column {column!r} in {self.name}, its header has it at {places}")
        raise MappingError(
            f"{key}: expected a column {column!r} in {self.name}{nearest(column, self.columns)}; it has "
            f"{list(self.columns)}"
        )

    def duplicates(self) -> Sequence[str]:
        """Return the names that the header has more than once."""
        return [name for name, count in Counter(self.columns).items() if count > 1]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the values of every row that has as many values as the header."""
        reader, width, strip = self._reader, len(self.columns), self._form.strip
        while True:
            line = reader.line_num + 1
            try:
                for row in reader:
                    if len(row) == width:
                        self.rows_met += 1
                        yield line, [value.strip() for value in row] if strip else row
                    elif row:
                        self.rows_met += 1
                        self._skip_row(line, row)
                    line = reader.line_num + 1
            except csv.Error as error:
                self.rows_met += 1
                self.skip(
                    line,
                    None,
                    within(
                        str(error),
                        f"expected a CSV row: {{}} (up to line {reader.line_num})",
                        f"应为一行 CSV（直到第 {reader.line_num} 行）：{{}}",
                    ),
                )
            except UnicodeError as error:
                self.rows_met += 1
                encoding = self._form.encoding
                english = f"{self._key}: expected {encoding} text, nothing was read from here on: {{}}"
                chinese = f"{self._key}：应为 {encoding} 编码的文本，自此处起未再读取：{{}}"
                self.skip(line, None, within(str(error), english, chinese))
                return
            else:
                return

    def not_text(self, text: str) -> Told:
        """Return what to say of a value for which `is_text` is false."""
        return Told(
            f"{self._key}: expected {self._form.encoding} text, received {shown(text)}",
            f"{self._key}：应为 {self._form.encoding} 编码的文本，实为 {shown(text)}",
        )

    def skip(self, line: int | None, column: str | None, reason: str) -> None:
        """List something as left out."""
        self.skipped.append(Skipped(self.name, line, column, reason))

    def _skip_row(self, line: int, row: list[str]) -> None:
        width = len(self.columns)
        ends = self.columns[len(row)] if len(row) < width else None
        self.skip(
            line,
            ends,
            Told(
                f"expected {width} values as in the header, received {len(row)}",
                f"应与表头一样有 {width} 个值，实有 {len(row)} 个",
            ),
        )

    def _header(self) -> tuple[str, ...]:
        """Read the header. A byte order mark that the encoding left in place is no part of a name."""
        try:
            first = next((row for row in self._reader if row), None)
        except (csv.Error, UnicodeError) as error:
            encoding = self._form.encoding
            self.skip(
                1,
                None,
                within(str(error), f"expected a header in {encoding}: {{}}", f"应有 {encoding} 编码的表头：{{}}"),
            )
            return ()
        if first is None:
            self.skip(1, None, Told("expected a header, the file is empty", "应有表头，而文件为空"))
            return ()
        first[0] = first[0].removeprefix("\ufeff")
        names = tuple(name.strip() for name in first) if self._form.strip else tuple(first)
        for name in names:
            if not is_text(name):
                raise MappingError(
                    f"{self._key}: the header of {self.name} is not {self._form.encoding}: column {shown(name)}"
                )
        return names
