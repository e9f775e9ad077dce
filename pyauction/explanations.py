"""What a code means, in English and Chinese, and the table of findings. That of refusals is in `refusals.py`."""

from __future__ import annotations

from typing import Literal

import msgspec

from .errors import MisuseError

Language = Literal["en", "zh-CN"]


def language(lang: str) -> Language:
    """Return a language that messages are written in. Raises `MisuseError` for another one."""
    if lang == "en":
        return "en"
    if lang == "zh-CN":
        return "zh-CN"
    raise MisuseError(f"lang: expected 'en' or 'zh-CN', received {lang!r}")


class Explanation(msgspec.Struct, frozen=True):
    """A code's number, its meaning in two languages, the rule behind it, and an example.

    A code of a verifier's finding has no number: only refusals stand in records.
    """

    code: str
    number: int | None
    en: str
    zh: str
    rule: str
    example_en: str
    example_zh: str

    def example(self, lang: Language = "en") -> str:
        """Return the example in one language."""
        return self.example_zh if language(lang) == "zh-CN" else self.example_en

    def text(self, lang: Language = "en") -> str:
        """Return the meaning in one language."""
        return self.zh if language(lang) == "zh-CN" else self.en


FINDINGS = {
    row[0]: Explanation(row[0], None, *row[1:])
    for row in (
        (
            "torn",
            "the last frame was not written to its end; nothing in it was acknowledged",
            "最后一帧未写完；其中内容未曾确认",
            "FORMAT.md A.4",
            "the power failed during a write; opening the journal cuts the rest and records that",
            "写入时断电；打开日志时截去残余并予以记录",
        ),
        (
            "ambiguous",
            "the last frame is damaged and may have been acknowledged; an operator decides whether its loss is accepted",
            "最后一帧已损坏，且可能曾被确认；是否接受其丢失由操作人决定",
            "FORMAT.md A.4",
            "one bit of the last frame was flipped after it was written",
            "最后一帧写入之后有一位被翻转",
        ),
        (
            "corrupt",
            "a frame is damaged where records were acknowledged; restore the journal from a copy",
            "已确认记录所在的帧已损坏；请自副本恢复日志",
            "FORMAT.md A.4",
            "one bit in the middle of a segment was flipped, or a segment is missing or cut short",
            "分段中部有一位被翻转，或缺少分段、分段被截短",
        ),
        (
            "tampered",
            "a frame is sound in itself and does not follow from the ones before: it was put there or they were changed",
            "某帧本身完好，却与之前各帧不相衔接：它系后来放入，或之前的帧已被改动",
            "FORMAT.md A.4",
            "a frame was replaced by one with the right checksum and another chain value",
            "某帧被换成校验值正确、链值不同的一帧",
        ),
        (
            "unsupported",
            "the journal is of a version that this release does not know; nothing is said against it",
            "日志属于本版本不认识的格式；并不表示日志有误",
            "FORMAT.md, beginning, and A.4",
            "a journal of a later release with a record type that this one lacks",
            "较新版本写出的日志，含本版本没有的记录类型",
        ),
        (
            "stray",
            "a file in the folder has a name that no part of a journal has",
            "目录中有文件的名称不属于日志的任何部分",
            "FORMAT.md A.2",
            "notes.txt lies beside the segments",
            "分段文件旁有 notes.txt",
        ),
        (
            "sequence",
            "the records are not numbered one after the other",
            "记录编号不连续",
            "FORMAT.md A.5, B.3",
            "record 17 is followed by record 19",
            "第 17 条记录之后是第 19 条",
        ),
        (
            "record",
            "the bytes of a record are not those of its type",
            "某条记录的字节不符合其类型",
            "FORMAT.md A.5",
            "a BidAccepted that is a byte too long",
            "某条 BidAccepted 多出一个字节",
        ),
        (
            "divergence",
            "a record does not follow from the records before it under the lot's rules",
            "按标的规则，某条记录不能由之前的记录得出",
            "FORMAT.md B.3 to B.7",
            "record 17 is BidAccepted; by the rules it is refused as below_increment",
            "第 17 条记录为 BidAccepted，而按规则应以 below_increment 拒绝",
        ),
        (
            "state",
            "the state that the journal states is not the one that its records lead to",
            "日志所载状态与各条记录推得的状态不同",
            "FORMAT.md B.9",
            "the state hash after record 8192 differs",
            "第 8192 条记录之后的状态哈希不同",
        ),
        (
            "settlement",
            "the recorded outcome is not what the auction type makes of the accepted bids",
            "记载的结果与按拍卖类型由有效报价得出的结果不同",
            "FORMAT.md B.7",
            "recorded as sold to 008; the highest bid is of 001",
            "记载由 008 竞得，而最高报价人为 001",
        ),
        (
            "reserve",
            "the recorded comparison with the reserve is not the one that its opening proves",
            "记载的底价比较结果与开示所证明的不同",
            "FORMAT.md A.6, B.6",
            "recorded as met; the opened reserve is above the top bid",
            "记载为已达到，而开示的底价高于最高报价",
        ),
        (
            "opening",
            "a given opening fits no commitment in the journal",
            "所给开示与日志中的任何承诺都不相符",
            "FORMAT.md A.6",
            "--opening with the file of another lot",
            "--opening 给出的是另一标的的文件",
        ),
        (
            "expect_chain",
            "the chain value after a record is not the one that was noted elsewhere: the journal was rewritten",
            "某条记录之后的链值与他处所记不同：日志已被重写",
            "FORMAT.md A.3, A.4",
            "--expect-chain 29:9f3a… and the journal has another value after record 29",
            "--expect-chain 29:9f3a…，而日志在第 29 条记录之后为另一值",
        ),
    )
}
