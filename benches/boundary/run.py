"""Measure what one native call costs at the Python boundary.

Both builds of the crate, with and without the stable ABI, are loaded into one
process and measured in one interleaved run.
"""

import argparse
import gc
import importlib.machinery
import importlib.util
import itertools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILDS = {"full": [], "abi3": ["--features", "abi3"]}
BASELINE = "noop"

BY_HANDLE = "17, 421, 1_250_000"
BY_NAME = "'lot-000017', 'bidder-000421', 1_250_000"

# Each variant is the receiver and the statement which a caller would write.
VARIANTS = {
    "noop": ("native", f"house.noop({BY_HANDLE})"),
    "noop, key=": ("native", f"house.noop({BY_HANDLE}, key='k-000001')"),
    "bid_code": ("native", f"house.bid_code({BY_HANDLE})"),
    "bid": ("native", f"house.bid({BY_HANDLE})"),
    "bid, key=": ("native", f"house.bid({BY_HANDLE}, key='k-000001')"),
    "bid, one field read": ("native", f"house.bid({BY_HANDLE}).code"),
    "bid_lock": ("native", f"house.bid_lock({BY_HANDLE})"),
    "bid_lock_attached": ("native", f"house.bid_lock_attached({BY_HANDLE})"),
    "bid_detached": ("native", f"house.bid_detached({BY_HANDLE})"),
    "bid_clock": ("native", f"house.bid_clock({BY_HANDLE})"),
    "bid_names": ("native", f"house.bid_names({BY_NAME})"),
    "bid_any, handles": ("native", f"house.bid_any({BY_HANDLE})"),
    "bid_any, names": ("native", f"house.bid_any({BY_NAME})"),
    "subclass bid": ("subclass", f"house.bid({BY_HANDLE})"),
    "subclass bid, slots": ("slotted", f"house.bid({BY_HANDLE})"),
    "subclass bid, key=": ("subclass", f"house.bid({BY_HANDLE}, key='k-000001')"),
    "subclass bid, hoisted": ("hoisted", f"house({BY_HANDLE})"),
    "wrapper bid": ("wrapper", f"house.bid({BY_HANDLE})"),
    "wrapper bid, key=": ("wrapper", f"house.bid({BY_HANDLE}, key='k-000001')"),
}


def build(name):
    """Compile one build and copy it aside, since both have the same file name."""
    environment = dict(os.environ, PYO3_PYTHON=sys.executable, PYO3_BUILD_EXTENSION_MODULE="1")
    target = HERE / "target"
    # Named outright, because a setting elsewhere may send the output away.
    command = ["cargo", "build", "--release", "--quiet", "--target-dir", target]
    subprocess.run([*command, *BUILDS[name]], cwd=HERE, env=environment, check=True)
    folder = target / "modules" / sys.implementation.cache_tag / name
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / "boundary.so"
    # Overwriting a library in place could pull it from under another run.
    copy.unlink(missing_ok=True)
    shutil.copy(target / "release" / "libboundary.so", copy)
    return copy


def load(path):
    # The module stays out of sys.modules, so that the two builds can share the
    # one name which their init function demands.
    loader = importlib.machinery.ExtensionFileLoader("boundary", str(path))
    spec = importlib.util.spec_from_file_location("boundary", path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def receivers(native):
    class AuctionHouse(native.House):
        pass

    class SlottedHouse(native.House):
        __slots__ = ()

    class WrappedHouse:
        __slots__ = ("_native",)

        def __init__(self):
            self._native = native.House()

        def bid(self, lot, bidder, amount_minor, *, key=None):
            return self._native.bid(lot, bidder, amount_minor, key=key)

    return {
        "native": native.House(),
        "subclass": AuctionHouse(),
        "slotted": SlottedHouse(),
        "hoisted": AuctionHouse().bid,
        "wrapper": WrappedHouse(),
    }


def timed_loop(statement):
    """Compile a loop of its own for each variant.

    The interpreter specialises call sites in place: a loop shared by several
    receivers would be measured in the state the previous one left behind.
    """
    source = (
        "def loop(house, turns, clock):\n"
        "    start = clock()\n"
        "    for _ in turns:\n"
        f"        {statement}\n"
        "    return clock() - start\n"
    )
    namespace = {}
    exec(compile(source, f"<{statement}>", "exec"), namespace)
    return namespace["loop"]


def subjects(modules):
    # The two builds of a variant stand side by side, so that their ratio sees
    # the machine at nearly the same moment.
    houses = {name: receivers(module) for name, module in modules.items()}
    return {
        (name, variant): (timed_loop(statement), houses[name][receiver])
        for variant, (receiver, statement) in VARIANTS.items()
        for name in modules
    }


def nanoseconds(loop, house, calls):
    turns = itertools.repeat(None, calls)
    return loop(house, turns, time.perf_counter_ns) / calls


def measure(prepared, rounds, calls):
    """Return the net nanoseconds per call of each subject, one number per round."""
    empty = timed_loop("pass")
    samples = {subject: [] for subject in prepared}
    for loop, house in prepared.values():
        nanoseconds(loop, house, calls)
    order = list(prepared)
    gc.disable()
    for turn in range(rounds):
        # The start moves on and the direction turns every round, so that no
        # variant always follows the same neighbour or meets the same slow spell.
        start = turn * 7 % len(order)
        rotated = order[start:] + order[:start]
        overhead = nanoseconds(empty, None, calls)
        for subject in rotated if turn % 2 else reversed(rotated):
            samples[subject].append(nanoseconds(*prepared[subject], calls) - overhead)
    gc.enable()
    return samples


def summary(samples):
    rows = []
    for (build_name, variant), net in samples.items():
        noop = samples[build_name, BASELINE]
        rows.append(
            {
                "build": build_name,
                "variant": variant,
                "p50_ns": statistics.median(net),
                "p10_ns": statistics.quantiles(net, n=10)[0],
                "to_noop": statistics.median(a / b for a, b in zip(net, noop)),
            }
        )
    return rows


def abi_ratios(samples):
    """Return abi3 over full for each variant, as the median over the rounds."""
    return {
        variant: statistics.median(a / b for a, b in zip(samples["abi3", variant], samples["full", variant]))
        for variant in VARIANTS
    }


def table(rows, ratios):
    by_key = {(row["build"], row["variant"]): row for row in rows}
    lines = [
        "| variant | full p50 | p10 | to noop | abi3 p50 | p10 | to noop | abi3/full |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for variant in VARIANTS:
        cells = [variant]
        for build_name in BUILDS:
            row = by_key[build_name, variant]
            cells += [f"{row['p50_ns']:.0f}", f"{row['p10_ns']:.0f}", f"{row['to_noop']:.2f}"]
        lines.append("| " + " | ".join([*cells, f"{ratios[variant]:.2f}"]) + " |")
    return "\n".join(lines)


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    # Many short rounds beat few long ones here: a ratio within a round is only
    # as good as the machine is steady for the length of that round.
    parser.add_argument("--rounds", type=int, default=201)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    chosen = parser.parse_args()
    if chosen.rounds < 2 or chosen.calls < 1:
        parser.error("needs at least two rounds and one call")
    return chosen


def main():
    chosen = options()
    modules = {name: load(build(name)) for name in BUILDS}
    samples = measure(subjects(modules), chosen.rounds, chosen.calls)
    rows, ratios = summary(samples), abi_ratios(samples)
    decision = modules["full"].House().bid(17, 421, 1_250_000)
    about = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rounds": chosen.rounds,
        "calls": chosen.calls,
        "decision_bytes": sys.getsizeof(decision),
    }
    if chosen.json:
        print(json.dumps({**about, "rows": rows, "abi3_to_full": ratios}, indent=2))
    else:
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        print(table(rows, ratios))


if __name__ == "__main__":
    main()
