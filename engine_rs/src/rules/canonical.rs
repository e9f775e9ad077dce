//! The canonical bytes of rules: `(key, tag, value)` entries sorted by key; an absent key is off.

use super::optional::{LAST_KEY, OptionalRules};
use super::{
    Admission, Anchor, ClockStart, CommitmentTime, CountOf, Custody, EntryWindow, Extension, HardEnd, Increment,
    LotRules, MinBidders, OnOutage, Phase, PhaseEnd, PhaseKind, ReservePolicy, Rounding, RuleSet, SelfOutbid,
    SingleBidder, StepRow, WithoutBids,
};
use crate::amount::Amount;
use crate::time::Timestamp;
use crate::wire::{Reader, WireError, Writer};

mod key {
    pub const ADMISSION: u16 = 1;
    pub const START_PRICE: u16 = 2;
    pub const INCREMENT_FIXED: u16 = 3;
    pub const INCREMENT_PERCENT: u16 = 4;
    pub const INCREMENT_ROUNDING: u16 = 5;
    pub const INCREMENT_TABLE: u16 = 6;
    pub const MULTIPLE_ANCHOR: u16 = 7;
    pub const MAX_MULTIPLE: u16 = 8;
    pub const SELF_OUTBID: u16 = 9;
    pub const PHASES: u16 = 10;
    pub const CLOCK: u16 = 11;
    pub const TIMED_WITHOUT_BIDS: u16 = 12;
    pub const SINGLE_BIDDER: u16 = 13;
    pub const ON_OUTAGE: u16 = 14;
    pub const MIN_BIDDERS: u16 = 15;
    pub const MIN_BIDDERS_COUNTS: u16 = 16;
    pub const RESERVE_POLICY: u16 = 17;
    pub const RESERVE_CUSTODY: u16 = 18;
    pub const RESERVE_COMMITMENT: u16 = 19;
    pub const ENTRY_OPENS_BEFORE_END: u16 = 20;
    pub const ENTRY_ENDS_BEFORE_END: u16 = 21;
}

const TAG_INT: u8 = 1;
const TAG_ENUM: u8 = 2;
const TAG_TABLE: u8 = 3;
const TAG_PHASES: u8 = 4;
const TAG_FRACTION: u8 = 5;

const PAIR_BYTES: usize = 16;
const PHASE_BYTES: usize = 40;

const POLICY_REQUIRED: u8 = 1;
const POLICY_NONE: u8 = 2;

impl LotRules {
    /// Appends the canonical bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut entries = Entries { bytes: Vec::with_capacity(256), count: 0 };
        write(self, &mut entries);
        let mut w = Writer(out);
        w.u16(entries.count);
        w.bytes(&entries.bytes);
    }

    /// Reads canonical bytes.
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut entries = Fields::read(r)?;
        let rules = read(&mut entries)?;
        entries.nothing_left()?;
        Self::new(rules).map_err(|error| WireError::Rules(error.to_string()))
    }
}

struct Entries {
    bytes: Vec<u8>,
    count: u16,
}

impl Entries {
    fn add(&mut self, key: u16, tag: u8, value: &[u8]) {
        let mut w = Writer(&mut self.bytes);
        w.u16(key);
        w.u8(tag);
        w.u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
        w.bytes(value);
        self.count = self.count.saturating_add(1);
    }

    fn int(&mut self, key: u16, value: i64) {
        self.add(key, TAG_INT, &value.to_le_bytes());
    }

    fn choice(&mut self, key: u16, value: u8) {
        self.add(key, TAG_ENUM, &[value]);
    }

    fn pairs(&mut self, key: u16, tag: u8, pairs: impl Iterator<Item = (i64, i64)>) {
        let bytes: Vec<u8> = pairs.flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()).collect();
        self.add(key, tag, &bytes);
    }
}

/// Writes every entry, in the order of keys.
fn write(rules: &RuleSet, e: &mut Entries) {
    e.choice(key::ADMISSION, rules.admission.number());
    e.int(key::START_PRICE, rules.start_price.minor());
    match &rules.increment {
        Increment::Fixed(step) => e.int(key::INCREMENT_FIXED, *step),
        Increment::Percent { numerator, denominator, rounding } => {
            e.pairs(key::INCREMENT_PERCENT, TAG_FRACTION, std::iter::once((*numerator, *denominator)));
            e.choice(key::INCREMENT_ROUNDING, rounding.number());
        }
        Increment::Table(rows) => e.pairs(key::INCREMENT_TABLE, TAG_TABLE, rows.iter().map(|row| (row.from, row.step))),
    }
    if let Some(anchor) = rules.multiple_anchor {
        e.choice(key::MULTIPLE_ANCHOR, anchor.number());
    }
    if let Some(most) = rules.max_multiple {
        e.int(key::MAX_MULTIPLE, most);
    }
    e.choice(key::SELF_OUTBID, rules.self_outbid.number());
    let phases: Vec<u8> = rules.phases.iter().flat_map(phase_bytes).collect();
    e.add(key::PHASES, TAG_PHASES, &phases);
    e.choice(key::CLOCK, rules.clock.number());
    if let Some(then) = rules.timed_without_bids {
        e.choice(key::TIMED_WITHOUT_BIDS, then.number());
    }
    if let Some(then) = rules.single_bidder {
        e.choice(key::SINGLE_BIDDER, then.number());
    }
    e.choice(key::ON_OUTAGE, rules.on_outage.number());
    if let Some(least) = rules.min_bidders {
        e.int(key::MIN_BIDDERS, i64::from(least.count));
        e.choice(key::MIN_BIDDERS_COUNTS, least.of.number());
    }
    write_reserve(rules.reserve, e);
    rules.optional.write(|key, tag, value| e.add(key, tag, value));
}

fn write_reserve(policy: ReservePolicy, e: &mut Entries) {
    let ReservePolicy::Required { custody, commitment, window } = policy else {
        return e.choice(key::RESERVE_POLICY, POLICY_NONE);
    };
    e.choice(key::RESERVE_POLICY, POLICY_REQUIRED);
    e.choice(key::RESERVE_CUSTODY, custody.number());
    e.choice(key::RESERVE_COMMITMENT, commitment.number());
    if let Some(ns) = window.opens_before_end {
        e.int(key::ENTRY_OPENS_BEFORE_END, ns);
    }
    if let Some(ns) = window.ends_before_end {
        e.int(key::ENTRY_ENDS_BEFORE_END, ns);
    }
}

fn phase_bytes(phase: &Phase) -> Vec<u8> {
    let (end, end_value) = match phase.end {
        PhaseEnd::After(ns) => (1, ns),
        PhaseEnd::At(time) => (2, time.0),
        PhaseEnd::Called => (3, 0),
    };
    let (extension, to, window) = match phase.extension {
        Extension::None => (0, 0, 0),
        Extension::Reset(to) => (1, to, 0),
        Extension::Window { within, to } => (2, to, within),
    };
    let (hard, hard_value) = match phase.hard_end {
        None => (0, 0),
        Some(HardEnd::After(ns)) => (1, ns),
        Some(HardEnd::At(time)) => (2, time.0),
    };
    let mut bytes = Vec::with_capacity(40);
    let mut w = Writer(&mut bytes);
    w.bytes(&[phase.kind.number(), end, extension, hard]);
    w.zeros(4);
    for value in [end_value, to, window, hard_value] {
        w.i64(value);
    }
    bytes
}

/// The entries that are left to be read, smallest key first, and the optional ones that were.
struct Fields<'a>(Vec<(u16, u8, usize, &'a [u8])>, OptionalRules);

impl<'a> Fields<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let count = r.u16()?;
        let mut fields: Vec<(u16, u8, usize, &'a [u8])> = Vec::new();
        let mut optional = OptionalRules::default();
        let mut last = None;
        for _ in 0..count {
            let offset = r.offset();
            let key = r.u16()?;
            if last.is_some_and(|last| last >= key) {
                let received = i128::from(key);
                return Err(WireError::Value { field: "rule key", expected: "rising keys", received, offset });
            }
            if key < key::ADMISSION || Some(&key) > LAST_KEY {
                let received = u32::from(key);
                return Err(WireError::Unknown { field: "rule key", expected: "1 to 44", received, offset });
            }
            last = Some(key);
            let tag = r.u8()?;
            let length = usize::from(r.u16()?);
            let bytes = r.take(length)?;
            if !optional.read(key, tag, offset, bytes)? {
                let field = (key, tag, offset, bytes);
                Self(vec![field], OptionalRules::default()).check_only()?;
                fields.push(field);
            }
        }
        Ok(Self(fields, optional))
    }

    /// Reads the only entry by itself, so that of several wrong ones the first is named.
    fn check_only(&mut self) -> Result<(), WireError> {
        match self.0.first().map_or(0, |(key, ..)| *key) {
            key::ADMISSION => self.known(key::ADMISSION, Admission::from_number),
            key::INCREMENT_PERCENT => self.pairs(key::INCREMENT_PERCENT, TAG_FRACTION).map(drop),
            key::INCREMENT_ROUNDING => self.known(key::INCREMENT_ROUNDING, Rounding::from_number),
            key::INCREMENT_TABLE => self.pairs(key::INCREMENT_TABLE, TAG_TABLE).map(drop),
            key::MULTIPLE_ANCHOR => self.known(key::MULTIPLE_ANCHOR, Anchor::from_number),
            key::SELF_OUTBID => self.known(key::SELF_OUTBID, SelfOutbid::from_number),
            key::PHASES => {
                let phases = self.take(key::PHASES, TAG_PHASES)?;
                phases.map(read_phases).transpose().map(drop)
            }
            key::CLOCK => self.known(key::CLOCK, ClockStart::from_number),
            key::TIMED_WITHOUT_BIDS => self.known(key::TIMED_WITHOUT_BIDS, WithoutBids::from_number),
            key::SINGLE_BIDDER => self.known(key::SINGLE_BIDDER, SingleBidder::from_number),
            key::ON_OUTAGE => self.known(key::ON_OUTAGE, OnOutage::from_number),
            key::MIN_BIDDERS_COUNTS => self.known(key::MIN_BIDDERS_COUNTS, CountOf::from_number),
            key::RESERVE_POLICY => self.known(key::RESERVE_POLICY, reserve_policy),
            key::RESERVE_CUSTODY => self.known(key::RESERVE_CUSTODY, Custody::from_number),
            key::RESERVE_COMMITMENT => self.known(key::RESERVE_COMMITMENT, CommitmentTime::from_number),
            whole_number => self.int(whole_number).map(drop),
        }
    }

    fn known<T>(&mut self, key: u16, from: fn(u8) -> Option<T>) -> Result<(), WireError> {
        self.choice(key, "rule's value", from).map(drop)
    }

    /// Takes the value of `key` if it is present with the right tag.
    fn take(&mut self, key: u16, tag: u8) -> Result<Option<&'a [u8]>, WireError> {
        let Some(position) = self.0.iter().position(|(k, ..)| *k == key) else {
            return Ok(None);
        };
        let (_, found, offset, value) = self.0.remove(position);
        if found == tag {
            return Ok(Some(value));
        }
        Err(WireError::Value { field: "rule tag", expected: "the key's own tag", received: i128::from(found), offset })
    }

    fn int(&mut self, key: u16) -> Result<Option<i64>, WireError> {
        self.take(key, TAG_INT)?.map(|bytes| whole(bytes, Reader::i64)).transpose()
    }

    fn choice<T>(&mut self, key: u16, name: &'static str, from: fn(u8) -> Option<T>) -> Result<Option<T>, WireError> {
        let Some(bytes) = self.take(key, TAG_ENUM)? else {
            return Ok(None);
        };
        let [_] = bytes else { return Err(WireError::Rules(format!("{name}: {} bytes, expected 1", bytes.len()))) };
        whole(bytes, |r| r.choice(name, "the values that FORMAT.md lists", from)).map(Some)
    }

    fn pairs(&mut self, key: u16, tag: u8) -> Result<Option<Vec<(i64, i64)>>, WireError> {
        let Some(bytes) = self.take(key, tag)? else {
            return Ok(None);
        };
        let rows = sized_rows(bytes, PAIR_BYTES)?;
        rows.map(|row| whole(row, |r| Ok((r.i64()?, r.i64()?)))).collect::<Result<_, _>>().map(Some)
    }

    fn nothing_left(&self) -> Result<(), WireError> {
        match self.0.first() {
            None => Ok(()),
            Some((key, _, offset, _)) => Err(WireError::Value {
                field: "rule key",
                expected: "a key that the other rules allow",
                received: i128::from(*key),
                offset: *offset,
            }),
        }
    }
}

pub(super) fn whole<'a, T>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>,
) -> Result<T, WireError> {
    let mut r = Reader::new(bytes);
    let value = read(&mut r)?;
    r.end()?;
    Ok(value)
}

fn read(f: &mut Fields<'_>) -> Result<RuleSet, WireError> {
    Ok(RuleSet {
        admission: required("admission", f.choice(key::ADMISSION, "admission", Admission::from_number)?)?,
        start_price: Amount(required("start_price", f.int(key::START_PRICE)?)?),
        increment: read_increment(f)?,
        multiple_anchor: f.choice(key::MULTIPLE_ANCHOR, "multiple_anchor", Anchor::from_number)?,
        max_multiple: f.int(key::MAX_MULTIPLE)?,
        self_outbid: required("self_outbid", f.choice(key::SELF_OUTBID, "self_outbid", SelfOutbid::from_number)?)?,
        phases: read_phases(required("phases", f.take(key::PHASES, TAG_PHASES)?)?)?,
        clock: required("clock", f.choice(key::CLOCK, "clock", ClockStart::from_number)?)?,
        timed_without_bids: f.choice(key::TIMED_WITHOUT_BIDS, "timed_without_bids", WithoutBids::from_number)?,
        single_bidder: f.choice(key::SINGLE_BIDDER, "single_bidder", SingleBidder::from_number)?,
        on_outage: required("on_outage", f.choice(key::ON_OUTAGE, "on_outage", OnOutage::from_number)?)?,
        min_bidders: read_min_bidders(f)?,
        reserve: read_reserve(f)?,
        optional: std::mem::take(&mut f.1),
    })
}

fn read_increment(f: &mut Fields<'_>) -> Result<Increment, WireError> {
    let fixed = f.int(key::INCREMENT_FIXED)?;
    let percent = f.pairs(key::INCREMENT_PERCENT, TAG_FRACTION)?;
    let table = f.pairs(key::INCREMENT_TABLE, TAG_TABLE)?;
    match (fixed, percent.as_deref(), table) {
        (Some(step), None, None) => Ok(Increment::Fixed(step)),
        (None, Some([(numerator, denominator)]), None) => Ok(Increment::Percent {
            numerator: *numerator,
            denominator: *denominator,
            rounding: required(
                "increment_rounding",
                f.choice(key::INCREMENT_ROUNDING, "increment_rounding", Rounding::from_number)?,
            )?,
        }),
        (None, None, Some(rows)) => {
            Ok(Increment::Table(rows.into_iter().map(|(from, step)| StepRow { from, step }).collect()))
        }
        _ => Err(WireError::Rules("expected exactly one of the three increments".to_owned())),
    }
}

fn read_phases(bytes: &[u8]) -> Result<Vec<Phase>, WireError> {
    sized_rows(bytes, PHASE_BYTES)?.map(|row| whole(row, read_phase)).collect()
}

/// Returns the rows of a value, whose number the rules check.
fn sized_rows(bytes: &[u8], size: usize) -> Result<std::slice::ChunksExact<'_, u8>, WireError> {
    if bytes.len().is_multiple_of(size) {
        return Ok(bytes.chunks_exact(size));
    }
    Err(WireError::Rules(format!("{} bytes, expected rows of {size}", bytes.len())))
}

fn read_phase(r: &mut Reader<'_>) -> Result<Phase, WireError> {
    let kind = r.choice("phase kind", "1 to 4", PhaseKind::from_number)?;
    let end = r.choice("phase end", "1 after, 2 at and 3 called", |n| (1..=3).contains(&n).then_some(n))?;
    let extension = r.choice("extension", "0 none, 1 reset and 2 window", |n| (n <= 2).then_some(n))?;
    let hard = r.choice("hard end", "0 none, 1 after and 2 at", |n| (n <= 2).then_some(n))?;
    r.zeros(4)?;
    let values = (r.i64()?, r.i64()?, r.i64()?, r.i64()?);
    let (end_value, to, window, hard_value) = values;
    let not_canonical =
        || WireError::Rules(format!("phase: not canonical: {:?} with {values:?}", (end, extension, hard)));
    Ok(Phase {
        kind,
        end: match (end, end_value) {
            (1, ns) => PhaseEnd::After(ns),
            (2, time) => PhaseEnd::At(Timestamp(time)),
            (3, 0) => PhaseEnd::Called,
            _ => return Err(not_canonical()),
        },
        extension: match (extension, to, window) {
            (0, 0, 0) => Extension::None,
            (1, to, 0) => Extension::Reset(to),
            (2, to, within) => Extension::Window { within, to },
            _ => return Err(not_canonical()),
        },
        hard_end: match (hard, hard_value) {
            (0, 0) => None,
            (1, ns) => Some(HardEnd::After(ns)),
            (2, time) => Some(HardEnd::At(Timestamp(time))),
            _ => return Err(not_canonical()),
        },
    })
}

fn read_min_bidders(f: &mut Fields<'_>) -> Result<Option<MinBidders>, WireError> {
    let Some(count) = f.int(key::MIN_BIDDERS)? else {
        return Ok(None);
    };
    let count = u32::try_from(count).map_err(|_| WireError::Rules(format!("min_bidders: received {count}")))?;
    let of = f.choice(key::MIN_BIDDERS_COUNTS, "min_bidders_counts", CountOf::from_number)?;
    Ok(Some(MinBidders { count, of: required("min_bidders_counts", of)? }))
}

fn read_reserve(f: &mut Fields<'_>) -> Result<ReservePolicy, WireError> {
    let policy = f.choice(key::RESERVE_POLICY, "reserve_policy", reserve_policy)?;
    if required("reserve_policy", policy)? == POLICY_NONE {
        return Ok(ReservePolicy::DeclaredNone);
    }
    let custody = f.choice(key::RESERVE_CUSTODY, "reserve_custody", Custody::from_number)?;
    let commitment = f.choice(key::RESERVE_COMMITMENT, "reserve_commitment", CommitmentTime::from_number)?;
    Ok(ReservePolicy::Required {
        custody: required("reserve_custody", custody)?,
        commitment: required("reserve_commitment", commitment)?,
        window: EntryWindow {
            opens_before_end: f.int(key::ENTRY_OPENS_BEFORE_END)?,
            ends_before_end: f.int(key::ENTRY_ENDS_BEFORE_END)?,
        },
    })
}

fn reserve_policy(number: u8) -> Option<u8> {
    [POLICY_REQUIRED, POLICY_NONE].contains(&number).then_some(number)
}

fn required<T>(name: &'static str, value: Option<T>) -> Result<T, WireError> {
    value.ok_or_else(|| WireError::Rules(format!("{name}: missing, and there is no default")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

    use super::*;
    use crate::rules::{Duration, Span, TimedEntry};

    fn rules() -> LotRules {
        LotRules::new(RuleSet {
            admission: Admission::Listed,
            start_price: Amount(319_000_000),
            increment: Increment::Percent { numerator: 1, denominator: 200, rounding: Rounding::Up },
            multiple_anchor: Some(Anchor::Current),
            max_multiple: Some(50),
            self_outbid: SelfOutbid::Refused,
            phases: vec![
                Phase {
                    kind: PhaseKind::Free,
                    end: PhaseEnd::At(Timestamp(1_000)),
                    extension: Extension::None,
                    hard_end: None,
                },
                Phase {
                    kind: PhaseKind::Timed,
                    end: PhaseEnd::After(240),
                    extension: Extension::Window { within: 60, to: 50 },
                    hard_end: Some(HardEnd::After(9_000)),
                },
            ],
            clock: ClockStart::Opening,
            timed_without_bids: Some(WithoutBids::Decide),
            single_bidder: Some(SingleBidder::Timed),
            on_outage: OnOutage::Suspend,
            min_bidders: Some(MinBidders { count: 3, of: CountOf::Quoted }),
            reserve: ReservePolicy::Required {
                custody: Custody::Entered,
                commitment: CommitmentTime::AtEntry,
                window: EntryWindow { opens_before_end: Some(30), ends_before_end: Some(10) },
            },
            optional: OptionalRules {
                free_stop: Some(Duration(60)),
                timed_entry: Some(TimedEntry::PriorBid),
                precision: Some(1_000),
                closed: Some(vec![Span { from: Timestamp(5), until: Timestamp(7) }]),
                ..OptionalRules::default()
            },
        })
        .unwrap()
    }

    #[test]
    fn rules_round_trip_and_every_truncation_is_refused() {
        let mut bytes = Vec::new();
        rules().encode(&mut bytes);
        assert_eq!(LotRules::decode(&mut Reader::new(&bytes)), Ok(rules()));
        for length in 0..bytes.len() {
            assert!(LotRules::decode(&mut Reader::new(&bytes[..length])).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn an_unknown_key_refuses_to_open() {
        let mut bytes = Vec::new();
        rules().encode(&mut bytes);
        bytes[0] += 1;
        bytes.extend_from_slice(&[99, 0, TAG_ENUM, 1, 0, 1]);
        let error = LotRules::decode(&mut Reader::new(&bytes)).unwrap_err();
        assert!(matches!(error, WireError::Unknown { field: "rule key", received: 99, .. }), "{error}");
    }
}
