//! A sealed file that anybody may have written: refused, or what it says; and one changed anywhere opens for nobody.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pyauction_engine::amount::Amount;
use pyauction_engine::reserve::{FixedEntropy, KdfParams, Passphrase, SealedFile, SecretAmount, Terms, open, seal};
use pyauction_fuzz::input::Input;

const RESERVE: i64 = 7_654_321;

/// A file that costs little to open.
fn good() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let terms = Terms::new("KQ-1", 1, "CNY", 2).unwrap();
        let (amount, mut entropy) = (SecretAmount::from_minor(RESERVE).unwrap(), FixedEntropy::new([3; 32]));
        let kdf = KdfParams::new(8, 1, 1).unwrap();
        seal(&terms, Amount(100), &amount, &passphrase(), &mut entropy, kdf).unwrap()
    })
}

fn passphrase() -> Passphrase {
    Passphrase::new("一把钥匙 and a half".as_bytes()).unwrap()
}

/// Where the file states its cost: opening one that was changed there may take a minute.
fn states_its_cost(at: usize) -> bool {
    let cost = good().len() - 56 - 12 - 88 + 16;
    (cost..cost + 12).contains(&at)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    if input.u8() % 2 == 0 {
        if let Ok(file) = SealedFile::parse(input.0) {
            assert!(file.start_price() >= Amount(1) && file.terms().exponent() <= 18);
        }
        return;
    }
    let mut changed = good().to_vec();
    while !input.is_empty() {
        let (at, change) = (usize::from(input.u16()) % changed.len(), input.u8());
        changed[at] ^= if states_its_cost(at) { 0 } else { change };
    }
    let opened = SealedFile::parse(&changed).and_then(|file| open(&file, &passphrase()));
    match opened {
        Ok(opening) => assert!(changed == good() && opening.disclose().0 == Amount(RESERVE)),
        Err(refused) => assert!(changed != good(), "{refused}"),
    }
});
