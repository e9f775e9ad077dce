"""The commitment to a reserve, and the opening that proves what it commits to."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass

from .terms import I64_MAX, NONE, U32_MAX
from .wire import FormatError, check_name

SCHEMA = "pyauction.opening/1"
SCHEME = 1
SUITE = 1


def commitment(  # noqa: PLR0917 - the parts in the order of the hash
    lot: str, round_: int, currency: str, exponent: int, amount: int, blinding: bytes
) -> bytes:
    """Return the commitment of A.6 to an amount, for one lot, round and currency."""
    return committed(b"pyauction/reserve/v1", (lot, round_, currency, exponent), (), amount, blinding)


def committed(
    domain: bytes, terms: tuple[str, int, str, int], further: tuple[bytes, ...], amount: int, blinding: bytes
) -> bytes:
    """Return a hash of A.6 under its domain: of a lot's terms, of what else binds the amount, and of the amount."""
    lot, round_, currency, exponent = terms
    parts = (
        domain,
        struct.pack("<H", SCHEME),
        struct.pack("<H", SUITE),
        lot.encode("utf-8"),
        struct.pack("<I", round_),
        currency.encode("utf-8"),
        struct.pack("<B", exponent),
        *further,
        struct.pack("<q", amount),
        blinding,
    )
    return hashlib.sha256(b"".join(map(part, parts))).digest()


def part(raw: bytes) -> bytes:
    """Return bytes as a part of what is hashed: behind their length."""
    return struct.pack("<H", len(raw)) + raw


@dataclass(frozen=True)
class Opening:
    """A disclosed reserve with what proves it."""

    lot: str
    round: int
    currency: str
    exponent: int
    amount: int
    blinding: bytes

    @property
    def commitment(self) -> bytes:
        """Return the commitment that this opening opens."""
        return commitment(self.lot, self.round, self.currency, self.exponent, self.amount, self.blinding)


_FIELDS = {"schema", "lot", "round", "currency", "exponent", "amount_minor", "blinding"}


def read_opening(text: str | bytes) -> Opening:
    """Return the opening that a JSON object states, or refuse the object."""
    try:
        stated = json.loads(text)
    except ValueError as error:
        raise FormatError(f"the opening is not JSON: {error}", f"开示不是 JSON：{error}") from error
    except RecursionError as error:
        raise FormatError("the opening is nested too deeply", "开示的 JSON 嵌套过深") from error
    if not isinstance(stated, dict) or set(stated) != _FIELDS or stated["schema"] != SCHEMA:
        fields = sorted(_FIELDS)
        raise FormatError(
            f"an opening is an object of schema {SCHEMA} with exactly {', '.join(fields)}",
            f"开示应为 {SCHEMA} 对象，且恰有 {'、'.join(fields)}",
        )
    for name in ("lot", "currency", "blinding"):
        if not isinstance(stated[name], str):
            raise FormatError(f"{name} of the opening is not a text", f"开示的 {name} 不是文本")
    check_name(stated["lot"])
    check_name(stated["currency"])
    round_ = _whole(stated["round"], 1, U32_MAX, "round")
    exponent = _whole(stated["exponent"], 0, 18, "exponent")
    amount = _whole(stated["amount_minor"], NONE, I64_MAX, "amount_minor")
    try:
        blinding = bytes.fromhex(stated["blinding"])
    except ValueError as error:
        raise FormatError("the blinding is not hexadecimal", "盲化值不是十六进制") from error
    if len(blinding) != 32:
        raise FormatError(
            f"a blinding of {len(blinding)} bytes, 32 are expected", f"盲化值长 {len(blinding)} 字节，应为 32 字节"
        )
    return Opening(stated["lot"], round_, stated["currency"], exponent, amount, blinding)


def _whole(value: object, low: int, high: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise FormatError(
            f"{what} of the opening is {value}, expected {low} to {high}", f"开示的 {what} 为 {value}，应在 {low} 与 {high} 之间"
        )  # fmt: skip
    return value
