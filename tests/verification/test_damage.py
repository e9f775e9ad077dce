"""Bytes, frames and segments that were changed, removed or moved: both verifiers find the same, and always something.

Left out is what no reader can see (FORMAT.md A.4): whole frames or segments that are missing at the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import eventful
import pytest
import rewriting
from both import Both, opening
from rewriting import Files

COUNTS = {"default": 40, "ci": 300, "long": 5_000}
"""How many places are tried for each kind of damage and alignment."""

Damage = Callable[[Files, random.Random], tuple[str, Files]]


@pytest.fixture(scope="module", params=[512, 4_096])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files:
    directory = tmp_path_factory.mktemp("eventful") / "journal"
    eventful.write(directory, align=request.param)
    return rewriting.read_files(directory)


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def frames_of(files: Files, *, with_last: bool = True) -> list[tuple[str, int, int]]:
    """Return the segment, the beginning and the end of every frame."""
    align = rewriting.align_of(files)
    places = [(name, *place) for name in rewriting.segments(files) for place in rewriting.written(files[name], align)]
    return places if with_last else places[:-1]


def overwritten(files: Files, name: str, at: int, data: bytes) -> Files:
    whole = files[name]
    return files | {name: whole[:at] + data + whole[at + len(data) :]}


def resized(files: Files, name: str, data: bytes) -> Files:
    """Return the journal with these bytes in a segment, which keeps its length."""
    size = len(files[name])
    return files | {name: data[:size].ljust(size, b"\0")}


def flip(files: Files, chance: random.Random) -> tuple[str, Files]:
    name, start, end = chance.choice(frames_of(files))
    at = chance.randrange(start, end)
    byte = files[name][at] ^ chance.choice([1 << chance.randrange(8), chance.randrange(1, 256)])
    return f"{name} at {at}: {byte:#04x}", overwritten(files, name, at, bytes([byte]))


def flip_near_the_header(files: Files, chance: random.Random) -> tuple[str, Files]:
    """Change a byte where most decisions lie: the first 160 bytes of a frame. In a padded frame they are few."""
    name, start, end = chance.choice(frames_of(files))
    at = chance.randrange(start, min(end, start + 160))
    byte = files[name][at] ^ chance.randrange(1, 256)
    return f"{name} at {at}: {byte:#04x}", overwritten(files, name, at, bytes([byte]))


def zero_sectors(files: Files, chance: random.Random) -> tuple[str, Files]:
    """Zero a part of a frame, as a write that was torn leaves it."""
    name, start, end = chance.choice(frames_of(files))
    at, to = sorted(chance.sample(range(start, end + 1, 256), 2))
    to -= 256 * ((at, to) == (start, end))
    return f"{name} from {at} to {to}", overwritten(files, name, at, bytes(to - at))


def zero_a_frame(files: Files, chance: random.Random) -> tuple[str, Files]:
    name, start, end = chance.choice(frames_of(files, with_last=False))
    return f"{name} from {start} to {end}", overwritten(files, name, start, bytes(end - start))


def cut_a_segment(files: Files, chance: random.Random) -> tuple[str, Files]:
    name = chance.choice(rewriting.segments(files))
    places = [(start, end) for each, start, end in frames_of(files) if each == name]
    ends = [end for _, end in places if end < len(files[name])]
    inside_the_last = chance.randrange(*places[-1])
    size = chance.choice([chance.randrange(len(files[name])), len(files[name]) - 1, inside_the_last, *ends])
    return f"{name} to {size} bytes", files | {name: files[name][:size]}


def drop_a_frame(files: Files, chance: random.Random) -> tuple[str, Files]:
    name, start, end = chance.choice(frames_of(files, with_last=False))
    return f"{name} from {start} to {end}", resized(files, name, files[name][:start] + files[name][end:])


def repeat_a_frame(files: Files, chance: random.Random) -> tuple[str, Files]:
    name, start, end = chance.choice(frames_of(files))
    data = files[name]
    repeated = data[:end] + data[start:end] + data[end:].rstrip(b"\0")
    return f"{name} from {start} to {end}", files | {name: repeated.ljust(len(data), b"\0")}


def swap_frames(files: Files, chance: random.Random) -> tuple[str, Files]:
    (name, start, middle), (_, _, end) = chance.choice(
        [(one, other) for one, other in pairwise(frames_of(files)) if one[0] == other[0]]
    )
    data = files[name]
    swapped = data[middle:end] + data[start:middle]
    return f"{name} from {start} by {middle} to {end}", overwritten(files, name, start, swapped)


def copy_a_frame(files: Files, chance: random.Random) -> tuple[str, Files]:
    """Put a frame of the journal in the place of another, perhaps of another segment."""
    (one, start, end), (name, at, _) = chance.sample(frames_of(files), 2)
    return f"{one} from {start} to {end} over {name} at {at}", overwritten(files, name, at, files[one][start:end])


def write_behind_the_end(files: Files, chance: random.Random) -> tuple[str, Files]:
    name, _, end = frames_of(files)[-1]
    at = chance.randrange(end, len(files[name]) - 600)
    data = bytes([chance.choice([0x5A, 0x41])]) * chance.choice([1, 8, 512, 600])
    return f"{name} at {at}: {len(data)} times {data[0]:#04x}", overwritten(files, name, at, data)


@pytest.mark.parametrize("damage", [
    flip, flip_near_the_header, zero_sectors, zero_a_frame, cut_a_segment, drop_a_frame, repeat_a_frame, swap_frames,
    copy_a_frame, write_behind_the_end,
])  # fmt: skip
def test_damage_is_found_and_has_one_name(files: Files, both: Both, scale: str, damage: Damage) -> None:
    chance = random.Random(damage.__name__)
    differing = []
    for _ in range(COUNTS[scale]):
        name, damaged = damage(files, chance)
        own, independent = both.said(damaged)
        if damaged != files and (own != independent or own["ok"]):
            differing.append((name, own["findings"], independent["findings"]))
    assert differing == []


def test_segments_that_are_missing_renamed_or_exchanged_are_found_and_have_one_name(files: Files, both: Both) -> None:
    names = rewriting.segments(files)
    damaged = {f"without {name}": {each: files[each] for each in files if each != name} for name in names[:-1]}
    for one, other in pairwise(names):
        damaged[f"{one} and {other}"] = files | {one: files[other], other: files[one]}
    for name in names:
        for seq in (0, 1, 7, 10_000, 2**64 - 1):
            renamed = {each: files[each] for each in files if each != name} | {f"{seq:020}.plog": files[name]}
            damaged |= {f"{name} as {seq}": renamed} if renamed != files else {}
    both_say = {case: both.said(changed) for case, changed in damaged.items()}
    assert {case: said for case, said in both_say.items() if said[0] != said[1] or said[0]["ok"]} == {}


def test_a_sound_journal_is_the_same_to_both(files: Files, both: Both) -> None:
    assert both.found(files) == []
    assert both.found(files, opening=opening()) == []


def test_an_opening_that_fits_nothing_is_found(files: Files, both: Both) -> None:
    wrong = [opening(amount=251), opening(round=2), opening(lot="A"), opening(currency="USD")]
    assert both.found(files, opening=wrong) == [("opening", None, None, None)] * 4


def test_a_chain_value_that_was_noted_is_looked_for(files: Files, both: Both) -> None:
    head = both.said(files)[0]["chain"]["head"]
    last = both.said(files)[0]["chain"]["last_seq"]
    name, _, end = frames_of(files)[-1]
    assert both.found(files, expect_chain=(last, head)) == []
    assert both.found(files, expect_chain=(last, head.upper())) == []
    assert both.found(files, expect_chain=(last, "0" * 64)) == [("expect_chain", None, None, last)]
    gone = [("corrupt", name, end, last + 1), ("expect_chain", None, None, last + 1)]
    assert both.found(files, expect_chain=(last + 1, head)) == gone


def test_a_kept_tail_that_is_not_of_its_place_is_corrupt(files: Files, both: Both) -> None:
    name, _, end = frames_of(files)[-1]
    torn = f"{name.removesuffix('.plog')}-{end:020}.torn"
    kept = next(data for each, data in files.items() if each.endswith(".torn"))
    last = both.said(files)[0]["chain"]["last_seq"]
    for data in (b"", kept, kept[:-1]):
        assert both.found(files | {torn: data}) == [("corrupt", name, end, last + 1)]


def test_a_segment_in_the_wrong_place_is_tampered_whatever_it_holds(files: Files, both: Both) -> None:
    *others, last = rewriting.segments(files)
    for at in (8, 100, 4_000):
        data = bytearray(files[last])
        data[at] ^= 1
        moved = {name: files[name] for name in others} | {"00000000000000000099.plog": bytes(data)}
        assert both.found(moved) == [("tampered", "00000000000000000099.plog", 0, int(last[:20]))]


def test_a_name_that_is_no_segment_is_stray(files: Files, both: Both) -> None:
    for name in (
        "1.plog",
        "copy.plog",
        "x\ny.plog",
        f"{2**64}.plog",
        "9" * 20 + ".plog",
        "0000000000000000000１.plog",
        ".plog",
    ):
        assert both.found(files | {name: b""}) == [("stray", None, None, None)]
    assert both.found(files | {"notes.txt": b"", "00000000000000000001.plog.bak": b""}) == []
