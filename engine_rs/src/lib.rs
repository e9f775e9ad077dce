//! The engine of pyauction: a pure, single-writer, deterministic state machine for auctions, its journal and its vault.
//!
//! [`engine::Engine`] decides commands; [`house::House`] joins it to a [`journal`] that makes records durable and to the
//! vault in [`reserve`] that holds sealed amounts. Python is one of its hosts, and optional.
//!
//! ```
//! use pyauction_engine::amount::Amount;
//! use pyauction_engine::command::{BidderRef, Command};
//! use pyauction_engine::engine::{Discard, Engine};
//! use pyauction_engine::ids::LotId;
//! use pyauction_engine::record::{Key, LotTerms};
//! use pyauction_engine::rules::{
//!     Admission, ClockStart, Extension, Increment, LotRules, OnOutage, OptionalRules, Phase, PhaseEnd, PhaseKind, ReservePolicy, RuleSet,
//!     SelfOutbid,
//! };
//! use pyauction_engine::text::{Name, Text};
//! use pyauction_engine::time::Timestamp;
//! use pyauction_engine::verdict::Reason;
//!
//! let minute = 60_000_000_000;
//! let rules = LotRules::new(RuleSet {
//!     admission: Admission::Open,
//!     start_price: Amount(319_000_000),
//!     increment: Increment::Fixed(10_000_000),
//!     multiple_anchor: None,
//!     max_multiple: None,
//!     self_outbid: SelfOutbid::Refused,
//!     phases: vec![Phase {
//!         kind: PhaseKind::Timed,
//!         end: PhaseEnd::After(4 * minute),
//!         extension: Extension::Reset(4 * minute),
//!         hard_end: None,
//!     }],
//!     clock: ClockStart::Opening,
//!     timed_without_bids: None,
//!     single_bidder: None,
//!     on_outage: OnOutage::Suspend,
//!     min_bidders: None,
//!     reserve: ReservePolicy::DeclaredNone,
//!     optional: OptionalRules::default(),
//! })?;
//! let terms = LotTerms {
//!     name: Name::new("KQ-2026-041")?,
//!     type_id: Name::new("english@1")?,
//!     currency: Name::new("CNY")?,
//!     exponent: 2,
//!     unit: Text::new("万元")?,
//!     unit_scale: 6,
//!     round: 1,
//!     reoffer_of: Text::default(),
//!     preset: Text::default(),
//!     preset_digest: [0; 32],
//!     opens_at: Timestamp(0),
//!     commitment: None,
//!     rules,
//! };
//!
//! let mut engine = Engine::new();
//! engine.submit(Command::OpenHouse { epoch: 1 }, Timestamp(0), &mut Discard)?;
//! engine.submit(Command::OpenLot(Box::new(terms)), Timestamp(0), &mut Discard)?;
//! let bidder = Name::new("1213")?;
//! let mut bid = |amount, at| {
//!     let bidder = BidderRef::Name(&bidder);
//!     engine.bid(LotId(1), bidder, Amount(amount), Key::NONE, Timestamp(at), &mut Discard)
//! };
//! assert!(bid(319_000_000, minute)?.accepted());
//! assert_eq!(bid(329_000_000, 2 * minute)?.reason(), Some(Reason::AlreadyLeading));
//! assert_eq!(bid(329_000_000, 5 * minute)?.reason(), Some(Reason::Closed), "exactly at the deadline is late");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(not(target_os = "linux"))]
compile_error!("this release of pyauction is for Linux: journals on disk and the locked memory of a reserve need it");

pub mod amount;
pub mod command;
pub mod decision;
pub mod engine;
pub mod house;
pub mod ids;
pub mod journal;
pub mod lot;
#[cfg(feature = "python")]
mod python;
pub mod record;
pub mod replay;
pub mod reserve;
pub mod rules;
mod sequencer;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod verdict;
pub mod wire;
