"""What every code means, in English and Chinese: the one table of user-facing reasons."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from .errors import MisuseError

if TYPE_CHECKING:
    from ._engine import Decision

Language = Literal["en", "zh-CN"]


class Reason(StrEnum):
    """Why a command was refused. A member equals the code that a `Decision` carries."""

    KEY_CONFLICT = "key_conflict"
    NOT_ADMITTED = "not_admitted"
    NOT_OPEN = "not_open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    ALREADY_LEADING = "already_leading"
    BELOW_START = "below_start"
    BELOW_INCREMENT = "below_increment"
    NOT_MULTIPLE = "not_multiple"
    ABOVE_MAX_MULTIPLE = "above_max_multiple"
    AMOUNT_LIMIT = "amount_limit"
    ALREADY_ADMITTED = "already_admitted"
    WRONG_PHASE = "wrong_phase"
    CLOSE_NOT_CALLED = "close_not_called"
    RESERVE_NOT_REQUIRED = "reserve_not_required"
    OUTSIDE_ENTRY_WINDOW = "outside_entry_window"
    ALREADY_ENTERED = "already_entered"
    RESERVE_BELOW_START = "reserve_below_start"
    COMMITMENT_MISMATCH = "commitment_mismatch"
    RESERVE_MISSING = "reserve_missing"
    OUTCOME_INVALID = "outcome_invalid"


class Explanation(msgspec.Struct, frozen=True):
    """A code's number, its meaning in two languages, and the rule behind it."""

    code: str
    number: int
    en: str
    zh: str
    rule: str

    def text(self, lang: Language = "en") -> str:
        """Return the meaning in one language."""
        return self.zh if _language(lang) == "zh-CN" else self.en


_TABLE = {
    Explanation(*row).code: Explanation(*row)
    for row in (
        (
            "key_conflict",
            1,
            "the key of this bid was used before for another amount; a retry must repeat the bid unchanged",
            "该幂等键已用于另一报价金额;重试必须原样重复",
            "FORMAT.md B.5 row 1",
        ),
        (
            "not_admitted",
            2,
            "the bidder is not admitted to this lot",
            "该竞买人未取得本标的的竞买资格",
            "FORMAT.md B.5 row 2; 太仓 art. 17 (deposit in full and on time)",
        ),
        ("not_open", 3, "bidding has not begun", "竞价尚未开始", "FORMAT.md B.5 row 3"),
        (
            "suspended",
            4,
            "the lot is suspended; quotes stand and the remaining time is kept",
            "标的已中止;已有报价有效,剩余时间保留",
            "FORMAT.md B.5 row 4; 国土资规〔2017〕7号 art. 27, 福建 art. 55",
        ),
        (
            "closed",
            5,
            "bidding is over; a bid that arrives exactly at the deadline is late",
            "竞价已结束;恰在截止时刻到达的报价视为逾期",
            "FORMAT.md B.3, B.5 row 5; 福建 art. 42, 53 (time of arrival)",
        ),
        ("amount_not_positive", 6, "the amount must be positive", "报价金额必须大于零", "FORMAT.md B.5 row 6"),
        (
            "already_leading",
            7,
            "the bidder leads already and may not raise its own bid under this lot's rules",
            "该竞买人已是当前最高报价人,本标的规则不允许自行加价",
            "FORMAT.md B.5 row 7",
        ),
        (
            "below_start",
            8,
            "the first bid must reach the start price",
            "首次报价不得低于起始价",
            "FORMAT.md B.5 row 8; 福建 art. 30, 太仓 art. 19",
        ),
        (
            "below_increment",
            9,
            "the bid must reach the current top amount plus one step",
            "报价不得低于当前最高报价加一个增价幅度",
            "FORMAT.md B.5 row 10; 福建 art. 30, 太仓 art. 19",
        ),
        (
            "not_multiple",
            10,
            "the bid must rise by a whole multiple of the step",
            "加价须为增价幅度的整数倍",
            "FORMAT.md B.5 row 11; the notice's increment rule",
        ),
        (
            "above_max_multiple",
            11,
            "the bid rises by more steps at once than the rules allow",
            "单次加价超过规则允许的最大倍数",
            "FORMAT.md B.5 row 12",
        ),
        (
            "amount_limit",
            12,
            "no higher amount can be expressed",
            "已达到可表示的金额上限",
            "FORMAT.md B.5 row 9",
        ),
        ("already_admitted", 20, "the bidder is admitted already", "该竞买人已取得竞买资格", "FORMAT.md B.4"),
        (
            "wrong_phase",
            21,
            "the command is not legal in the lot's present state",
            "标的当前状态不允许该操作",
            "FORMAT.md B.4, B.6, B.7",
        ),
        (
            "close_not_called",
            22,
            "the present phase ends by its deadline, not by a call",
            "当前阶段由倒计时结束,不由主持人宣布",
            "FORMAT.md B.4",
        ),
        (
            "reserve_not_required",
            23,
            "the lot was declared to have no reserve",
            "本标的已声明无底价",
            "FORMAT.md B.6; 国土资发〔2011〕242号 art. 18",
        ),
        (
            "outside_entry_window",
            24,
            "the reserve may not be entered at this time",
            "不在底价录入时段内",
            "FORMAT.md B.6; 汕头 art. 20, 太仓 art. 20, 福建 art. 32",
        ),
        (
            "already_entered",
            25,
            "a reserve was entered before and cannot be changed",
            "底价已录入,不得变更",
            "FORMAT.md B.6; 晋自然资发〔2024〕40号 part 4(2), 福建 art. 32",
        ),
        (
            "reserve_below_start",
            26,
            "the reserve is below the start price",
            "底价低于起始价",
            "FORMAT.md B.6; 自然资源部 2025-12 notice, in force 2026-01-01",
        ),
        (
            "commitment_mismatch",
            27,
            "the amount is not the one that the recorded commitment binds",
            "与已登记的底价承诺值不符",
            "FORMAT.md A.6, B.6",
        ),
        (
            "reserve_missing",
            28,
            "the lot requires a reserve and none was entered; it never counts as none",
            "本标的须有底价而未录入;不得视为无底价",
            "FORMAT.md B.6; 晋自然资发〔2024〕40号 part 4(2)",
        ),
        (
            "outcome_invalid",
            29,
            "the outcome does not follow from the accepted bids",
            "结果与已接受的报价不符",
            "FORMAT.md B.7",
        ),
    )
}


def explain(code: str) -> Explanation:
    """Return what a code means. Raises `MisuseError` for an unknown one."""
    try:
        return _TABLE[code]
    except KeyError:
        raise MisuseError(f"unknown code {code!r}; expected one of {', '.join(_TABLE)}") from None


def explanations() -> tuple[Explanation, ...]:
    """Return every code, in the order of their numbers."""
    return tuple(_TABLE.values())


def describe(decision: Decision, lang: str = "en") -> str:
    """Return in words what was decided. Nothing said depends on the reserve while bidding is open."""
    chinese = _language(lang) == "zh-CN"
    ask, standing = decision.quote.ask_minor, decision.quote.standing_minor
    if decision.reason is not None:
        parts = [_TABLE[decision.reason].text("zh-CN" if chinese else "en")]
        if decision.amount_minor is not None:
            parts.append(f"报价 {decision.amount_minor}" if chinese else f"bid {decision.amount_minor}")
        if ask is not None:
            parts.append(f"最低有效报价 {ask}" if chinese else f"least acceptable bid {ask}")
        return ("已拒绝:" if chinese else "refused: ") + ("；" if chinese else "; ").join(parts)
    if decision.amount_minor is None:
        return f"已接受(序号 {decision.seq})" if chinese else f"accepted as record {decision.seq}"
    if chinese:
        return f"已接受:报价 {decision.amount_minor}(序号 {decision.seq});当前最高 {standing}"
    return f"accepted: bid {decision.amount_minor} as record {decision.seq}; top amount {standing}"


def _language(lang: str) -> Language:
    if lang == "en":
        return "en"
    if lang == "zh-CN":
        return "zh-CN"
    raise MisuseError(f"lang: expected 'en' or 'zh-CN', received {lang!r}")
