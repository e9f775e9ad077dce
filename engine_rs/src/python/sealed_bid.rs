//! Sealed bids (密封报价) on their way from the program of a bidder into a house.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroizing;

use super::arguments::{BidderArg, to_name, unicode};
use super::decision::hex;
use super::errors::{misuse, raise};
use super::reserve::{cannot_hold, terminal, terms};
use crate::amount::Amount;
use crate::house::SealedOpening;
use crate::lot::Lot;
use crate::reserve::{self as core, Commitment, Entropy, Opening, OsEntropy, Terms};
use crate::rules::SealedCustody;
use crate::text::Name;

/// A sealed bid (密封报价): a commitment one can see and an amount one cannot.
#[pyclass(frozen, module = "pyauction._engine")]
pub(super) struct SealedBid {
    kind: Kind,
    commitment: Commitment,
    terms: Terms,
    bidder: Name,
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
    #[pyo3(signature = (lot, bidder, amount_minor, *, currency="CNY", exponent=2, round=1, blinding=None))]
    fn new(
        lot: &str,
        bidder: &Bound<'_, pyo3::types::PyString>,
        amount_minor: i64,
        currency: &str,
        exponent: u8,
        round: u32,
        blinding: Option<[u8; 32]>,
    ) -> PyResult<Self> {
        let (terms, bidder) = (terms(lot, round, currency, exponent)?, to_name("bidder", unicode("bidder", bidder)?)?);
        let blinding = Zeroizing::new(blinding.map_or_else(random, Ok)?);
        let commitment = core::commit_bid(&terms, &bidder, Amount(amount_minor), &blinding);
        let kind = Kind::Given { amount: Zeroizing::new(amount_minor), blinding };
        Ok(Self { kind, commitment, terms, bidder })
    }

    /// Read the amount from a descriptor, so that it never is a Python object.
    #[staticmethod]
    #[pyo3(signature = (lot, bidder, fd, *, currency="CNY", exponent=2, round=1, unit_scale=0))]
    fn from_fd(
        py: Python<'_>,
        lot: &str,
        bidder: &Bound<'_, pyo3::types::PyString>,
        fd: i32,
        currency: &str,
        exponent: u8,
        round: u32,
        unit_scale: u8,
    ) -> PyResult<Self> {
        let (terms, bidder) = (terms(lot, round, currency, exponent)?, to_name("bidder", unicode("bidder", bidder)?)?);
        core::check_room().map_err(cannot_hold)?;
        let amount = py.detach(|| core::read_amount(fd, unit_scale));
        let amount = amount.map_err(|error| terminal(&error, "fd"))?;
        let opening = Opening::blinded(&amount, &random()?).map_err(cannot_hold)?;
        let commitment = opening.bid_commitment(&terms, &bidder);
        Ok(Self { kind: Kind::Read(opening), commitment, terms, bidder })
    }

    /// The commitment in hexadecimal, as the journal states it.
    #[getter]
    fn commitment(&self) -> String {
        hex(&self.commitment.0)
    }

    /// The lot for which it was made.
    #[getter]
    fn lot(&self) -> &str {
        self.terms.lot()
    }

    /// Whose it is.
    #[getter]
    fn bidder(&self) -> &str {
        self.bidder.as_str()
    }

    /// The round of the lot for which it was made, from 1.
    #[getter]
    fn round(&self) -> u32 {
        self.terms.round()
    }

    /// The currency in which it was made.
    #[getter]
    fn currency(&self) -> &str {
        self.terms.currency()
    }

    /// How many decimal digits of the currency a minor unit stands for.
    #[getter]
    fn exponent(&self) -> u8 {
        self.terms.exponent()
    }

    /// Return the amount in minor units and the blinding, for the bidder to keep.
    fn opening<'py>(&self, py: Python<'py>) -> PyResult<(i64, Bound<'py, PyBytes>)> {
        let (amount, blinding) = self.copy()?.disclose();
        Ok((amount.minor(), PyBytes::new(py, &blinding)))
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
        match &self.kind {
            Kind::Read(opening) => opening.again(),
            Kind::Given { amount, blinding } => Opening::for_simulation(**amount, **blinding),
        }
        .map_err(cannot_hold)
    }

    /// Returns the bid on its way into a house. One that was made for something else could never be opened, and is refused.
    pub(super) fn for_lot(&self, lot: &Lot, bidder: &Name) -> PyResult<SealedOpening> {
        let expected = Terms::from(lot.terms());
        if self.terms != expected || self.bidder != *bidder {
            return Err(misuse(format!(
                "bid: expected a sealed bid of {bidder} for lot {}, round {}, in {} with {} digits; received one of {} for \
                 lot {}, round {}, in {} with {}",
                expected.lot(),
                expected.round(),
                expected.currency(),
                expected.exponent(),
                self.bidder,
                self.terms.lot(),
                self.terms.round(),
                self.terms.currency(),
                self.terms.exponent(),
            )));
        }
        Ok(SealedOpening { opening: self.copy()?, commitment: self.commitment })
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
    /// Returns the commitment, and the bid itself where the house is to hold its amount.
    pub(super) fn take(self, lot: &Lot, bidder: &BidderArg) -> PyResult<([u8; 32], Option<SealedOpening>)> {
        match self {
            Self::Bid(bid) => {
                let opening = bid.get().for_lot(lot, &bidder.name(lot)?)?;
                Ok((opening.commitment.0, Some(opening).filter(|_| is_held_by_house(lot))))
            }
            Self::Commitment(_) if is_held_by_house(lot) => Err(misuse(
                "bid: expected a SealedBid, since under these rules the house holds the amounts; received bytes",
            )),
            Self::Commitment(commitment) => Ok((commitment, None)),
        }
    }
}

/// Returns whether the house is to hold the amounts of a lot's sealed bids.
fn is_held_by_house(lot: &Lot) -> bool {
    lot.terms().rules.optional.sealed_custody == Some(SealedCustody::House)
}

fn random() -> PyResult<[u8; 32]> {
    let mut random = [0; 32];
    OsEntropy.fill(&mut random).map_err(|error| raise("ReserveError", error.to_string()))?;
    Ok(random)
}

/// sealed_bid_commitment(lot, bidder, amount_minor, blinding, *, currency="CNY", exponent=2, round=1)
/// --
///
/// Return the commitment (FORMAT.md A.6) of a sealed bid that was opened.
#[pyfunction]
#[pyo3(signature = (lot, bidder, amount_minor, blinding, *, currency="CNY", exponent=2, round=1))]
pub(super) fn sealed_bid_commitment<'py>(
    py: Python<'py>,
    lot: &str,
    bidder: &Bound<'py, pyo3::types::PyString>,
    amount_minor: i64,
    blinding: [u8; 32],
    currency: &str,
    exponent: u8,
    round: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let (terms, bidder) = (terms(lot, round, currency, exponent)?, to_name("bidder", unicode("bidder", bidder)?)?);
    Ok(PyBytes::new(py, &core::commit_bid(&terms, &bidder, Amount(amount_minor), &blinding).0))
}
