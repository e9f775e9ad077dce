"""Rule files that anybody may have written: told what is wrong with them, and what is found sound makes rules."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from pyauction.rulebooks import PARAMETERS, check, rulebook, rulebook_names

EXAMPLES = {"default": 300, "ci": 2_000, "long": 20_000}
VALUES = st.sampled_from([
    '"5m"', '"1h"', '"240s"', '"10d"', '"0s"', '"10"', '"0.1"', '"319"', '"x"', "1", "2", "0", "-1", "1.5", "true", "false",
    '"start"', '"current"', '"万元"', '"元"', '"required"', '"declared_none"', '"decide"', '"timed"', '"enter"', '"allowed"',
    '"refused"', '"suspend"', '"yes"', '"prior_bid"', '"at_entry"', '"once"', '"restart"', '"extend"', '"lottery"',
    '"sell"', "[]", '[["0", "5"], ["100", "10"]]', '[["5", "5"]]', '{percent = "0.5%", rounding = "up"}',
    '{percent = "0/0", rounding = "up"}', "2026-12-01T10:00:00+08:00", "2026-12-01T10:00:00",
    "[[2026-12-01T10:00:00+08:00, 2026-12-02T10:00:00+08:00]]", '{required = "later"}',
    '{required = "later", required_zh = "另定"}',
    '{value = "5m", source = "X art. 1", status = "text"}', '{value = 5, status = "rumour"}', "{}", '{odd = 1}',
])  # fmt: skip
RULES = st.dictionaries(st.sampled_from([*PARAMETERS, "odd_one"]), VALUES, max_size=14)
HEADS = st.sampled_from(['method = "listing"', 'method = "auction"', "method = 5", "", *(
    f'based_on = "{name}"' for name in rulebook_names()
)])  # fmt: skip


def test_a_rule_file_is_refused_by_line_and_key_or_makes_rules(tmp_path: Path, scale: str) -> None:
    path = tmp_path / "notice.toml"

    @settings(max_examples=EXAMPLES[scale], deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(head=HEADS, rules=RULES)
    def hold(head: str, rules: dict[str, str]) -> None:
        lines = ['schema = "pyauction.rules/1"', head, "[rules]", *(f"{key} = {value}" for key, value in rules.items())]
        path.write_text("\n".join(lines), encoding="utf-8")
        found = check(path)
        for problem in found.problems:
            assert problem.key
            assert problem.en
            assert problem.zh
            if problem.line is not None:
                stands = [line for line in lines if line.partition(" = ")[0] == problem.key]
                assert problem.key in lines[problem.line - 1] or not stands, (
                    "the line is that of the key, if it stands there"
                )
        if not found.problems and not found.open_values:
            rulebook(path).auction().rules()

    hold()
