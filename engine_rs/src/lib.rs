//! The engine of pyauction: a pure, single-writer, deterministic state machine for auctions.

pub mod amount;
pub mod ids;
pub mod journal;
pub mod reserve;
pub mod time;
