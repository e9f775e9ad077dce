//! The engine of pyauction: a pure, single-writer, deterministic state machine for auctions.

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
pub mod text;
pub mod time;
pub mod verdict;
pub mod wire;
