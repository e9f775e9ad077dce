//! Sealed bids (密封报价) on their way from the program of a bidder into a house.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use zeroize::Zeroizing;

use super::amounts::amount as to_amount;
use super::arguments::{BidderArg, to_name, unicode};
use super::decision::hex;
use super::errors::{Missing, misuse, raise};
use super::reserve::{cannot_hold, terminal, terms};
use crate::amount::Amount;
use crate::engine::Engine;
use crate::house::holds_amounts;
use crate::ids::LotId;
use crate::reserve::{self as core, BidTerms, Commitment, Entropy, Opening, OsEntropy, scrubbed};

/// A sealed bid (密封报价): a commitment one can see and an amount one cannot.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct SealedBid {
    kind: Kind,
    commitment: Commitment,
    terms: BidTerms,
}

enum Kind {
    /// An amount that came through a descriptor.
    Read(Opening),
    /// An amount that was a Python object.
    Given { amount: Zeroizing<i64>, blinding: Zeroizing<[u8; 32]> },
}

#[pymethods]
impl SealedBid {
    /// Make a sealed bid from an amount that is a Python object already.
    #[new]
    #[pyo3(signature = (lot, bidder, amount_minor, *, currency="CNY", exponent=2, round=1, further_round=0,
                        blinding=None))]
    fn new(
        lot: &str,
        bidder: &Bound<'_, PyString>,
        amount_minor: &Bound<'_, PyAny>,
        currency: &str,
        exponent: u8,
        round: u32,
        further_round: u32,
        blinding: Option<[u8; 32]>,
    ) -> PyResult<Self> {
        let terms = bid_terms(lot, bidder, currency, exponent, round, further_round)?;
        let amount = Zeroizing::new(to_amount(amount_minor, None)?.minor());
        let blinding = Zeroizing::new(blinding.map_or_else(random, Ok)?);
        let commitment = scrubbed(|| core::commit_bid(&terms, Amount(*amount), &blinding));
        Ok(Self { kind: Kind::Given { amount, blinding }, commitment, terms })
    }

    /// Read the amount from a descriptor, so that it never is a Python object.
    #[staticmethod]
    #[pyo3(signature = (lot, bidder, fd, *, currency="CNY", exponent=2, round=1, further_round=0, unit_scale=0))]
    fn from_fd(
        py: Python<'_>,
        lot: &str,
        bidder: &Bound<'_, PyString>,
        fd: i32,
        currency: &str,
        exponent: u8,
        round: u32,
        further_round: u32,
        unit_scale: u8,
    ) -> PyResult<Self> {
        let terms = bid_terms(lot, bidder, currency, exponent, round, further_round)?;
        if unit_scale > MOST_SCALE {
            return Err(misuse(format!("unit_scale: expected 0 to {MOST_SCALE}, received {unit_scale}")));
        }
        core::check_room().map_err(cannot_hold)?;
        let amount = py.detach(|| core::read_amount(fd, unit_scale));
        let amount = amount.map_err(|error| terminal(&error, "fd"))?;
        let opening = scrubbed(|| Opening::blinded(&amount, &random()?).map_err(cannot_hold))?;
        let commitment = opening.bid_commitment(&terms);
        Ok(Self { kind: Kind::Read(opening), commitment, terms })
    }

    /// The commitment in hexadecimal, as the journal states it.
    #[getter]
    fn commitment(&self) -> String {
        hex(&self.commitment.0)
    }

    /// The lot for which it was made.
    #[getter]
    fn lot(&self) -> &str {
        self.terms.lot.lot()
    }

    /// Whose it is.
    #[getter]
    fn bidder(&self) -> &str {
        self.terms.bidder.as_str()
    }

    /// How many sealed rounds followed the first when it is placed.
    #[getter]
    fn further_round(&self) -> u32 {
        self.terms.further_rounds
    }

    /// The round of the lot for which it was made, from 1.
    #[getter]
    fn round(&self) -> u32 {
        self.terms.lot.round()
    }

    /// The currency in which it was made.
    #[getter]
    fn currency(&self) -> &str {
        self.terms.lot.currency()
    }

    /// How many decimal digits of the currency a minor unit stands for.
    #[getter]
    fn exponent(&self) -> u8 {
        self.terms.lot.exponent()
    }

    /// Return the amount in minor units and the blinding, for the bidder to keep.
    fn opening<'py>(&self, py: Python<'py>) -> PyResult<(i64, Bound<'py, PyBytes>)> {
        if matches!(self.kind, Kind::Read(_)) {
            return Err(misuse("opening: the amount was read from a descriptor and is not shown; use write_opening"));
        }
        let (amount, blinding) = self.copy()?.disclose();
        Ok((amount.minor(), PyBytes::new(py, &blinding)))
    }

    /// Write the amount and the blinding to a descriptor, for the bidder to keep.
    fn write_opening(&self, py: Python<'_>, fd: i32) -> PyResult<()> {
        let opening = self.copy()?;
        py.detach(|| core::write_opening(fd, opening)).map_err(|error| terminal(&error, "fd"))
    }

    fn __repr__(&self) -> String {
        format!("SealedBid(lot={:?}, bidder={:?}, commitment={})", self.lot(), self.bidder(), self.commitment())
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a sealed bid cannot be pickled or copied; keep its opening"))
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a sealed bid cannot be copied"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a sealed bid cannot be copied"))
    }
}

impl SealedBid {
    fn copy(&self) -> PyResult<Opening> {
        let opening = match &self.kind {
            Kind::Read(opening) => opening.again(),
            Kind::Given { amount, blinding } => Opening::for_simulation(**amount, **blinding),
        };
        let opening = opening.map_err(cannot_hold)?;
        if opening.bid_commitment(&self.terms) == self.commitment {
            return Ok(opening);
        }
        // The child of a fork has zeros in the place of locked memory.
        Err(raise(
            "ForkedEngine",
            "this process was forked from the one that made the sealed bid, and has not its amount",
        ))
    }

    /// Returns the amount on its way into a house. A bid that was made for something else could never be opened, and is
    /// refused.
    pub(super) fn for_lot(&self, expected: &BidTerms) -> PyResult<Opening> {
        if self.terms == *expected {
            return self.copy();
        }
        let told = |terms: &BidTerms| {
            let BidTerms { lot, further_rounds, bidder } = terms;
            let further =
                if *further_rounds == 0 { String::new() } else { format!(", further round {further_rounds}") };
            let (name, round, currency, exponent) = (lot.lot(), lot.round(), lot.currency(), lot.exponent());
            format!("{bidder} for lot {name}, round {round}{further}, in {currency} with {exponent} digits")
        };
        Err(misuse(format!("bid: expected a sealed bid of {}; received one of {}", told(expected), told(&self.terms))))
    }
}

/// What a caller places: the bid itself, or the commitment to one that its bidder keeps.
pub(super) enum Placed<'a, 'py> {
    Bid(&'a Bound<'py, SealedBid>),
    Commitment([u8; 32]),
}

impl<'a, 'py> Placed<'a, 'py> {
    pub(super) fn from_python(bid: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(bid) = bid.cast::<SealedBid>() {
            return Ok(Self::Bid(bid));
        }
        let bytes = bid.cast::<PyBytes>().ok().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_bytes()).ok());
        bytes.map(Self::Commitment).ok_or_else(|| {
            misuse(format!("bid: expected a SealedBid or the 32 bytes of its commitment, received {}", bid.get_type()))
        })
    }
}

impl Placed<'_, '_> {
    /// Returns the commitment, and the amount where the house is to hold it.
    pub(super) fn take(self, terms: Option<&BidTerms>, is_held: bool) -> PyResult<([u8; 32], Option<Opening>)> {
        match self {
            Self::Bid(bid) => {
                let bid = bid.get();
                // Of a stranger nothing is known to hold the bid against; it is refused as not admitted.
                let opening = terms.map_or_else(|| bid.copy(), |terms| bid.for_lot(terms))?;
                Ok((bid.commitment.0, Some(opening).filter(|_| is_held)))
            }
            Self::Commitment(_) if is_held => Err(misuse(
                "bid: expected a SealedBid, since under these rules the house holds the amounts; received bytes",
            )),
            Self::Commitment(commitment) => Ok((commitment, None)),
        }
    }
}

/// Returns what a bid that a bidder places in a lot now is bound to, and whether the house is to hold its amount.
pub(super) fn terms_of(engine: &Engine, lot: LotId, bidder: &BidderArg) -> Result<(Option<BidTerms>, bool), Missing> {
    let known = engine.lot(lot).ok_or(Missing::Lot(lot))?;
    let name = match bidder {
        BidderArg::Name(name) => Some(name),
        BidderArg::Number(number) => known.bidder(*number).map(|bidder| &bidder.name),
    };
    Ok((name.map(|name| BidTerms::of(known, name)), holds_amounts(engine, lot)))
}

fn bid_terms(
    lot: &str,
    bidder: &Bound<'_, PyString>,
    currency: &str,
    exponent: u8,
    round: u32,
    further_rounds: u32,
) -> PyResult<BidTerms> {
    let (lot, bidder) = (terms(lot, round, currency, exponent)?, to_name("bidder", unicode("bidder", bidder)?)?);
    Ok(BidTerms { lot, further_rounds, bidder })
}

/// The greatest scale of a unit: 10 to its power is the greatest that an amount of 64 bits holds.
const MOST_SCALE: u8 = 18;

fn random() -> PyResult<[u8; 32]> {
    let mut random = [0; 32];
    OsEntropy.fill(&mut random).map_err(|error| raise("ReserveError", error.to_string()))?;
    Ok(random)
}

/// sealed_bid_commitment(lot, bidder, amount_minor, blinding, *, currency="CNY", exponent=2, round=1, further_round=0)
/// --
///
/// Return the commitment (FORMAT.md A.6) of a sealed bid that was opened.
#[pyfunction]
#[pyo3(signature = (lot, bidder, amount_minor, blinding, *, currency="CNY", exponent=2, round=1, further_round=0))]
pub(super) fn sealed_bid_commitment<'py>(
    py: Python<'py>,
    lot: &str,
    bidder: &Bound<'py, PyString>,
    amount_minor: i64,
    blinding: [u8; 32],
    currency: &str,
    exponent: u8,
    round: u32,
    further_round: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let terms = bid_terms(lot, bidder, currency, exponent, round, further_round)?;
    Ok(PyBytes::new(py, &core::commit_bid(&terms, Amount(amount_minor), &blinding).0))
}
