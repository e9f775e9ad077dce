"""The fields of a kind of record, one behind the other."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from .wire import Field, OpenField, Reader

Named = tuple[str, Field | OpenField]


@dataclass(frozen=True)
class _Run:
    layout: struct.Struct
    fields: list[tuple[str, Field]]


class Layout:
    """Reads fields into a dictionary and writes them from an object; a name that starts with "_" stands for no value.

    Fields of a fixed size that follow each other are read and written at once.
    """

    def __init__(self, *fields: Named) -> None:
        self.fields = fields
        self._parts: list[_Run | tuple[str, OpenField]] = []
        run: list[tuple[str, Field]] = []
        for name, field in fields:
            if isinstance(field, Field):
                run.append((name, field))
            else:
                self._end_run(run)
                run = []
                self._parts.append((name, field))
        self._end_run(run)

    def _end_run(self, run: list[tuple[str, Field]]) -> None:
        if run:
            self._parts.append(_Run(struct.Struct("<" + "".join(field.code for _, field in run)), run))

    def read(self, reader: Reader) -> dict[str, Any]:
        """Return the values of the next bytes by name."""
        values: dict[str, Any] = {}
        for part in self._parts:
            if isinstance(part, _Run):
                for (name, field), raw in zip(part.fields, reader.unpack_all(part.layout), strict=True):
                    values[name] = field.load(raw)
            else:
                name, open_field = part
                values[name] = open_field.read(reader)
        values.pop("_", None)
        return values

    def write(self, record: object) -> bytes:
        """Return the bytes of the attributes of an object."""
        written = []
        for part in self._parts:
            if isinstance(part, _Run):
                raw = [field.dump(getattr(record, name, None)) for name, field in part.fields]
                written.append(part.layout.pack(*raw))
            else:
                name, open_field = part
                written.append(open_field.write(getattr(record, name)))
        return b"".join(written)
