"""The report of a verification: plain values, as JSON, and as a checklist in English or Chinese."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from .findings import CHECK_OF_CODE, CHECKS, ENDING_CODES, HIDING_CODES, Finding

SCHEMA = "pyauction.verify/1"
LANGUAGES = ("en", "zh-CN")


@dataclass(frozen=True, kw_only=True)
class LotSummary:
    """One lot as the records leave it. The price is in minor units; what is absent is None."""

    number: int
    name: str
    type_id: str
    currency: str
    exponent: int
    state: str
    outcome: str | None
    cause: str | None
    winner: str | None
    price: int | None
    reserve: str
    settlement: str


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """A RECOVERY frame: bytes that were cut from a tail when the journal was opened. Information, not a fault."""

    segment: str
    offset: int
    cut_at: int
    removed: int
    removed_hash: str
    why: str
    operator: str
    next_seq: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a verification. `ok` is true if and only if there are no findings."""

    findings: tuple[Finding, ...]
    segments: int
    frames: int
    records: int
    replayed: int
    bids: int
    chain_head: str
    last_seq: int
    reserve: str
    lots: tuple[LotSummary, ...]
    recoveries: tuple[Recovery, ...]

    @property
    def ok(self) -> bool:
        """Return whether the journal is verified."""
        return not self.findings

    @property
    def checks(self) -> dict[str, str]:
        """Return each line of the checklist with "passed", "partial" or "failed".

        "partial" means: nothing is wrong as far as the records could be judged. Settlement and reserve say instead how
        they are known: "verified", "proven", "attested" or "none".
        """
        failed = {CHECK_OF_CODE[finding.code] for finding in self.findings} - {None}
        results = {check: "failed" if check in failed else "passed" for check in CHECKS}
        codes = {finding.code for finding in self.findings}
        if codes & HIDING_CODES:
            touched = CHECKS if codes & ENDING_CODES else CHECKS[2:]
            return results | {check: "partial" for check in touched if check not in failed}
        ways = {lot.settlement for lot in self.lots} - {"none"}
        results["settlement"] = "attested" if "attested" in ways else "verified" if ways else "none"
        if "reserve" not in failed:
            results["reserve"] = self.reserve
        return results

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "checks": self.checks,
            "findings": [finding.to_dict() for finding in self.findings],
            "segments": self.segments,
            "frames": self.frames,
            "records": self.records,
            "replayed": self.replayed,
            "bids": self.bids,
            "chain": {"head": self.chain_head, "last_seq": self.last_seq},
            "reserve": self.reserve,
            "lots": [asdict(lot) for lot in self.lots],
            "recoveries": [asdict(recovery) for recovery in self.recoveries],
        }

    def to_json(self) -> str:
        """Return the report as one JSON object of schema pyauction.verify/1."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def to_text(self, language: str = "en") -> str:
        """Return the report as a checklist that a person can read and sign."""
        words = _WORDS[language]
        lines = [words["title_ok" if self.ok else "title_not_ok"], ""]
        for check, result in self.checks.items():
            box = "[ ]" if result in ("failed", "partial") else "[x]"
            told = _reserve_word(result, words) if check == "reserve" else words[result]
            lines.append(f"{box} {words[check]}{words['colon']}{told}{self._count(check, words)}")
        lines += ["", words["head"].format(seq=self.last_seq, chain=self.chain_head or "-")]
        if self.lots:
            lines += ["", words["lots"]]
            lines += [_lot_line(lot, words) for lot in self.lots]
        if self.recoveries:
            lines += ["", words["recoveries"]]
            lines += [_recovery_line(recovery, words) for recovery in self.recoveries]
        if self.findings:
            lines += ["", words["findings"]]
            lines += [_finding_line(finding, language) for finding in self.findings]
        return "\n".join(lines) + "\n"

    def _count(self, check: str, words: dict[str, str]) -> str:
        counts = {
            "frames": words["frames_count"].format(segments=self.segments, frames=self.frames),
            "sequence": words["records_count"].format(records=self.records),
            "rules": words["rules_count"].format(replayed=self.replayed, bids=self.bids),
        }
        return counts.get(check, "")


def _lot_line(lot: LotSummary, words: dict[str, str]) -> str:
    parts = [f"  {lot.number}  {lot.name}  {lot.type_id}  {words[lot.state]}"]
    if lot.outcome == "sold" and lot.price is not None:
        amount = f"{_decimal(lot.price, lot.exponent)} {lot.currency}"
        parts.append(words["sold_to"].format(winner=lot.winner, amount=amount))
    elif lot.outcome is not None:
        parts.append(words["unsold_because"].format(cause=words[lot.cause or "none"]))
    parts.append(f"{words['settlement']}{words['colon']}{words[lot.settlement]}")
    parts.append(f"{words['reserve']}{words['colon']}{_reserve_word(lot.reserve, words)}")
    return words["semicolon"].join(parts)


def _reserve_word(way: str, words: dict[str, str]) -> str:
    # "none" alone would say that the lot has no reserve; it may have one that was not compared, as where nobody bid.
    return words["none_compared" if way == "none" else way]


def _decimal(minor: int, exponent: int) -> str:
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    cut = len(digits) - exponent
    return ("-" if minor < 0 else "") + digits[:cut] + ("." + digits[cut:] if exponent else "")


def _recovery_line(recovery: Recovery, words: dict[str, str]) -> str:
    why = words[recovery.why].format(operator=recovery.operator)
    line = words["recovery"].format(
        segment=recovery.segment, cut_at=recovery.cut_at, removed=recovery.removed, seq=recovery.next_seq, why=why
    )  # fmt: skip
    return f"  {line}"


def _finding_line(finding: Finding, language: str) -> str:
    place = "" if finding.segment is None else f" [{finding.segment} @ {finding.offset}]"
    text = finding.text_en if language == "en" else finding.text_zh
    return f"  {finding.code}{place} {text}"


_WORDS = {
    "en": {
        "colon": ": ",
        "semicolon": "; ",
        "title_ok": "VERIFIED",
        "title_not_ok": "NOT VERIFIED",
        "frames": "frames",
        "chain": "chain",
        "sequence": "sequence and stamps",
        "rules": "replay of the rules",
        "settlement": "settlement",
        "reserve": "reserve",
        "passed": "passed",
        "failed": "FAILED",
        "partial": "in order as far as it could be judged",
        "verified": "verified",
        "proven": "proven from its opening",
        "attested": "attested, taken as recorded",
        "none": "none",
        "none_compared": "none compared",
        "frames_count": " ({segments} segments, {frames} frames)",
        "records_count": " ({records} records)",
        "rules_count": " ({replayed} records agree, {bids} bids)",
        "head": "Chain value after record {seq}: {chain}",
        "lots": "Lots, as the last verified record leaves them",
        "scheduled": "scheduled",
        "bidding": "bidding",
        "suspended": "suspended",
        "awaiting_reserve": "awaiting the reserve",
        "awaiting_draw": "awaiting the lottery",
        "awaiting_opening": "awaiting the opening of the sealed bids",
        "closed": "closed",
        "decided": "decided",
        "terminated": "terminated",
        "sold_to": "sold to {winner} for {amount}",
        "unsold_because": "unsold ({cause})",
        "no_bids": "no bids",
        "too_few_bidders": "too few bidders",
        "reserve_not_met": "reserve not met",
        "type_rule": "a rule of the type",
        "recoveries": "Recoveries (for information)",
        "recovery": "{segment}: {removed} bytes cut at {cut_at} before record {seq}, {why}",
        "torn": "a torn tail",
        "operator": "the loss was accepted by {operator}",
        "findings": "Findings, the first bad record first",
    },
    "zh-CN": {
        "colon": "：",
        "semicolon": "；",
        "title_ok": "验证通过",
        "title_not_ok": "验证未通过",
        "frames": "帧",
        "chain": "哈希链",
        "sequence": "序号与时间戳",
        "rules": "规则重演",
        "settlement": "成交结果",
        "reserve": "底价",
        "passed": "通过",
        "failed": "未通过",
        "partial": "已检查部分无误",
        "verified": "已验证",
        "proven": "已由开示证明",
        "attested": "仅按记录采信",
        "none": "无",
        "none_compared": "无比对",
        "frames_count": "（{segments} 个分段，{frames} 帧）",
        "records_count": "（{records} 条记录）",
        "rules_count": "（{replayed} 条记录一致，{bids} 次报价）",
        "head": "第 {seq} 条记录之后的链值：{chain}",
        "lots": "标的（以最后一条通过验证的记录为准）",
        "scheduled": "待开始",
        "bidding": "竞价中",
        "suspended": "中止",
        "awaiting_reserve": "待比对底价",
        "awaiting_draw": "待摇号",
        "awaiting_opening": "待开启密封报价",
        "closed": "竞价结束",
        "decided": "已定",
        "terminated": "终结",
        "sold_to": "由 {winner} 以 {amount} 成交",
        "unsold_because": "未成交（{cause}）",
        "no_bids": "无人报价",
        "too_few_bidders": "竞买人不足",
        "reserve_not_met": "未达底价",
        "type_rule": "拍卖类型的规则",
        "recoveries": "恢复记录（供参考）",
        "recovery": "{segment}：在 {cut_at} 处截去 {removed} 字节，位于第 {seq} 条记录之前，{why}",
        "torn": "尾部未写完",
        "operator": "由 {operator} 接受损失",
        "findings": "问题（首条为最先出错的记录）",
    },
}
