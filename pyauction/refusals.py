"""The table of what every refusal means, in English and Chinese, with the rule behind it."""

from __future__ import annotations

from enum import StrEnum

from .explanations import Explanation


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
    PHASE_TAKES_NO_BIDS = "phase_takes_no_bids"
    FREE_STOPPED = "free_stopped"
    NO_PRIOR_BID = "no_prior_bid"
    NO_YES = "no_yes"
    OUTSIDE_HOURS = "outside_hours"
    TOO_PRECISE = "too_precise"
    PRIORITY_USED = "priority_used"
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
    ALREADY_ANSWERED = "already_answered"
    END_NOT_ALLOWED = "end_not_allowed"
    NOTICE_TOO_SHORT = "notice_too_short"
    RESUMPTION_NOT_DUE = "resumption_not_due"
    PRIORITY_OUTRANKED = "priority_outranked"
    ALREADY_GRANTED = "already_granted"
    PRIORITY_NOT_ALLOWED = "priority_not_allowed"
    CAP_REACHED = "cap_reached"
    ABOVE_CAP = "above_cap"
    NO_TOP_UP = "no_top_up"
    TOP_UP_NOT_REQUIRED = "top_up_not_required"
    ALREADY_CONFIRMED = "already_confirmed"
    SEED_MISMATCH = "seed_mismatch"
    PHASE_TAKES_NO_SEALED_BIDS = "phase_takes_no_sealed_bids"
    NOT_TIED = "not_tied"
    ALREADY_PLACED = "already_placed"
    NOT_WITHDRAWABLE = "not_withdrawable"
    NO_SEALED_BID = "no_sealed_bid"
    ALREADY_OPENED = "already_opened"
    BELOW_FLOOR = "below_floor"
    ABOVE_MOST = "above_most"
    EQUAL_SEALED_BID = "equal_sealed_bid"
    POINTS_NOT_ASKED = "points_not_asked"
    ALREADY_SCORED = "already_scored"
    NOT_SCORED = "not_scored"
    NOT_OPENED = "not_opened"


_EXAMPLES = {
    "key_conflict": (
        "key r-1 was sent with 329; r-1 with 339 is refused, r-1 with 329 gets the first answer again",
        "幂等键 r-1 先用于 329；再以 r-1 报 339 被拒绝，以 r-1 重报 329 则得到原答复",
    ),
    "not_admitted": ("plate 117 bids 339 and was never admitted", "竞买号 117 未登记即报价 339"),
    "not_open": (
        "bidding opens at 09:00; a bid arrives at 08:59:59.999",
        "竞价于 09:00 开始；08:59:59.999 到达一次报价",
    ),
    "suspended": ("the lot is suspended at 09:01; a bid arrives at 09:02", "标的于 09:01 中止；09:02 到达一次报价"),
    "closed": (
        "the deadline is 09:10:24.999; a bid arrives at 09:10:24.999",
        "截止时刻为 09:10:24.999；报价恰于该时刻到达",
    ),
    "amount_not_positive": ("a bid of 0", "报价 0"),
    "already_leading": ("F2149 leads with 369 and bids 379", "F2149 以 369 领先，又报 379"),
    "below_start": ("the start price is 319; the first bid is 318.9999", "起始价 319；首次报价 318.9999"),
    "below_increment": (
        "the top bid is 319, the step 10; a bid of 328.9995",
        "最高报价 319，增价幅度 10；报价 328.9995",
    ),
    "not_multiple": ("multiples of 10 from 319 are required; a bid of 335", "须为 319 加 10 的整数倍；报价 335"),
    "above_max_multiple": (
        "at most 5 steps of 10 at once are allowed on 319; a bid of 379",
        "在 319 之上一次至多加 5 个 10；报价 379",
    ),
    "amount_limit": (
        "the top bid is so near to 9223372036854775807 minor units that the next step does not fit",
        "最高报价已接近 9223372036854775807 个最小货币单位，容不下再加一个幅度",
    ),
    "already_admitted": ("plate 001 is admitted a second time", "竞买号 001 被再次登记"),
    "wrong_phase": ("a lot that is decided is suspended", "对已出结果的标的作中止"),
    "close_not_called": ("close_lot for a phase with a countdown", "对有倒计时的阶段执行 close_lot"),
    "reserve_not_required": (
        "a reserve is entered for a lot opened with NoReserve()",
        "对以 NoReserve() 开始的标的录入底价",
    ),
    "outside_entry_window": (
        "entry is allowed in the last hour of the free phase; it is tried two hours before its end",
        "只可在自由报价期最后一小时录入；提前两小时录入",
    ),
    "already_entered": (
        "three people set the reserve, and one of them enters a second figure, or one that is entered already",
        "底价由三人分别录入，其中一人录入第二份，或录入已录入的一份",
    ),
    "reserve_below_start": ("the start price is 319; the sealed amount is less", "起始价 319；密封的金额低于它"),
    "commitment_mismatch": (
        "the sealed file of another lot is entered, or another one for a reserve that was entered",
        "录入的是另一标的的密封文件，或底价已录入而录入另一份",
    ),
    "reserve_missing": ("the lot closes with bids and nobody entered the reserve", "标的有报价而截止，底价始终未录入"),
    "outcome_invalid": (
        "an auction type settles to a bidder who made no accepted bid",
        "拍卖类型将标的判给没有有效报价的竞买人",
    ),
    "phase_takes_no_bids": (
        "a bid arrives in the 5 minutes in which bidders are asked whether they want timed bidding",
        "在 5 分钟询问期内到达一次报价",
    ),
    "free_stopped": (
        "quotes stop one hour before the listing ends at 10:00; a bid arrives at 09:00",
        "挂牌于 10:00 截止，截止前一小时停止更新报价；09:00 到达一次报价",
    ),
    "no_prior_bid": (
        "plate 117 made no valid bid in the listing and bids in the timed phase, or answers the inquiry",
        "竞买号 117 在挂牌期无有效报价，却在限时竞价期报价或答复询问",
    ),
    "no_yes": ("plate 117 did not say yes in the inquiry and bids", "竞买号 117 未在询问期表示参加，却报价"),
    "outside_hours": (
        "the platform is closed for maintenance from 02:00 to 03:00; a bid arrives at 02:00",
        "平台于 02:00 至 03:00 停机维护；02:00 到达一次报价",
    ),
    "too_precise": ("amounts are whole multiples of 0.1; a bid of 329.55", "报价须精确到 0.1；报价 329.55"),
    "priority_used": (
        "plate 008 used its priority at 329 and bids the top amount 339 again",
        "竞买号 008 已在 329 行使优先权，又按最高价 339 报价",
    ),
    "already_answered": ("plate 008 said no and now says yes", "竞买号 008 已答复不参加，又答复参加"),
    "end_not_allowed": (
        "the lot was suspended for two days; it is resumed with an end that gives back one",
        "标的中止两日；恢复时所定截止时间只补回一日",
    ),
    "notice_too_short": (
        "24 hours of notice are required; the resumption is announced for tomorrow morning, 15 hours ahead",
        "须提前 24 小时告知；恢复公告距恢复仅 15 小时",
    ),
    "resumption_not_due": (
        "the lot was suspended for more than an hour and nobody announced when it is resumed",
        "标的中止已超过一小时，尚未公告恢复时间",
    ),
    "priority_outranked": (
        "plate 008 of rank 2 bids the top amount, which a holder of rank 1 leads with",
        "第 2 顺位的竞买号 008 按最高价报价，而领先者为第 1 顺位优先权人",
    ),
    "already_granted": ("plate 008 is confirmed a second time", "竞买号 008 被再次确认为优先权人"),
    "priority_not_allowed": (
        "a holder is confirmed in a lot whose notice knows no priority",
        "公告未设优先权的标的，确认优先权人",
    ),
    "cap_reached": (
        "the top bid is at the cap of 400; a bidder at the cap bids again, or the free phase only waits for its end",
        "最高报价已达封顶价 400；已按封顶价报价者再次报价，或自由报价期仅待截止",
    ),
    "above_cap": ("the cap is 400; a bid of 401", "封顶价 400；报价 401"),
    "no_top_up": (
        "bidding goes on after the circuit breaker; plate 117 did not pay the further deposit",
        "熔断后恢复竞价；竞买号 117 未补交保证金",
    ),
    "top_up_not_required": ("a further deposit is confirmed in a lot without one", "对不需补交保证金的标的作补交确认"),
    "already_confirmed": ("plate 008's further deposit is confirmed a second time", "竞买号 008 的补交被再次确认"),
    "seed_mismatch": (
        "the notice commits to the notary's seed; another one is given for the draw",
        "公告已承诺公证处的种子；摇号时给出的是另一个",
    ),
    "phase_takes_no_sealed_bids": (
        "a sealed bid arrives in the free phase, before the circuit breaker",
        "尚未熔断，自由报价期内到达一份密封报价",
    ),
    "not_tied": (
        "plates 001 and 008 were equal and bid again; plate 117 sends a sealed bid too",
        "竞买号 001、008 报价相同而再次报价；竞买号 117 也递交",
    ),
    "already_placed": ("plate 008 sends a second sealed bid", "竞买号 008 再次递交密封报价"),
    "not_withdrawable": (
        "plate 008 withdraws its bid under rules by which bids may be changed only (国土资发〔2011〕242号 art. 19)",
        "规则只许补充、修改（国土资发〔2011〕242号第19条），竞买号 008 撤回",
    ),
    "no_sealed_bid": ("plate 117 placed nothing and opens a bid", "竞买号 117 未递交，却开启"),
    "already_opened": ("plate 008's bid is opened a second time", "竞买号 008 的密封报价被再次开启"),
    "below_floor": (
        "ascending bids reached 125 before the sealed round; a sealed bid of 124",
        "密封报价前竞价已达 125；密封报价 124",
    ),
    "above_most": ("sealed bids may be 150 at most; one of 151", "密封报价至多 150；报 151"),
    "equal_sealed_bid": (
        "another bidder's sealed bid is 130 already; a second one of 130 must choose another amount",
        "已有他人报 130；再报 130 的须另选金额",
    ),
    "points_not_asked": ("points are given in a lot that the highest sealed bid wins", "对最高价成交的标的给分"),
    "already_scored": ("the panel's points of plate 008 are entered a second time", "竞买号 008 的评分被再次录入"),
    "not_opened": (
        "three bids were placed, two are open, and points are given or the opening is finished",
        "递交三份，仅开启两份，即评分或结束开标",
    ),
    "not_scored": (
        "three bids were opened, two have their points, and the opening is finished",
        "开启三份，仅两份有评分，即结束开标",
    ),
}
"""A case of each reason, in English and Chinese."""

REFUSALS = {
    row[0]: Explanation(*row, *_EXAMPLES[row[0]])
    for row in (
        (
            "key_conflict",
            1,
            "the key of this bid was used before for another amount; a retry must repeat the bid unchanged",
            "该幂等键已用于另一报价金额；重试必须原样重复",
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
            "the lot is suspended; quotes stand, and the clock stands still until it is resumed",
            "标的已中止；已有报价有效，恢复前不计时",
            "FORMAT.md B.5 row 4; 国土资规〔2017〕7号 art. 27, 福建 art. 55",
        ),
        (
            "closed",
            5,
            "bidding is over: its deadline has come, and what arrives exactly then is late; or it was ended before",
            "竞价已结束：截止时刻已到（恰在该时刻到达的视为逾期），或此前已结束",
            "FORMAT.md B.3, B.5 row 5; 福建 art. 42, 53 (time of arrival), 招标投标法实施条例 art. 36",
        ),
        ("amount_not_positive", 6, "the amount must be positive", "报价金额必须大于零", "FORMAT.md B.5 row 11"),
        (
            "already_leading",
            7,
            "the bidder leads already and may not raise its own bid under this lot's rules",
            "该竞买人已是当前最高报价人，本标的规则不允许自行加价",
            "FORMAT.md B.5 row 13",
        ),
        (
            "below_start",
            8,
            "the first bid must reach the start price, or the start price and one step where the rules say so",
            "首次报价不得低于起始价（规则另有规定的，不得低于起始价加一个增价幅度）",
            "FORMAT.md B.5 row 15; 福建 art. 30, 太仓 art. 19",
        ),
        (
            "below_increment",
            9,
            "the bid must reach the current top amount plus one step",
            "报价不得低于当前最高报价加一个增价幅度",
            "FORMAT.md B.5 row 17; 福建 art. 30, 太仓 art. 19",
        ),
        (
            "not_multiple",
            10,
            "the bid must rise by a whole multiple of the step",
            "加价须为增价幅度的整数倍",
            "FORMAT.md B.5 row 19; 公告 (the notice)",
        ),
        (
            "above_max_multiple",
            11,
            "the bid rises by more steps at once than the rules allow",
            "单次加价超过规则允许的最大倍数",
            "FORMAT.md B.5 row 20",
        ),
        (
            "amount_limit",
            12,
            "no higher amount can be expressed",
            "已达到可表示的金额上限",
            "FORMAT.md B.5 rows 14 and 16",
        ),
        (
            "phase_takes_no_bids",
            13,
            "no bids in the clear are taken in the inquiry, in a preparation and while bids are sealed",
            "询问期、准备期、密封报价期不接受公开报价",
            "FORMAT.md B.5 row 6; 汕头 art. 23, 福建 art. 38",
        ),
        (
            "free_stopped",
            14,
            "quotes have stopped: the rules take none in the last part of the free phase",
            "已停止更新报价：自由报价期最后一段时间不接受报价",
            "FORMAT.md B.5 row 8; 太仓 online listing flow, items 7 and 8",
        ),
        (
            "no_prior_bid",
            15,
            "only a bidder with a valid bid in the listing may take part in what follows",
            "仅挂牌期有有效报价的竞买人可以参加",
            "FORMAT.md B.4, B.5 row 9; 汕头 art. 19, 德州 item 4(1)",
        ),
        (
            "no_yes",
            16,
            "only a bidder who said yes in the inquiry may bid in what follows",
            "仅在询问期表示参加的竞买人可以参加其后的竞价",
            "FORMAT.md B.5 row 10; 汕头 art. 23",
        ),
        (
            "outside_hours",
            17,
            "bidding is closed at this hour; its clock stands still until it opens again",
            "当前时段不接受报价；倒计时暂停至恢复时段",
            "FORMAT.md B.2, B.5 row 7; 公告 (the notice), 福建 art. 27 (maintenance)",
        ),
        (
            "too_precise",
            18,
            "the amount has more digits than the declared precision allows",
            "报价精度超过规定",
            "FORMAT.md B.5 row 18; 福建 art. 30",
        ),
        (
            "priority_used",
            19,
            "the priority may be used once, and was",
            "优先权只可行使一次，已行使",
            "FORMAT.md B.5 row 12; 公告 (the notice)",
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
            "当前阶段由倒计时结束，不由主持人宣布",
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
            "底价已录入，不得变更",
            "FORMAT.md B.6; 晋自然资发〔2024〕40号 part 4(2), 福建 art. 32",
        ),
        (
            "reserve_below_start",
            26,
            "the reserve, or the figure of one setter, is below the start price",
            "底价（或单人底价）低于起始价",
            "FORMAT.md B.6; 自然资源部 2025-12 notice, in force 2026-01-01",
        ),
        (
            "commitment_mismatch",
            27,
            "the amount is not the one that the recorded commitment binds",
            "与已登记的承诺值不符",
            "FORMAT.md A.6, B.6",
        ),
        (
            "reserve_missing",
            28,
            "no reserve to do this with: not entered, not by all, or not yet disclosed at the opening; a missing one is not none",
            "没有可作此处理的底价：未录入、未录齐，或应在开启时公布而未公布；未录入不得视为无底价",
            "FORMAT.md B.6; 晋自然资发〔2024〕40号 part 4(2)",
        ),
        (
            "outcome_invalid",
            29,
            "the outcome does not follow from the accepted bids",
            "结果与已接受的报价不符",
            "FORMAT.md B.7",
        ),
        (
            "already_answered",
            30,
            "the bidder answered the inquiry before; an answer stands",
            "该竞买人已答复询问，不得更改",
            "FORMAT.md B.4; 汕头 art. 23",
        ),
        (
            "end_not_allowed",
            31,
            "the end gives back less than the suspended time, or too much; or the opening comes too early, or leaves too little",
            "所定截止时间未补足中止时间，或超过规则允许的时间；或竞价早于原定时间开始，或开始后所剩时间不足",
            "FORMAT.md B.4; 福建 art. 55, 法释〔2016〕18号 art. 20",
        ),
        (
            "notice_too_short",
            32,
            "the resumption must be announced longer ahead",
            "恢复公告的提前时间不足",
            "FORMAT.md B.4; 福建 art. 58, 太仓 art. 26",
        ),
        (
            "resumption_not_due",
            33,
            "the resumption was not announced, or its announced time has not come",
            "尚未公告恢复时间，或公告的恢复时间未到",
            "FORMAT.md B.4; 福建 art. 58, 太仓 art. 26",
        ),
        (
            "priority_outranked",
            34,
            "the leader holds a priority of the same or a higher rank",
            "当前领先者为同顺位或更高顺位的优先权人",
            "FORMAT.md B.5 row 12; 法释〔2016〕18号 art. 21",
        ),
        (
            "already_granted",
            35,
            "the bidder holds a priority already",
            "该竞买人已确认为优先权人",
            "FORMAT.md B.4; 法释〔2016〕18号 art. 19",
        ),
        (
            "priority_not_allowed",
            36,
            "the rules of this lot know no priority",
            "本标的规则未设优先权",
            "FORMAT.md B.4; 矿产资源法 art. 23, 25 (none at a sale)",
        ),
        (
            "cap_reached",
            37,
            "the price cap is reached: nobody may bid more, and who is at the cap cannot bid it again",
            "已达封顶价：不接受更高报价，已按封顶价报价者不得再报",
            "FORMAT.md B.5 row 11a; 公告 (the notice)",
        ),
        (
            "above_cap",
            38,
            "the bid is above the price cap",
            "报价超过封顶价",
            "FORMAT.md B.5 row 11b; 公告 (the notice)",
        ),
        (
            "no_top_up",
            39,
            "the bidder's further deposit was not confirmed",
            "该竞买人未补交竞买保证金",
            "FORMAT.md B.5 row 10a; 四川 2025 (circuit breaker with a further deposit)",
        ),
        (
            "top_up_not_required",
            40,
            "the rules of this lot ask for no further deposit",
            "本标的规则不要求补交保证金",
            "FORMAT.md B.4",
        ),
        (
            "already_confirmed",
            41,
            "the bidder's further deposit is confirmed already",
            "该竞买人补交保证金已确认",
            "FORMAT.md B.4",
        ),
        (
            "seed_mismatch",
            42,
            "the seeds are not those to which the rules commit the lottery",
            "种子与规则所承诺的不符",
            "FORMAT.md B.4",
        ),
        (
            "phase_takes_no_sealed_bids",
            43,
            "sealed bids are taken in the sealed phase only",
            "仅密封报价期接受密封报价",
            "FORMAT.md B.4",
        ),
        (
            "not_tied",
            44,
            "in a further sealed round only the bidders of the equal highest bids bid again",
            "再次密封报价仅限此前并列最高者",
            "FORMAT.md B.4; 四川 2024 (equal highest quoters quote again)",
        ),
        (
            "already_placed",
            45,
            "the bidder's sealed bid stands; under these rules it cannot be changed",
            "该竞买人的密封报价已递交，按规则不得修改",
            "FORMAT.md B.4; 公告 (the notice)",
        ),
        (
            "not_withdrawable",
            46,
            "under these rules a sealed bid cannot be withdrawn",
            "按规则密封报价不得撤回",
            "FORMAT.md B.4; 国土资发〔2011〕242号 art. 19",
        ),
        (
            "no_sealed_bid",
            47,
            "the bidder has no sealed bid that this could be done with",
            "该竞买人没有可作此处理的密封报价",
            "FORMAT.md B.4",
        ),
        ("already_opened", 48, "the sealed bid is open already", "该密封报价已开启", "FORMAT.md B.4"),
        (
            "below_floor",
            49,
            "the sealed bid is below the least that counts: the top amount, or the start price",
            "密封报价低于下限（此前最高报价或起始价）",
            "FORMAT.md B.2, B.4; 苏州 2016 (band)",
        ),
        (
            "above_most",
            50,
            "the sealed bid is above the most that the rules allow",
            "密封报价高于规则允许的上限",
            "FORMAT.md B.2, B.4; 苏州 2016 (band)",
        ),
        (
            "equal_sealed_bid",
            51,
            "another sealed bid has this amount, and these rules take no two equal ones; choose another amount",
            "已有相同金额的密封报价，规则不接受相同报价，请另选金额",
            "FORMAT.md B.4; 苏州 2016 (no two equal quotes)",
        ),
        (
            "points_not_asked",
            52,
            "under these rules no points are given: the amounts decide",
            "按规则不作评分，由报价金额确定",
            "FORMAT.md B.4",
        ),
        ("already_scored", 53, "the bid has its points already", "该报价已有评分", "FORMAT.md B.4"),
        (
            "not_scored",
            54,
            "every valid bid must have its points before the opening is finished",
            "结束开标前，每份有效报价均须有评分",
            "FORMAT.md B.4; 招标投标法 art. 41",
        ),
        (
            "not_opened",
            55,
            "a sealed bid stands that is not open yet; open it, or exclude it on record if its bidder does not come",
            "尚有密封报价未开启；须先开启，竞买人不到场开启的，须留痕排除",
            "FORMAT.md B.4; 招标投标法 art. 36 (every bid received in time is opened)",
        ),
    )
}
