"""Every constraint of B.1 on the values of rules, and between them. What is refused is a `FormatError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ladder import free_step
from .terms import (
    DURATION_MAX,
    I64_MAX,
    SEEDS_MAX,
    TIME_MAX,
    U32_MAX,
    ZERO_32,
    Anchor,
    CapAction,
    Clock,
    Extension,
    HardEnd,
    PhaseEnd,
    PhaseKind,
    ReserveCommitment,
    ReservePolicy,
    ResumeTimed,
    WithoutBids,
)
from .wire import FormatError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .open_time import Spans
    from .rules import LotRules, Phase

TABLE_MAX = 64
PHASES_MAX = 8
SPANS_MAX = 512
SETTERS_MAX = 16
_BY_CLOCK = (PhaseEnd.AFTER, PhaseEnd.AT)
_BIDDING = (PhaseKind.FREE, PhaseKind.TIMED)


def require(holds: bool, english: str, chinese: str) -> None:  # noqa: FBT001 - the claim itself, not a switch
    """Refuse rules of which a claim does not hold."""
    if not holds:
        raise FormatError(f"rules: {english}", f"规则：{chinese}")


def member(values: Any, value: int) -> Any:  # noqa: ANN401 - a value of whichever enumeration is given
    """Return the member of an enumeration that a number stands for."""
    if value not in values.__members__.values():
        name = values.__name__
        raise UnsupportedError(f"rules: unknown value {value} of {name}", f"规则：{name} 的值 {value} 未知")
    return values(value)


def whole(value: int, low: int, high: int, what: str) -> None:
    """Refuse what is no whole number from `low` to `high`."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    require(
        is_whole and low <= value <= high,
        f"{what} is {value}, expected {low} to {high}", f"{what} 为 {value}，应在 {low} 与 {high} 之间",
    )  # fmt: skip


def _each_whole(rules: LotRules, names: Iterable[str], high: int) -> None:
    """Refuse those of some optional numbers that are given and not from 1 to `high`."""
    for name in names:
        value = getattr(rules, name)
        if value is not None:
            whole(value, 1, high, name)


def check_phase(phase: Phase) -> None:
    """Refuse a phase whose values contradict each other."""
    numbers = (phase.kind, phase.end, phase.extension, phase.hard_end)
    for values, value in zip((PhaseKind, PhaseEnd, Extension, HardEnd), numbers, strict=True):
        member(values, value)
    ranges = {PhaseEnd.AFTER: (1, DURATION_MAX), PhaseEnd.AT: (0, TIME_MAX), PhaseEnd.CALLED: (0, 0)}
    whole(phase.end_value, *ranges[phase.end], "end_value")
    extends = phase.extension != Extension.NONE
    whole(phase.extension_to, int(extends), DURATION_MAX if extends else 0, "extension_to")
    windowed = phase.extension == Extension.WINDOW
    whole(phase.window, int(windowed), DURATION_MAX if windowed else 0, "window")
    hard = {HardEnd.NONE: (0, 0), HardEnd.AFTER: (1, DURATION_MAX), HardEnd.AT: (0, TIME_MAX)}
    whole(phase.hard_end_value, *hard[phase.hard_end], "hard_end_value")
    require(not (extends and phase.end == PhaseEnd.CALLED), "a called phase has no extension", "宣布结束的阶段不得延时")
    require(not extends or phase.kind == PhaseKind.TIMED, "only a timed phase has an extension", "只有限时竞价可以延时")
    require(extends or phase.hard_end == HardEnd.NONE, "a hard end needs an extension", "有延时才可设最晚结束时间")
    require(
        phase.kind != PhaseKind.INQUIRY or phase.end == PhaseEnd.AFTER, "an inquiry ends after", "询问期须按时长结束"
    )
    require(
        phase.kind not in (PhaseKind.PREPARATION, PhaseKind.SEALED) or phase.end in _BY_CLOCK,
        "a preparation or a sealed phase ends after or at", "准备期与密封报价期须按时长或在某一时间结束",
    )  # fmt: skip


def check_rules(rules: LotRules) -> None:
    """Refuse rules that the format does not allow."""
    whole(rules.start_price, 1, I64_MAX, "start_price")
    _check_increment(rules)
    _check_phases(rules)
    _check_bidders(rules)
    _check_reserve(rules)
    _check_setters(rules)
    _check_entry(rules)
    _check_timed_increment(rules)
    _check_precision(rules)
    _check_free_stop(rules)
    _check_free_least(rules)
    _check_extensions(rules)
    if rules.closed is not None:
        check_spans(rules.closed)
    _check_resumption(rules)
    _check_cap(rules)


def _check_increment(rules: LotRules) -> None:
    steps = (rules.increment_fixed, rules.increment_percent, rules.increment_table)
    require(sum(step is not None for step in steps) == 1, "exactly one increment is expected", "应恰有一种增价幅度")
    _each_whole(rules, ("increment_fixed", "max_multiple"), I64_MAX)
    percent = rules.increment_percent is not None
    rounded = rules.increment_rounding is not None
    require(rounded == percent, "rounding stands with a percentage only", "按比例增价时才写取整方式，且必须写明")
    for part in rules.increment_percent or ():
        whole(part, 1, I64_MAX, "increment_percent")
    from_start = rules.multiple_anchor == Anchor.START_PRICE
    require(
        not (percent and from_start),
        "a percentage has no multiples from the start price", "按比例增价时不得自起始价计整数倍",
    )  # fmt: skip
    if rules.increment_table is not None:
        _check_table(rules.increment_table)


def _check_table(table: tuple[tuple[int, int], ...]) -> None:
    require(1 <= len(table) <= TABLE_MAX, f"a table has 1 to {TABLE_MAX} rows", f"增价表应有 1 至 {TABLE_MAX} 行")
    least = 0
    for start, step in table:
        whole(start, least, I64_MAX, "from")
        whole(step, 1, I64_MAX, "step")
        least = start + 1
    require(table[0][0] == 0, "the first row starts at 0", "增价表首行应从 0 起")


def _check_phases(rules: LotRules) -> None:
    phases = rules.phases
    fits = 1 <= len(phases) <= PHASES_MAX
    require(fits, f"1 to {PHASES_MAX} phases are expected", f"应有 1 至 {PHASES_MAX} 个阶段")
    last = (len(phases), rules.cap_phase)
    called = any(phase.end == PhaseEnd.CALLED for behind, phase in enumerate(phases, 1) if behind not in last)
    require(
        not called,
        "only the last phase, and the last before cap_phase, may end by a call",
        "只有最后一个阶段与 cap_phase 之前的一个阶段可以宣布结束",
    )
    ends = (*_BIDDING, PhaseKind.SEALED)
    require(
        phases[0].kind in ends and phases[-1].kind in ends,
        "the first and the last phase are free, timed or sealed", "首末两个阶段须为自由报价、限时竞价或密封报价",
    )  # fmt: skip
    inquiries = sum(phase.kind == PhaseKind.INQUIRY for phase in phases)
    require(inquiries <= 1, f"{inquiries} inquiries, at most one is allowed", f"询问期有 {inquiries} 个，至多一个")
    require(
        rules.clock == Clock.AT_OPENING or phases[0].end == PhaseEnd.AFTER,
        "a clock from the first bid needs a phase that ends after", "自首次报价起计时，首个阶段须按时长结束",
    )  # fmt: skip
    for name in ("timed_without_bids", "single_bidder"):
        given = getattr(rules, name) is not None
        require(
            given == (len(phases) > 1),
            f"{name} stands with several phases only", f"有多个阶段时才写 {name}，且必须写明",
        )  # fmt: skip


def _check_bidders(rules: LotRules) -> None:
    counted = rules.min_bidders_counts is not None
    require(
        counted == (rules.min_bidders is not None),
        "min_bidders and min_bidders_counts stand together", "min_bidders 与 min_bidders_counts 须同时写明",
    )  # fmt: skip
    require(
        (rules.recent_bidders is None) == (rules.recent_window is None),
        "recent_bidders and recent_window stand together", "recent_bidders 与 recent_window 须同时写明",
    )  # fmt: skip
    require(
        rules.recent_bidders is None or len(rules.phases) > 1,
        "recent_bidders stands with several phases only", "有多个阶段时才可写 recent_bidders",
    )  # fmt: skip
    _each_whole(rules, ("min_bidders", "recent_bidders"), U32_MAX)
    _each_whole(rules, ("recent_window",), DURATION_MAX)


def _check_reserve(rules: LotRules) -> None:
    required = rules.reserve_policy == ReservePolicy.REQUIRED
    for name in ("reserve_custody", "reserve_commitment"):
        stated = getattr(rules, name) is not None
        require(stated == required, f"{name} stands with a required reserve only", f"有底价时才写 {name}，且必须写明")
    opens, ends = rules.entry_opens_before_end, rules.entry_ends_before_end
    _each_whole(rules, ("entry_opens_before_end", "entry_ends_before_end"), DURATION_MAX)
    timed = rules.clock == Clock.AT_OPENING and rules.phases[0].end in _BY_CLOCK
    require(
        (opens is None and ends is None) or (required and timed),
        "an entry window needs a required reserve and a first phase with an end",
        "设底价录入时段须有底价，且首个阶段有结束时间",
    )
    require(
        opens is None or ends is None or ends < opens, "the entry window ends before it opens", "底价录入时段先止后起"
    )


def _check_setters(rules: LotRules) -> None:
    """Check how many people set the reserve."""
    setters = rules.reserve_setters
    require(
        (setters is None) == (rules.reserve_rounding is None),
        "reserve_setters and reserve_rounding stand together", "reserve_setters 与 reserve_rounding 须同时写明",
    )  # fmt: skip
    if setters is None:
        return
    whole(setters, 2, SETTERS_MAX, "reserve_setters")
    require(
        rules.reserve_commitment == ReserveCommitment.AT_ENTRY,
        "several people set a required reserve that is committed to at its entry only",
        "多人设定底价时须有底价，且录入时承诺",
    )


def _check_entry(rules: LotRules) -> None:
    """Check who may bid behind the first phase, and what the inquiry asks for."""
    require(
        rules.has_inquiry == (rules.inquiry_yes is not None),
        "inquiry_yes stands with an inquiry only", "有询问期时才写 inquiry_yes，且必须写明",
    )  # fmt: skip
    _each_whole(rules, ("inquiry_yes",), U32_MAX)
    require(
        rules.timed_entry is None or len(rules.phases) > 1,
        "timed_entry stands with several phases only", "有多个阶段时才可写 timed_entry",
    )  # fmt: skip
    require(
        not rules.needs_yes or rules.has_inquiry, "nobody can say yes without an inquiry", "没有询问期，无从表示愿意"
    )
    decides = rules.timed_without_bids == WithoutBids.DECIDE
    require(
        not rules.needs_prior_bid or decides,
        "who must have bid before cannot enter where nobody has", "须曾报价方可参加时，无人报价即应结束",
    )  # fmt: skip


def _check_timed_increment(rules: LotRules) -> None:
    _each_whole(rules, ("timed_increment",), I64_MAX)
    kinds = {phase.kind for phase in rules.phases}
    require(
        rules.timed_increment is None or kinds.issuperset(_BIDDING),
        "timed_increment needs a free and a timed phase", "有自由报价与限时竞价两种阶段时才可写 timed_increment",
    )  # fmt: skip


def _check_precision(rules: LotRules) -> None:
    precision = rules.precision
    if precision is None:
        return
    whole(precision, 2, I64_MAX, "precision")
    amounts = [rules.start_price, rules.increment_fixed, rules.timed_increment]
    amounts += [step for _, step in rules.increment_table or ()]
    for amount in amounts:
        require(
            amount is None or amount % precision == 0,
            f"{amount} is not a whole multiple of the precision {precision}", f"{amount} 不是精度 {precision} 的整数倍",
        )  # fmt: skip


def _timed_free_phases(rules: LotRules) -> list[Phase]:
    return [phase for phase in rules.phases if phase.kind == PhaseKind.FREE and phase.end in _BY_CLOCK]


def _check_free_stop(rules: LotRules) -> None:
    stop = rules.free_stop
    if stop is None:
        return
    whole(stop, 1, DURATION_MAX, "free_stop")
    phases = _timed_free_phases(rules)
    require(bool(phases), "free_stop needs a free phase with an end", "有结束时间的自由报价阶段才可写 free_stop")
    lengths = [phase.end_value for phase in phases if phase.end == PhaseEnd.AFTER]
    require(
        all(stop < length for length in lengths),
        f"free_stop {stop} leaves a free phase no time", f"free_stop 为 {stop}，自由报价阶段无报价时间",
    )  # fmt: skip


def _check_free_least(rules: LotRules) -> None:
    least, first = rules.free_least, rules.phases[0]
    if least is None:
        return
    whole(least, 1, DURATION_MAX, "free_least")
    require(
        first.end in _BY_CLOCK,
        "free_least needs a first phase with an end", "首个阶段有结束时间的，才可写 free_least",
    )  # fmt: skip
    after, hard_after = first.end == PhaseEnd.AFTER, first.hard_end == HardEnd.AFTER
    require(
        not (after and first.end_value < least) and not (hard_after and first.hard_end_value < least),
        f"the first phase is shorter than free_least {least}", f"首个阶段短于 free_least {least}",
    )  # fmt: skip


def _check_extensions(rules: LotRules) -> None:
    _each_whole(rules, ("max_extensions",), U32_MAX)
    extends = any(phase.extension != Extension.NONE for phase in rules.phases)
    require(
        rules.max_extensions is None or extends,
        "max_extensions needs a phase with an extension", "有可延时的阶段才可写 max_extensions",
    )  # fmt: skip


def check_spans(spans: Spans) -> None:
    """Refuse spans that are empty, too many, out of range or out of order."""
    require(1 <= len(spans) <= SPANS_MAX, f"1 to {SPANS_MAX} spans are expected", f"应有 1 至 {SPANS_MAX} 个时段")
    least = 0
    for since, until in spans:
        whole(since, least, TIME_MAX, "from")
        whole(until, since + 1, TIME_MAX, "until")
        least = until


def _check_resumption(rules: LotRules) -> None:
    require(
        rules.resume_free is None or bool(_timed_free_phases(rules)),
        "resume_free needs a free phase with an end", "有结束时间的自由报价阶段才可写 resume_free",
    )  # fmt: skip
    require(
        rules.resume_free_most is None or rules.resume_free is not None,
        "resume_free_most stands with resume_free only", "有 resume_free 时才可写 resume_free_most",
    )  # fmt: skip
    kinds = {phase.kind for phase in rules.phases}
    require(
        rules.resume_timed is None or kinds != {PhaseKind.FREE},
        "resume_timed needs a phase that is not free", "有自由报价以外的阶段才可写 resume_timed",
    )  # fmt: skip
    by_time = any(
        phase.end == PhaseEnd.AT or phase.hard_end == HardEnd.AT
        for phase in rules.phases
        if phase.kind != PhaseKind.FREE
    )
    require(
        rules.resume_timed is None or not by_time,
        "what ends at a time, or has its hard end there, cannot begin again", "在某一时间结束或最晚结束的阶段无从重新开始",
    )  # fmt: skip
    require(
        rules.resume_timed != ResumeTimed.RESTART_FROM_PREPARATION or PhaseKind.PREPARATION in kinds,
        "no phase can begin again from a preparation without one", "没有准备期，无从自准备期重新开始",
    )  # fmt: skip
    require(
        rules.resume_direct_within is None or rules.resume_notice is not None,
        "resume_direct_within stands with resume_notice only", "有 resume_notice 时才可写 resume_direct_within",
    )  # fmt: skip
    _each_whole(rules, ("resume_free_most", "resume_direct_within", "resume_notice"), DURATION_MAX)
    require(
        rules.postponed_end is None or rules.phases[0].end == PhaseEnd.AT,
        "postponed_end needs a first phase that ends at a time", "首个阶段在某一时间结束的，才可写 postponed_end",
    )  # fmt: skip


def _check_cap(rules: LotRules) -> None:
    """Check the price cap and what it leads to."""
    cap, draws = rules.cap, rules.cap_action == CapAction.LOTTERY
    require(
        (cap is None) == (rules.cap_action is None),
        "cap and cap_action stand together", "cap 与 cap_action 须同时写明",
    )  # fmt: skip
    if cap is not None:
        _check_cap_amount(rules, cap)
    _check_cap_phase(rules)
    require(
        rules.cap_passing is None or (cap is not None and not draws),
        "cap_passing needs a cap without a lottery", "有封顶价且不摇号时才可写 cap_passing",
    )  # fmt: skip
    before = rules.phases[: rules.cap_phase]
    frees = {phase.end for phase in before if phase.kind == PhaseKind.FREE}
    require(
        rules.cap_in_free is None or (cap is not None and not draws and bool(frees) and PhaseEnd.CALLED not in frees),
        "cap_in_free needs a cap without a lottery, and before cap_phase a free phase and none that is called",
        "有封顶价、不摇号，且 cap_phase 之前有自由报价阶段而无宣布结束的，才可写 cap_in_free",
    )
    require(
        rules.priority is None or cap is None,
        "priority does not stand with a cap", "有封顶价时不得写 priority",
    )  # fmt: skip
    require(
        rules.top_up is None or rules.cap_phase is not None,
        "top_up stands with cap_phase only", "有 cap_phase 时才可写 top_up",
    )  # fmt: skip
    require(
        (rules.lottery_seeds is not None) == draws,
        "lottery_seeds stands with a lottery only", "摇号时才写 lottery_seeds，且必须写明",
    )  # fmt: skip
    if rules.lottery_seeds is not None:
        check_commitments(rules.lottery_seeds)


def _check_cap_amount(rules: LotRules, cap: int) -> None:
    start, fixed = rules.start_price, rules.increment_fixed
    whole(cap, 1, I64_MAX, "cap")
    require(cap > start, f"the cap {cap} is not above the start price {start}", f"封顶价 {cap} 不高于起始价 {start}")
    require(
        rules.precision is None or cap % rules.precision == 0,
        f"the cap {cap} is not a whole multiple of the precision {rules.precision}",
        f"封顶价 {cap} 不是精度 {rules.precision} 的整数倍",
    )
    step = max(free_step(rules, start), rules.timed_increment or 0)
    first = start if rules.first_bid_min is None else start + step
    require(
        cap >= first, f"the cap {cap} is below the least first bid {first}", f"封顶价 {cap} 低于首次报价的下限 {first}"
    )
    require(
        rules.cap_action != CapAction.LOTTERY or fixed is None or (cap - start) % fixed == 0,
        f"no whole number of steps leads from the start price to the cap {cap}",
        f"自起始价至封顶价 {cap} 不是整数个增价幅度",
    )


def _check_cap_phase(rules: LotRules) -> None:
    index = rules.cap_phase
    require(
        (index is not None) == (rules.cap_action == CapAction.ENTER),
        "cap_phase stands with the action enter only", "到封顶价进入后续阶段时才写 cap_phase，且必须写明",
    )  # fmt: skip
    if index is None:
        return
    whole(index, 1, PHASES_MAX, "cap_phase")
    require(
        index < len(rules.phases), f"there is no phase {index} for the cap to lead to", f"没有封顶后的第 {index} 号阶段"
    )
    require(
        rules.phases[index - 1].kind in _BIDDING,
        "the phase before cap_phase is free or timed", "cap_phase 之前的一个阶段须为自由报价或限时竞价",
    )  # fmt: skip


def check_commitments(seeds: tuple[bytes, ...]) -> None:
    """Refuse commitments of seeds that are none, too many, of another length or zero."""
    fits = 1 <= len(seeds) <= SEEDS_MAX and all(len(seed) == 32 and seed != ZERO_32 for seed in seeds)
    require(
        fits,
        f"1 to {SEEDS_MAX} commitments of 32 bytes are expected, none of them zero",
        f"应有 1 至 {SEEDS_MAX} 个 32 字节的承诺，且均不全为零",
    )
