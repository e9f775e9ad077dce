//! The limit on locked memory. In a process of its own, because the limit is the process's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pyauction_engine::amount::Amount;
use pyauction_engine::ids::LotId;
use pyauction_engine::reserve::{Comparison, Expected, Mean, Opening, Terms, Vault, VaultError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

#[test]
fn what_cannot_be_locked_is_not_held() {
    // The superuser may lock any amount.
    let sets = capabilities(None).unwrap();
    let effective = sets.effective - CapabilitySet::IPC_LOCK;
    set_capabilities(None, CapabilitySets { effective, ..sets }).unwrap();
    let page = rustix::param::page_size();
    // One page of slots, and one for the opening on its way there.
    let limit = Some(2 * page as u64);
    let maximum = getrlimit(Resource::Memlock).maximum;
    setrlimit(Resource::Memlock, Rlimit { current: limit, maximum }).unwrap();

    let terms = Terms::new("A-1", 1, "CNY", 2).unwrap();
    let mut vault = Vault::new();
    let mut hold = |lot| {
        let opening = Opening::for_simulation(i64::from(lot), [0x2a; 32]).unwrap();
        vault.hold(LotId(lot), &terms, Amount(1), opening, Expected::ANY)
    };
    let fits = u32::try_from(page / 64 - 1).unwrap();
    for lot in 1..=fits {
        hold(lot).unwrap();
    }
    let error = hold(fits + 1).unwrap_err();
    let VaultError::CannotHoldReserve(reason) = error else { unreachable!("{error}") };
    assert_eq!((reason.call, reason.wanted_bytes, reason.limit_bytes), ("mlock", page, limit));
    let said = error.to_string();
    assert!(said.contains(&format!("{} bytes of memory (RLIMIT_MEMLOCK); raise the limit", 2 * page)), "{said}");

    assert!(!vault.is_holding(LotId(fits + 1), Mean::ONE));
    assert_eq!(vault.compare(LotId(fits), Amount(fits.into()), Mean::ONE), Ok(Comparison::Met));
    vault.forget(LotId(1));
    let opening = Opening::for_simulation(7, [0x2a; 32]).unwrap();
    assert!(vault.hold(LotId(fits + 1), &terms, Amount(1), opening, Expected::ANY).unwrap().newly_held);
}
