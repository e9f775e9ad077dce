"""The constraints of B.1 on a phase of sealed bids and on the rule keys 47 to 54. What is refused is a `FormatError`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rule_checks import require, whole
from .sealed_terms import SealedAward, SealedCustody, SealedTie
from .terms import I64_MAX, U32_MAX, CapAction, Clock, PhaseEnd, PhaseKind, ReservePolicy

if TYPE_CHECKING:
    from .rules import LotRules


def check_sealed(rules: LotRules) -> None:
    """Refuse rules of sealed bids that the format does not allow."""
    _check_place(rules)
    for name in ("sealed_custody", "sealed_award"):
        stated = getattr(rules, name) is not None
        require(
            stated == rules.has_sealed,
            f"{name} stands with a sealed phase only", f"有密封报价期时才写 {name}，且必须写明",
        )  # fmt: skip
    for name in ("sealed_change", "sealed_min", "sealed_most", "reserve_published"):
        require(
            getattr(rules, name) is None or rules.has_sealed,
            f"{name} stands with a sealed phase only", f"有密封报价期时才可写 {name}",
        )  # fmt: skip
    if rules.sealed_min is not None:
        whole(rules.sealed_min, 1, U32_MAX, "sealed_min")
    require(
        rules.sealed_award != SealedAward.CLOSEST_TO_MEAN or rules.sealed_custody == SealedCustody.HOUSE,
        "the closest to the mean needs the custody of the house", "由拍卖方保管密封报价时，最接近平均价者才可成交",
    )  # fmt: skip
    _check_most(rules)
    _check_tie(rules)
    require(
        rules.sealed_equal is None or rules.sealed_custody == SealedCustody.HOUSE,
        "sealed_equal needs the custody of the house", "由拍卖方保管密封报价时才可写 sealed_equal",
    )  # fmt: skip
    require(
        rules.sealed_equal is None or rules.sealed_change is None,
        "sealed_change does not stand with sealed_equal", "写明 sealed_equal 时不得写 sealed_change",
    )  # fmt: skip
    _check_published(rules)


def _check_published(rules: LotRules) -> None:
    """Check who sets a reserve that is published. Where not simply the highest wins, a reserve is, and so one person sets it."""
    single = rules.reserve_policy == ReservePolicy.REQUIRED and rules.reserve_setters is None
    require(
        rules.reserve_published is None or single,
        "reserve_published needs a required reserve that one person sets", "有底价且由一人设定时才可写 reserve_published",
    )  # fmt: skip
    highest = rules.sealed_award in (None, SealedAward.HIGHEST)
    require(
        highest or rules.reserve_policy != ReservePolicy.REQUIRED or rules.reserve_published is not None,
        "reserve_published is stated with a required reserve where not simply the highest wins",
        "有底价而非最高价成交时须写明 reserve_published",
    )


def _check_place(rules: LotRules) -> None:
    """Check where a sealed phase stands, and what does not stand beside it."""
    if not rules.has_sealed:
        return
    before = [phase.kind for phase in rules.phases[:-1]]
    require(PhaseKind.SEALED not in before, "a sealed phase is the last", "密封报价期须为最后一个阶段")
    require(
        len(rules.phases) > 1 or rules.clock == Clock.AT_OPENING,
        "a clock from the first bid does not start with a sealed phase", "自首次报价起计时的，首个阶段不得为密封报价期",
    )  # fmt: skip
    require(rules.priority is None, "priority does not stand with a sealed phase", "有密封报价期时不得写 priority")
    require(
        rules.cap_action in (None, CapAction.ENTER),
        "a cap leads to further phases where there is a sealed phase", "有密封报价期时，到封顶价只能进入后续阶段",
    )  # fmt: skip
    require(
        rules.cap_phase is None or rules.phases[-1].end == PhaseEnd.AFTER,
        "a sealed phase that a cap leads to ends after", "到封顶价后进入的密封报价期须按时长结束",
    )  # fmt: skip


def _check_most(rules: LotRules) -> None:
    most, start, cap, precision = rules.sealed_most, rules.start_price, rules.cap, rules.precision
    if most is None:
        return
    whole(most, 1, I64_MAX, "sealed_most")
    require(
        most > start,
        f"sealed_most {most} is not above the start price {start}", f"sealed_most {most} 不高于起始价 {start}",
    )  # fmt: skip
    require(
        cap is None or most >= cap,
        f"sealed_most {most} is below the cap {cap}", f"sealed_most {most} 低于封顶价 {cap}",
    )  # fmt: skip
    require(
        precision is None or most % precision == 0,
        f"sealed_most {most} is not a whole multiple of the precision {precision}",
        f"sealed_most {most} 不是精度 {precision} 的整数倍",
    )
    require(
        rules.cap_passing is None,
        "sealed_most does not stand with cap_passing", "写明 cap_passing 时不得写 sealed_most",
    )  # fmt: skip
    require(
        rules.sealed_tie != SealedTie.REQUOTE,
        "sealed_most does not stand where equal ones bid again", "同价者再次报价时不得写 sealed_most",
    )  # fmt: skip


def _check_tie(rules: LotRules) -> None:
    award, tie = rules.sealed_award, rules.sealed_tie
    require(
        (tie is not None) == (award in (SealedAward.HIGHEST, SealedAward.MOST_POINTS)),
        "sealed_tie stands where the highest or the most points win, and there only",
        "最高价或最高分成交时才写 sealed_tie，且必须写明",
    )
    by_length = rules.phases[-1].end == PhaseEnd.AFTER
    require(
        tie != SealedTie.REQUOTE or (award == SealedAward.HIGHEST and by_length),
        "bidders bid again only where the highest wins and the sealed phase ends after",
        "最高价成交且密封报价期按时长结束的，才可再次报价",
    )
    require(
        tie != SealedTie.REQUOTE or rules.reserve_published is None,
        "bidders do not bid again where the reserve is published", "公布底价的，不得由同价者再次报价",
    )  # fmt: skip
    require(
        tie != SealedTie.HIGHER or award == SealedAward.MOST_POINTS,
        "the higher amount decides only among equal points", "得分相同时才可由较高报价成交",
    )  # fmt: skip
