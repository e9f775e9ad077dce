//! Numbers that records carry instead of names.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A lot, numbered from 1 in the order of opening; 0 stands for the house itself.
    LotId(u32)
}
id! {
    /// A bidder of one lot (竞买号), numbered from 1 in the order of admission; 0 stands for none.
    BidderNo(u32)
}
id! {
    /// The place of a record in the house's one sequence, contiguous from 1; 0 is before the first.
    Seq(u64)
}
