//! The durable, chained journal.
