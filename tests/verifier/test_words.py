"""Everything is said in English and in Chinese, and the Chinese is written as Chinese is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import verifier
from auction_room import journal, sale
from speech import HALF_WIDTH
from verifier import FormatError, decode, encode, verify_files

FIRST = "00000000000000000001.plog"
CHINESE = re.compile("[\u4e00-\u9fff]")


def sentences(path: Path) -> list[str]:
    """Return the lines of all texts of a module that hold Chinese, without what is filled in."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        constants = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        found += [line for line in "".join(constants).splitlines() if CHINESE.search(line)]
    return found


def test_every_chinese_sentence_has_its_own_punctuation_and_its_own_word_for_a_bid() -> None:
    modules = sorted(Path(verifier.__file__).parent.glob("*.py"))
    said = [line for module in modules for line in sentences(module)]
    assert len(said) > 100
    assert [line for line in said if HALF_WIDTH.search(line) or "出价" in line] == []


def test_a_frame_finding_says_the_same_in_both_languages() -> None:
    data = bytearray(journal(sale()[1]).files()[FIRST])
    data[4_700] ^= 1
    (finding,) = verify_files({FIRST: bytes(data)}).findings
    english = "from record 2 on: what was written once is damaged or missing"
    assert (finding.text_en, finding.text_zh) == (
        f"{english}: the checksum of the frame is wrong; there are bytes behind the frame",
        "自第 2 条记录起：曾经写入的内容已损坏或缺失（帧的校验和不符；该帧之后仍有数据）",
    )


def test_a_chinese_report_has_no_half_width_sentence() -> None:
    lines = verify_files(journal(sale()[1]).files()).to_text("zh-CN").splitlines()
    assert lines[2:8] == [
        "[x] 帧：通过（1 个分段，13 帧）",
        "[x] 哈希链：通过",
        "[x] 序号与时间戳：通过（12 条记录）",
        "[x] 规则重演：通过（12 条记录一致，3 次报价）",
        "[x] 成交结果：已验证",
        "[x] 底价：无比对",
    ]
    assert lines[-1] == "  1  lot-1  english@1  已定；由 乙 以 1.10 CNY 成交；成交结果：已验证；底价：无比对"


def test_an_error_is_said_in_both_languages() -> None:
    with pytest.raises(FormatError) as refusal:
        decode(encode(sale()[1][0][0])[:-1])
    assert refusal.value.words == ("16 bytes expected at 32, 15 are left", "偏移 32 处应有 16 字节，只剩 15 字节")
