//! What the targets share: an input that is taken apart, journals that are made from it, and what must hold of them.

pub mod input;
pub mod journals;
