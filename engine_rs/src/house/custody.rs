//! The custody of sealed reserves (底价): what passes between a house's vault and its engine.
//!
//! What is always true: an amount is judged, held and recorded in one step, and is gone if the record refuses it; it is
//! compared only after the close is durable; it goes with the comparison's record, with the outcome or the termination of
//! its lot, with the close of the house and with its failure.

use thiserror::Error;

use super::{Desk, House, HouseError};
use crate::amount::Amount;
use crate::command::{Command, Disclosure, Fault};
use crate::decision::Decision;
use crate::engine::stated;
use crate::ids::LotId;
use crate::lot::{Lot, ReserveState, State};
use crate::record::{Body, EntryFields, EntryResult};
use crate::reserve::{Commitment, Expected, Mean, Opening, Terms, Vault, VaultError, scrubbed};
use crate::text::Text;
use crate::time::Timestamp;
use crate::verdict::Reason;

/// Why a reserve was not taken, compared or disclosed, apart from a decision that refuses it.
#[derive(Debug, Error)]
pub enum CustodyError {
    /// The house did not decide.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The vault cannot do it; nothing was recorded.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The people who enter a reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepers {
    /// Who enters it.
    pub by: Text,
    /// Who watches.
    pub witness: Text,
}

impl House {
    /// Records the refusal of an entry that no amount could change, so that nobody has to open a reserve for it. Returns
    /// `None`, with nothing recorded, if the amount matters.
    ///
    /// `stated` is the commitment that the sealed file states.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn refuse_entry(
        &self,
        lot: LotId,
        stated: Commitment,
        keepers: &Keepers,
        now: Timestamp,
    ) -> Result<Option<Decision>, HouseError> {
        keepers.check()?;
        self.at_desk(|desk| {
            let (known, entry) = (desk.lot(lot)?, keepers.entry(EntryResult::Accepted, stated));
            let again = is_again(known, &entry, &desk.vault);
            if !takes_no_entry(known, &entry, again, now) {
                return Ok(None);
            }
            desk.submit(enter(lot, entry, again), now).map(Some)
        })
    }

    /// Enters a reserve, or enters it again after a restart: the vault judges and holds it, the engine decides, and the
    /// vault lets go of what the engine did not take.
    ///
    /// # Errors
    /// [`CustodyError`]; the reserve is then not held, unless it was before.
    pub fn enter(
        &self,
        lot: LotId,
        opening: Opening,
        keepers: &Keepers,
        now: Timestamp,
    ) -> Result<Decision, CustodyError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let known = desk.engine.lot(lot).ok_or(HouseError::Fault(Fault::UnknownLot(lot)))?;
        let (terms, start_price) = (Terms::from(known.terms()), known.terms().rules.start_price);
        let commitments = committed(known);
        let expected = Expected { commitments: &commitments, figures: Mean::from(&*known.terms().rules).figures };
        let stated = keepers.entry(EntryResult::Accepted, opening.commitment(&terms));
        let again = is_again(known, &stated, &desk.vault);
        let held = scrubbed(|| desk.vault.hold(lot, &terms, start_price, opening, expected))?;
        let command = enter(lot, keepers.entry(held.result, held.commitment), again);
        let decision = desk.engine.submit(command, now, &mut desk.batch).map_err(HouseError::from);
        let accepted = decision.as_ref().is_ok_and(Decision::accepted);
        if held.newly_held && !accepted {
            desk.vault.forget_figure(lot, held.commitment);
        }
        if accepted && desk.lot(lot)?.state() == State::AwaitingReserve {
            desk.batch.closed.push_back(lot);
        }
        self.note(desk);
        Ok(decision?)
    }

    /// Compares the reserve of a lot that awaits it, once its close is durable, and records the result. That is durable
    /// when this returns, and the reserve forgotten. Returns `None` if the lot awaits nothing that this process holds.
    ///
    /// # Errors
    /// [`CustodyError::Vault`] leaves the lot where it is.
    pub fn compare(&self, lot: LotId) -> Result<Option<Decision>, CustodyError> {
        if self.read(|engine, _| engine.lot(lot).map(Lot::state))? != Some(State::AwaitingReserve) {
            return Ok(None);
        }
        self.flush()?;
        let Some(decision) = self.compare_now(lot)? else { return Ok(None) };
        if self.journaled {
            self.commit(decision.seq())?;
        }
        self.desk()?.vault.forget(lot);
        Ok(Some(decision))
    }

    /// As [`House::compare`] after its close is durable, and leaving its record to a commit.
    fn compare_now(&self, lot: LotId) -> Result<Option<Decision>, CustodyError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        desk.check_open()?;
        let awaiting = desk.engine.lot(lot).filter(|known| known.state() == State::AwaitingReserve);
        let Some(mean) = awaiting.map(|known| Mean::from(&*known.terms().rules)) else { return Ok(None) };
        let held = desk.vault.is_holding(lot, mean);
        let Some(top) = awaiting.and_then(Lot::top).filter(|_| held) else { return Ok(None) };
        let result = scrubbed(|| desk.vault.compare(lot, top.amount, mean))?;
        let decision = desk.submit(Command::CompareReserve { lot, result }, desk.now())?;
        self.note(desk);
        Ok(decision.accepted().then_some(decision))
    }

    /// Records the refusal of a disclosure that no opening could change, so that nobody has to open a reserve for it.
    /// Returns `None`, with nothing recorded, if the opening matters.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn refuse_disclosure(&self, lot: LotId, by: &Text, now: Timestamp) -> Result<Option<Decision>, HouseError> {
        stated("by", by).map_err(HouseError::Fault)?;
        self.at_desk(|desk| {
            if desk.lot(lot)?.decide_disclosure(true).is_ok() {
                return Ok(None);
            }
            let disclosure = Disclosure { amount: Amount(0), blinding: [0; 32], by: by.clone(), fits: false };
            desk.submit(Command::DiscloseReserve { lot, disclosure }, now).map(Some)
        })
    }

    /// Discloses a reserve. Only an opening that fits, of a lot that is over, leaves its locked memory.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn disclose(&self, lot: LotId, opening: Opening, by: Text, now: Timestamp) -> Result<Decision, HouseError> {
        let act = |desk: &mut Desk| {
            let known = desk.lot(lot)?;
            let commitment = opening.commitment(&Terms::from(known.terms()));
            let fits = known.is_committed_to(commitment.as_bytes());
            let may = known.decide_disclosure(fits).is_ok();
            let (amount, blinding) = if may { opening.disclose() } else { (Amount(0), [0; 32]) };
            let disclosure = Disclosure { amount, blinding, by, fits };
            desk.submit(Command::DiscloseReserve { lot, disclosure }, now)
        };
        scrubbed(|| self.at_desk(act))
    }

    /// Refuses an entry that would be a misuse, before anything is sequenced or a deadline handled for its sake.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn check_entry(&self, lot: LotId, keepers: &Keepers, now: Timestamp) -> Result<(), HouseError> {
        keepers.check()?;
        let entry = keepers.entry(EntryResult::Accepted, Commitment([0; 32]));
        self.check(&Command::EnterReserve { lot, entry }, now)
    }

    /// Refuses a disclosure that would be a misuse, as [`House::check_entry`] does.
    ///
    /// # Errors
    /// As [`House::submit`].
    pub fn check_disclosure(&self, lot: LotId, by: &Text, now: Timestamp) -> Result<(), HouseError> {
        let disclosure = Disclosure { amount: Amount(0), blinding: [0; 32], by: by.clone(), fits: false };
        self.check(&Command::DiscloseReserve { lot, disclosure }, now)
    }

    /// Makes sure that the vault can take one more reserve, before anybody types.
    ///
    /// # Errors
    /// [`CustodyError::Vault`]: [`VaultError::CannotHoldReserve`] and [`VaultError::Wiped`].
    pub fn make_room(&self) -> Result<(), CustodyError> {
        Ok(self.desk()?.vault.make_room()?)
    }

    /// Returns whether this process holds the lot's reserve, whole.
    ///
    /// # Errors
    /// [`HouseError::Forked`].
    pub fn holds_reserve(&self, lot: LotId) -> Result<bool, HouseError> {
        let desk = self.desk()?;
        let mean = desk.engine.lot(lot).map_or(Mean::ONE, |known| Mean::from(&*known.terms().rules));
        Ok(desk.vault.is_holding(lot, mean))
    }
}

impl Desk {
    fn lot(&self, lot: LotId) -> Result<&Lot, HouseError> {
        Ok(self.engine.lot(lot).ok_or(Fault::UnknownLot(lot))?)
    }

    fn submit(&mut self, command: Command<'_>, now: Timestamp) -> Result<Decision, HouseError> {
        Ok(self.engine.submit(command, now, &mut self.batch)?)
    }

    /// The time of what follows a close: that of the last record.
    fn now(&self) -> Timestamp {
        self.engine.last_at().unwrap_or(Timestamp(0))
    }

    /// Lets go of amounts that nothing can be decided with any more: of a lot that was terminated, or settled without a sale
    /// to decide, and of sealed bids that stand no more.
    pub(super) fn let_go(&mut self, decision: &Decision) {
        if decision.accepted() && matches!(decision.record.body, Body::LotTerminated { .. } | Body::OutcomeRecorded(_))
        {
            self.vault.forget(decision.record.head.lot);
        }
        self.let_bids_go(decision);
    }

    /// Lets go of every reserve, for good.
    pub(super) fn let_all_go(&mut self) {
        self.vault = Vault::new();
    }
}

impl Keepers {
    fn check(&self) -> Result<(), HouseError> {
        stated("by", &self.by)?;
        stated("witness", &self.witness)?;
        if self.by == self.witness {
            return Err(Fault::SamePerson.into());
        }
        Ok(())
    }

    fn entry(&self, result: EntryResult, commitment: Commitment) -> EntryFields {
        EntryFields { result, commitment: commitment.0, by: self.by.clone(), witness: self.witness.clone() }
    }
}

/// Returns the command that enters a reserve, for the first time or again.
fn enter(lot: LotId, entry: EntryFields, again: bool) -> Command<'static> {
    if again { Command::ReenterReserve { lot, entry } } else { Command::EnterReserve { lot, entry } }
}

/// Returns whether this enters again what was entered: the reserve, or a figure that a restart took from the vault.
///
/// Where several set the reserve and a figure is still held, only its own setter enters it again: a colleague who gives the
/// wrong file is told that it is entered already, and not that it was accepted.
fn is_again(known: &Lot, entry: &EntryFields, vault: &Vault) -> bool {
    if known.terms().rules.optional.reserve_setters.is_none() {
        return known.reserve_state() == ReserveState::Entered;
    }
    let figure = known.figures().iter().find(|figure| figure.commitment == entry.commitment);
    figure.is_some_and(|figure| {
        figure.by == entry.by || !vault.is_holding_figure(known.id(), Commitment(figure.commitment))
    })
}

/// Returns the commitments one of which an entry must have; none where the next figure has one of its own.
fn committed(known: &Lot) -> Vec<Commitment> {
    if known.terms().rules.optional.reserve_setters.is_none() {
        return known.commitment().map(Commitment).into_iter().collect();
    }
    let all = known.reserve_state() != ReserveState::Missing;
    known.figures().iter().filter(|_| all).map(|figure| Commitment(figure.commitment)).collect()
}

/// Returns whether every entry by this person of this commitment is refused from now on, whatever its amount.
fn takes_no_entry(lot: &Lot, entry: &EntryFields, again: bool, now: Timestamp) -> bool {
    let decided = if again { lot.decide_reentry(entry) } else { lot.decide_entry(now, entry) };
    // The other reasons may pass: a suspension ends, a window opens.
    matches!(decided, Err(Reason::ReserveNotRequired | Reason::WrongPhase | Reason::AlreadyEntered))
}
