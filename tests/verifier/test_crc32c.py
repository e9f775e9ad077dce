"""CRC-32C agrees with the published check value and with a bitwise implementation."""

from __future__ import annotations

import random
import time

import journal_writer
from verifier.crc32c import crc32c


def test_crc_of_the_check_string_is_the_published_value() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_crc_of_zeros_and_ones_is_that_of_the_published_vectors() -> None:
    assert (crc32c(bytes(32)), crc32c(b"\xff" * 32), crc32c(bytes(range(32)))) == (0x8A9136AA, 0x62A8AB43, 0x46DD794E)


def test_tables_agree_with_a_bitwise_crc_at_every_length() -> None:
    data = random.Random(1).randbytes(70)
    for size in range(len(data) + 1):
        assert crc32c(data[:size]) == journal_writer.crc32c(data[:size])


def test_a_crc_can_be_continued() -> None:
    assert crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")


def test_a_megabyte_takes_less_than_a_second() -> None:
    began = time.perf_counter()
    crc32c(bytes(1 << 20))
    assert time.perf_counter() - began < 1
