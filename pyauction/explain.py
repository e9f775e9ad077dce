"""What was decided and what a code means, in words, in English and Chinese. The tables are in `explanations.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .citation import rule_of
from .comparison import Shown, refusal
from .errors import MisuseError
from .events import event_of
from .explanations import FINDINGS, Explanation
from .explanations import language as language_of
from .money import Money
from .narrative import tell
from .refusals import REFUSALS
from .told import Told

if TYPE_CHECKING:
    from datetime import tzinfo

    from ._engine import Decision
    from .lot import LotSnapshot


def explain(code: str | int) -> Explanation:
    """Return what a refusal's or a finding's code means; a refusal's may be given by its number, as `bid_many` does.

    Raises `MisuseError` for an unknown one.
    """
    if not isinstance(code, str) or code.isdecimal():
        found = next((each for each in REFUSALS.values() if str(each.number) == str(code)), None)
    else:
        found = REFUSALS.get(code) or FINDINGS.get(code)
    if found is None:
        known = ", ".join([*REFUSALS, *FINDINGS])
        raise MisuseError(
            Told(f"unknown code {code!r}; expected one of {known}", f"没有代码 {code!r}；应为 {known} 之一")
        )
    return found


def explanations() -> tuple[Explanation, ...]:
    """Return every reason of a refusal, in the order of their numbers."""
    return tuple(REFUSALS.values())


def finding_explanations() -> tuple[Explanation, ...]:
    """Return every code of a verifier's finding."""
    return tuple(FINDINGS.values())


def describe(
    decision: Decision,
    lang: str = "en",
    money: Money | None = None,
    lot: LotSnapshot | None = None,
    zone: tzinfo | None = None,
) -> str:
    """Return in words what was decided, amounts in the unit of `money` or of `lot`, or else in minor units.

    With `lot` a refusal also says what the lot's rules state of its ground: the step, the cap, the precision; and how the lot
    stood, if the snapshot is of that moment.

    Nothing said depends on the reserve while bidding is open.
    """
    language = language_of(lang)
    if lot is not None and lot.lot != decision.lot:
        raise MisuseError(
            Told(
                f"expected a snapshot of lot number {decision.lot}, received one of {lot.lot}",
                f"应为 {decision.lot} 号标的的快照，实为 {lot.lot} 号的",
            ),
            "lot",
        )
    if money is not None and not isinstance(money, Money):
        raise MisuseError(
            Told(f"expected a Money, as WAN_YUAN, received {money!r}", f"应为 Money，如 WAN_YUAN，实为 {money!r}"),
            "money",
        )
    if money is None and lot is not None:
        money = lot.money

    shown, event = Shown.of(money, language, zone), event_of(decision.fields())
    if decision.reason is not None:
        # A repeated answer has the present quote, not that of the refusal.
        quote = None if decision.repeated else decision.quote
        parts = refusal(event, quote, lot, shown, first=decision.first_minor)
        rule = rule_of(REFUSALS[decision.reason], language, lot, quote)
        return (
            f"已拒绝：{'；'.join([*parts, f'依据：{rule}'])}"
            if language == "zh-CN"
            else f"refused: {'; '.join([*parts, f'rule: {rule}'])}"
        )
    seq = decision.seq
    if decision.amount_minor is None or decision.quote.standing_minor is None:
        told, kind = tell(event, lot, language, zone), type(event).__name__
        if language == "zh-CN":
            return f"已接受（序号 {seq}，{kind}）{'：' if told else ''}{told}"
        return f"accepted as record {seq}, {kind}{': ' if told else ''}{told}"
    bid, top = shown.amount(decision.amount_minor), shown.amount(decision.quote.standing_minor)
    if language == "zh-CN":
        return f"已接受：报价 {bid}（序号 {seq}）；当前最高 {top}"
    return f"accepted: bid {bid} as record {seq}; top amount {top}"
