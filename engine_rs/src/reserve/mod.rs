//! The sealed reserve.
