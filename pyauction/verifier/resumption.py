"""What a suspended lot answers to an announced and to a stated resumption: pure decisions, in the order of B.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terms import PhaseEnd, PhaseKind, Reason, ResumeFree, State

if TYPE_CHECKING:
    from .lot import Lot


def announcement_refusal(lot: Lot, at: int, resumes_at: int) -> Reason | None:
    """Return why a resumption cannot be announced for a time, or None if it can."""
    if lot.state != State.SUSPENDED:
        return Reason.WRONG_PHASE
    return Reason.NOTICE_TOO_SHORT if resumes_at < at + (lot.rules.resume_notice or 0) else None


def resumption_refusal(lot: Lot, at: int, ends_at: int | None) -> Reason | None:
    """Return why a lot does not resume, with an end that is stated or without one, or None if it does."""
    if lot.state != State.SUSPENDED or lot.suspended_at is None:
        return Reason.WRONG_PHASE
    directly = lot.rules.resume_notice is None or _within(lot.rules.resume_direct_within, at - lot.suspended_at)
    if not directly and (lot.resumes_at is None or at < lot.resumes_at):
        return Reason.RESUMPTION_NOT_DUE
    if _opens_too_late(lot, at, ends_at):
        return Reason.END_NOT_ALLOWED
    return None if ends_at is None or _may_end(lot, at, ends_at) else Reason.END_NOT_ALLOWED


def _opens_too_late(lot: Lot, at: int, ends_at: int | None) -> bool:
    """Return whether a lot that was to open would do so when its first phase is over already, or too late for its length."""
    opens_at = lot.resumed_end(at) if ends_at is None else ends_at
    if lot.resumes_to != State.SCHEDULED or opens_at is None:
        return False
    stays = lot.running.end == PhaseEnd.AT and lot.rules.postponed_end is None
    return (stays and lot.running.end_value <= opens_at) or lot.opening_lacks(opens_at) > 0


def may_state_end(lot: Lot) -> bool:
    """Return whether who resumes a lot now may state when its free phase ends, or when it opens."""
    if lot.state == State.SUSPENDED and lot.resumes_to == State.SCHEDULED:
        return lot.remaining is not None
    froze_bidding = lot.state == State.SUSPENDED and lot.resumes_to == State.BIDDING
    in_timed_free = froze_bidding and lot.running.kind == PhaseKind.FREE and lot.remaining is not None
    return in_timed_free and lot.rules.resume_free == ResumeFree.EXTEND


def _may_end(lot: Lot, at: int, ends_at: int) -> bool:
    least = lot.resumed_end(at)
    if not may_state_end(lot) or lot.remaining is None or lot.suspended_at is None or least is None:
        return False
    if lot.resumes_to == State.SCHEDULED:
        return ends_at >= max(at, lot.suspended_at + lot.remaining)
    if ends_at < least:
        return False
    most = lot.rules.resume_free_most
    return not _within(most, lot.remaining) or _within(most, lot.elapsed(at, ends_at))


def _within(most: int | None, duration: int) -> bool:
    return most is not None and duration <= most
