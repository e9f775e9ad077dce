//! The sealed reserve through its public interface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use pyauction_engine::amount::Amount;
use pyauction_engine::ids::LotId;
use pyauction_engine::reserve::{
    Commitment, Comparison, Entropy, Entry, EntryResult, Expected, FixedEntropy, InvalidKdf, InvalidTerms, KdfParams,
    MAX_SEALED_FILE_BYTES, Mean, NoEntropy, Opening, OsEntropy, Passphrase, SealError, SealedFile, SecretAmount, Terms,
    Vault, VaultError, commit, open, seal, verify_opening,
};
use pyauction_engine::rules::Rounding;

const LOT: LotId = LotId(1);
const START: Amount = Amount(100_000_000_000);
const RESERVE: i64 = 123_456_789_012;
const BLINDING: [u8; 32] = [0x2a; 32];
const PASSPHRASE: &str = "一把钥匙 and a half";

/// Made by Python's hashlib and cryptography from FORMAT.md A.6: the file that `sealed` makes.
const GOLDEN_FILE: &str = "\
    505941555345414c0100010019e6b8a9e59cb0e582a8e5918ae5ad975b323032365d37e58fb70300\
    000003434e590200e876481700000053ad6746a3a41c823a30bb40f052469531d30d5622ec9faf41\
    f822610f7c3783010158002291d13bc3ffe39c24b52b9118d3563e0800000001000000010000007a\
    567c621810706a37363d7b42abbe23058487802dca9e29805bfde863e2ea4d5353c42e6b40b9c834\
    37dd083345c49e2099bb6ffb2548dc3a465e3872838ecfaee619ea86966602e4a66f2a0644e44c32\
    f58c0a7611644d90df7022bae2f1095fe15dc2e80d0f3f8eccc252b578b14c693207f29f81910de3\
    39055cdeafc014";

/// Its reserve of 500 opens with the golden passphrase in its second wrap, and with `another` in its first.
const GOLDEN_TWO_WRAPS: &str = "\
    505941555345414c0100010003412d310100000003434e5902f4010000000000002f9585203dc4b5\
    4b6841d98b7757e459f69132831c28685605e45e363b81e617020158002291d13bc3ffe39c24b52b\
    9118d3563e1000000002000000020000007a567c621810706a37363d7bf95b57ce6c42e3b9afd525\
    9b2b147dd17cafc017f96d1d0c1f42b0190eaffa1cba9821107cc21c1a970c2e12b83eb331015800\
    2291d13bc3ffe39c24b52b9118d3563e0800000001000000010000007a567c621810706a37363d7b\
    42abbe23058487802dca9e29805bfde863e2ea4d5353c42e6b40b9c83437dd0863e2835d2341b87d\
    1ed92fd2e81f08f772838ecfaee619ea8696660204bdf6941a44e44c32f58c0a7611644d90df7022\
    bae2f1095fe15dc2e80d0f3f8eccc252b578b14cfe2019e886540efd0bf6be003b9d972a";

/// The same, but its commitment is to 501.
const COMMITTED_TO_ANOTHER: &str = "\
    505941555345414c0100010003412d310100000003434e5902f4010000000000003275e716340354\
    613cd62fefbfcdffebccd47843d6d2a60a3d1e150f8b5efe8c020158002291d13bc3ffe39c24b52b\
    9118d3563e1000000002000000020000007a567c621810706a37363d7bf95b57ce6c42e3b9afd525\
    9b2b147dd17cafc017f96d1d0c1f42b0190eaffa1c3b80e08609c49d00b4f1ade31127404c015800\
    2291d13bc3ffe39c24b52b9118d3563e0800000001000000010000007a567c621810706a37363d7b\
    42abbe23058487802dca9e29805bfde863e2ea4d5353c42e6b40b9c83437dd0839272783e4a2b6f3\
    d294f5ade025affd72838ecfaee619ea8696660204bdf6941a44e44c32f58c0a7611644d90df7022\
    bae2f1095fe15dc2e80d0f3f8eccc252b578b14c5ee6197b4064ebde1142a0048286e6b6";

/// The same, but its reserve is 499 and its start price 500.
const SEALED_BELOW_START: &str = "\
    505941555345414c0100010003412d310100000003434e5902f401000000000000c21e844929202f\
    f311bcf8c8dcb0024fd9c7b25f8e772edd6586fdb9c1b4a438020158002291d13bc3ffe39c24b52b\
    9118d3563e1000000002000000020000007a567c621810706a37363d7bf95b57ce6c42e3b9afd525\
    9b2b147dd17cafc017f96d1d0c1f42b0190eaffa1c27f5d3a158bac98ac6ce08cd3288f615015800\
    2291d13bc3ffe39c24b52b9118d3563e0800000001000000010000007a567c621810706a37363d7b\
    42abbe23058487802dca9e29805bfde863e2ea4d5353c42e6b40b9c83437dd0873c5fccdb3ada97a\
    67260e31adab222b72838ecfaee619ea8696660203bdf6941a44e44c32f58c0a7611644d90df7022\
    bae2f1095fe15dc2e80d0f3f8eccc252b578b14c51dd41fdd6edd9ca220180baf38b7cb1";

fn terms() -> Terms {
    Terms::new("温地储告字[2026]7号", 3, "CNY", 2).unwrap()
}

fn cheap() -> KdfParams {
    KdfParams::new(8, 1, 1).unwrap()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes()).unwrap()
}

fn seal_amount(amount: i64) -> Result<Vec<u8>, SealError> {
    let mut entropy = FixedEntropy::new([7; 32]);
    seal(&terms(), START, &SecretAmount::from_minor(amount).unwrap(), &passphrase(PASSPHRASE), &mut entropy, cheap())
}

fn sealed() -> Vec<u8> {
    seal_amount(RESERVE).unwrap()
}

/// Returns the position of Argon2id's memory in the file that `sealed` makes.
fn memory_at(file: &[u8]) -> usize {
    file.len() - 56 - 12 - 88 + 16
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn opening(amount: i64) -> Opening {
    Opening::for_simulation(amount, BLINDING).unwrap()
}

/// What a reserve of one figure must be.
const fn one(commitments: &[Commitment]) -> Expected<'_> {
    Expected { commitments, figures: 1 }
}

fn hold(vault: &mut Vault, amount: i64, expected: Option<Commitment>) -> Entry {
    vault.hold(LOT, &terms(), START, opening(amount), one(expected.as_slice())).unwrap()
}

fn commitment(amount: i64) -> Commitment {
    commit(&terms(), Amount(amount), &BLINDING)
}

/// Made by Python's hashlib from FORMAT.md A.6.
#[test]
fn commitments_are_golden() {
    let ascending: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let longest = Terms::new(&"x".repeat(64), u32::MAX, &"y".repeat(64), 18).unwrap();
    for (terms, amount, blinding, expected) in [
        (
            Terms::new("A-1", 1, "CNY", 2).unwrap(),
            1,
            [0; 32],
            "f0f24ec0d4908538e85f79150c6e8f71dd996df35a2ac5d8bafd2f0f4f1ac189",
        ),
        (terms(), RESERVE, ascending, "3857686a32f6180d990a3ae419843688f69f66fadc8cecc13492ca9ba83711fe"),
        (longest, i64::MAX, [0xff; 32], "593235ff447752e8edb7160fce0ac1bd8e765f2048e6601e39b5a2192bc93df0"),
    ] {
        assert_eq!(commit(&terms, Amount(amount), &blinding).to_string(), expected);
    }
}

#[test]
fn a_commitment_fits_one_lot_round_currency_and_exponent() {
    let base = commit(&Terms::new("A-1", 1, "CNY", 2).unwrap(), Amount(RESERVE), &BLINDING);
    for (lot, round, currency, exponent) in
        [("A-2", 1, "CNY", 2), ("A-1", 2, "CNY", 2), ("A-1", 1, "USD", 2), ("A-1", 1, "CNY", 0)]
    {
        let other = Terms::new(lot, round, currency, exponent).unwrap();
        assert_ne!(commit(&other, Amount(RESERVE), &BLINDING), base);
    }
}

#[test]
fn only_the_opening_verifies() {
    let commitment = commitment(RESERVE);
    assert!(verify_opening(&terms(), commitment, Amount(RESERVE), &BLINDING));
    assert!(!verify_opening(&terms(), commitment, Amount(RESERVE + 1), &BLINDING));
    assert!(!verify_opening(&terms(), commitment, Amount(-RESERVE), &BLINDING));
    for bit in 0..256 {
        let mut flipped = BLINDING;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify_opening(&terms(), commitment, Amount(RESERVE), &flipped), "bit {bit}");
    }
}

#[test]
fn terms_that_cannot_be_bound_are_refused() {
    let name = |field, got: &str| Err(InvalidTerms::Name { field, got: got.to_owned() });
    let long = "x".repeat(65);
    assert_eq!(Terms::new("", 1, "CNY", 2), name("lot name", ""));
    assert_eq!(Terms::new(&long, 1, "CNY", 2), name("lot name", &long));
    assert_eq!(Terms::new("A\n1", 1, "CNY", 2), name("lot name", "A\n1"));
    assert_eq!(Terms::new("A-1", 1, "\u{7f}", 2), name("currency", "\u{7f}"));
    assert_eq!(Terms::new("A-1", 0, "CNY", 2), Err(InvalidTerms::Round));
    assert_eq!(Terms::new("A-1", 1, "CNY", 19), Err(InvalidTerms::Exponent(19)));
}

#[test]
fn a_sealed_file_is_golden() {
    assert_eq!(sealed(), from_hex(GOLDEN_FILE));
}

#[test]
fn any_passphrase_of_a_file_opens_it() {
    let file = SealedFile::parse(&from_hex(GOLDEN_TWO_WRAPS)).unwrap();
    for text in [PASSPHRASE, "another"] {
        assert_eq!(open(&file, &passphrase(text)).unwrap().disclose().0, Amount(500));
    }
    assert_eq!(open(&file, &passphrase("a third")).err(), Some(SealError::WrongPassphrase));
}

/// A keeper's own tool may have made them; the passphrase alone proves nothing about the contents.
#[test]
fn contents_that_contradict_the_header_are_refused() {
    for hex in [COMMITTED_TO_ANOTHER, SEALED_BELOW_START] {
        assert_eq!(open_bytes(&from_hex(hex)).err(), Some(SealError::Inconsistent));
    }
}

#[test]
fn a_sealed_file_opens_to_what_was_sealed() {
    let file = SealedFile::parse(&sealed()).unwrap();
    let (amount, blinding) = open(&file, &passphrase(PASSPHRASE)).unwrap().disclose();
    assert_eq!((file.terms(), file.start_price(), amount), (&terms(), START, Amount(RESERVE)));
    assert!(verify_opening(file.terms(), file.commitment(), amount, &blinding));
}

#[test]
fn two_seals_have_nothing_random_in_common() {
    let seal_once = || {
        let amount = SecretAmount::from_minor(RESERVE).unwrap();
        let bytes = seal(&terms(), START, &amount, &passphrase(PASSPHRASE), &mut OsEntropy, cheap()).unwrap();
        SealedFile::parse(&bytes).unwrap().commitment()
    };
    assert_ne!(seal_once(), seal_once());
}

#[test]
fn a_sealed_file_has_one_length_for_every_amount() {
    let lengths = [START.minor(), RESERVE, i64::MAX].map(|amount| seal_amount(amount).unwrap().len());
    assert_eq!(lengths, [lengths[0]; 3]);
}

#[test]
fn the_default_cost_is_written_and_opens() {
    let amount = SecretAmount::from_minor(RESERVE).unwrap();
    let mut entropy = FixedEntropy::new([7; 32]);
    let kdf = KdfParams::default();
    let bytes = seal(&terms(), START, &amount, &passphrase(PASSPHRASE), &mut entropy, kdf).unwrap();
    let memory = memory_at(&bytes);
    assert_eq!(bytes[memory..memory + 12], [0, 0, 1, 0, 3, 0, 0, 0, 1, 0, 0, 0]);
    let opened = open(&SealedFile::parse(&bytes).unwrap(), &passphrase(PASSPHRASE)).unwrap();
    assert_eq!(opened.disclose().0, Amount(RESERVE));
}

#[test]
fn what_must_not_be_sealed_is_refused() {
    assert_eq!(seal_amount(START.minor() - 1), Err(SealError::BelowStart));
    assert_eq!(SealError::BelowStart.to_string(), "the reserve is below the start price");
    assert!(seal_amount(START.minor()).is_ok());
    let amount = SecretAmount::from_minor(RESERVE).unwrap();
    let mut entropy = FixedEntropy::new([7; 32]);
    let mut seal = |start, text| seal(&terms(), start, &amount, &passphrase(text), &mut entropy, cheap());
    assert_eq!(seal(Amount(0), PASSPHRASE), Err(SealError::StartPrice(Amount(0))));
    assert_eq!(seal(START, ""), Err(SealError::EmptyPassphrase));
}

#[test]
fn without_random_bytes_nothing_is_sealed() {
    struct NoRandomBytes;
    impl Entropy for NoRandomBytes {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }
    let amount = SecretAmount::from_minor(RESERVE).unwrap();
    let result = seal(&terms(), START, &amount, &passphrase(PASSPHRASE), &mut NoRandomBytes, cheap());
    assert_eq!(result, Err(SealError::NoEntropy(NoEntropy)));
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_says_only_that() {
    let file = SealedFile::parse(&sealed()).unwrap();
    for wrong in ["", "一把钥匙 and a hal", "一把钥匙 and a half ", "password"] {
        let error = open(&file, &passphrase(wrong)).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error),
            ("wrong passphrase, or the sealed file was changed", SealError::WrongPassphrase)
        );
    }
}

fn open_bytes(bytes: &[u8]) -> Result<Opening, SealError> {
    open(&SealedFile::parse(bytes)?, &passphrase(PASSPHRASE))
}

#[test]
fn every_truncated_file_is_refused() {
    let file = sealed();
    assert!(open_bytes(&file).is_ok());
    for length in 0..file.len() {
        assert!(SealedFile::parse(&file[..length]).is_err(), "{length} bytes");
    }
    let longer = [file.as_slice(), &[0]].concat();
    assert_eq!(SealedFile::parse(&longer).err(), Some(SealError::TrailingBytes(1)));
}

#[test]
fn every_changed_byte_is_refused() {
    let file = sealed();
    let memory = memory_at(&file);
    for at in 0..file.len() {
        for change in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] ^= change;
            let kib = u32::from_le_bytes(changed[memory..memory + 4].try_into().unwrap());
            // Allowed, refused like any other, and slow.
            if !(1025..=1_048_576).contains(&kib) {
                assert!(open_bytes(&changed).is_err(), "byte {at} changed by {change:#x}");
            }
        }
    }
}

/// Whatever the bytes are, reading returns.
#[test]
fn arbitrary_bytes_are_refused() {
    let file = sealed();
    let mut entropy = FixedEntropy::new([9; 32]);
    for round in 0..20_000_usize {
        let mut bytes = vec![0; round % MAX_SEALED_FILE_BYTES];
        entropy.fill(&mut bytes).unwrap();
        let kept = (round / 7) % file.len();
        bytes.iter_mut().zip(&file[..kept]).for_each(|(byte, good)| *byte = *good);
        assert!(SealedFile::parse(&bytes).is_err());
    }
}

#[test]
fn a_refusal_names_the_field() {
    let file = sealed();
    let wraps = memory_at(&file) - 16 - 4;
    let refused = |at: usize, new: &[u8]| {
        let mut changed = file.clone();
        changed[at..at + new.len()].copy_from_slice(new);
        SealedFile::parse(&changed).err().unwrap()
    };
    let unsupported = |field, got, known| SealError::Unsupported { field, got, known };
    let kdf = |memory_kib, passes, lanes| SealError::Kdf(InvalidKdf { memory_kib, passes, lanes });
    let fields = |values: [u32; 3]| values.map(u32::to_le_bytes).concat();
    let memory = memory_at(&file);
    assert_eq!(refused(0, b"p"), SealError::NotASealedFile);
    assert_eq!(refused(8, &[2]), unsupported("version", 2, 1));
    assert_eq!(refused(10, &[3, 1]), unsupported("suite", 259, 1));
    assert_eq!(refused(13, &[0xff]), SealError::Malformed("lot"));
    assert_eq!(refused(38, &[0, 0, 0, 0]), SealError::Terms(InvalidTerms::Round));
    assert_eq!(refused(47, &[0; 8]), SealError::Malformed("start price"));
    assert_eq!(refused(wraps, &[0]), SealError::Malformed("wraps"));
    assert_eq!(refused(wraps, &[17]), SealError::Malformed("wraps"));
    assert_eq!(refused(wraps + 1, &[2]), unsupported("kind of wrap", 2, 1));
    assert_eq!(refused(wraps + 2, &[89]), SealError::Malformed("length of wrap"));
    assert_eq!(refused(memory, &fields([7, 1, 1])), kdf(7, 1, 1));
    assert_eq!(refused(memory, &fields([u32::MAX, 1, 1])), kdf(u32::MAX, 1, 1));
    assert_eq!(refused(memory, &fields([8, 0, 1])), kdf(8, 0, 1));
    assert_eq!(refused(memory, &fields([8, 65, 1])), kdf(8, 65, 1));
    assert_eq!(refused(memory, &fields([15, 1, 2])), kdf(15, 1, 2));
    assert_eq!(refused(memory, &fields([1024, 1, 17])), kdf(1024, 1, 17));
}

#[test]
fn an_accepted_reserve_is_held_until_it_is_forgotten() {
    let mut vault = Vault::new();
    assert_eq!(vault.locked_bytes(), 0);
    assert!(!vault.is_holding(LOT, Mean::ONE));
    assert_eq!(vault.compare(LOT, START, Mean::ONE), Err(VaultError::NotHeld(LOT)));
    let entry = hold(&mut vault, RESERVE, None);
    assert_eq!(entry, Entry { result: EntryResult::Accepted, commitment: commitment(RESERVE), newly_held: true });
    assert!(vault.is_holding(LOT, Mean::ONE));
    assert_eq!(vault.compare(LOT, Amount(RESERVE), Mean::ONE), Ok(Comparison::Met));
    vault.forget(LOT);
    assert!(!vault.is_holding(LOT, Mean::ONE));
    assert_eq!(vault.compare(LOT, Amount(RESERVE), Mean::ONE), Err(VaultError::NotHeld(LOT)));
    vault.forget(LOT);
}

#[test]
fn the_reserve_sells_at_equality() {
    let compared = |reserve, top| {
        let mut vault = Vault::new();
        vault.hold(LOT, &terms(), Amount(i64::MIN), opening(reserve), Expected::ANY).unwrap();
        vault.compare(LOT, Amount(top), Mean::ONE).unwrap()
    };
    for reserve in [i64::MIN + 1, -1, 0, 1, RESERVE, i64::MAX - 1] {
        assert_eq!(compared(reserve, reserve - 1), Comparison::NotMet, "{reserve}");
        assert_eq!(compared(reserve, reserve), Comparison::Met, "{reserve}");
        assert_eq!(compared(reserve, reserve + 1), Comparison::Met, "{reserve}");
    }
    assert_eq!(compared(i64::MAX, i64::MIN), Comparison::NotMet);
    assert_eq!(compared(i64::MIN, i64::MAX), Comparison::Met);
}

fn hold_figures(vault: &mut Vault, figures: &[i64], of: u32) -> Vec<Entry> {
    let hold = |(number, &figure): (u8, &i64)| {
        let opening = Opening::for_simulation(figure, [number; 32]).unwrap();
        vault.hold(LOT, &terms(), START, opening, Expected { commitments: &[], figures: of }).unwrap()
    };
    (1_u8..).zip(figures).map(hold).collect()
}

#[test]
fn the_mean_of_several_figures_is_rounded_as_declared() {
    let (low, max) = (RESERVE, i64::MAX);
    let cases: &[(&[i64], i64, i64)] = &[
        (&[low, low], low, low),
        (&[low, low + 1], low + 1, low),
        (&[low, low + 1, low + 1], low + 1, low),
        (&[low, low, low + 1], low + 1, low),
        (&[low, low + 1, low + 2], low + 1, low + 1),
        (&[max; 16], max, max),
        (&[max, max - 1], max, max - 1),
    ];
    for &(figures, up, down) in cases {
        for (rounding, mean) in [(Rounding::Up, up), (Rounding::Down, down)] {
            for (top, result) in [(mean - 1, Comparison::NotMet), (mean, Comparison::Met)] {
                let (mut vault, of) = (Vault::new(), u32::try_from(figures.len()).unwrap());
                assert!(hold_figures(&mut vault, figures, of).iter().all(|entry| entry.newly_held));
                let found = vault.compare(LOT, Amount(top), Mean { figures: of, rounding });
                assert_eq!(found, Ok(result), "{figures:?} {rounding:?} {top}");
            }
        }
    }
}

#[test]
fn a_mean_needs_every_figure_and_no_more() {
    let (mut vault, mean) = (Vault::new(), Mean { figures: 3, rounding: Rounding::Up });
    let entries = hold_figures(&mut vault, &[RESERVE, RESERVE + 1], 3);
    assert!(!vault.is_holding(LOT, mean));
    assert_eq!(vault.compare(LOT, Amount(RESERVE + 1), mean), Err(VaultError::NotHeld(LOT)));
    let third = hold_figures(&mut vault, &[RESERVE, RESERVE + 1, RESERVE + 2], 3);
    assert_eq!(third.iter().map(|entry| entry.newly_held).collect::<Vec<_>>(), [false, false, true]);
    let fourth = hold_figures(&mut vault, &[RESERVE, RESERVE + 1, RESERVE + 2, RESERVE + 3], 3).pop().unwrap();
    assert_eq!((fourth.result, fourth.newly_held), (EntryResult::CommitmentMismatch, false));
    assert_eq!(vault.compare(LOT, Amount(RESERVE + 1), mean), Ok(Comparison::Met));
    vault.forget_figure(LOT, entries[0].commitment);
    assert!(!vault.is_holding(LOT, mean));
    vault.forget(LOT);
    assert!(!vault.is_holding(LOT, Mean::ONE));
}

#[test]
fn each_figure_is_judged_by_itself() {
    let mut vault = Vault::new();
    let found: Vec<_> = hold_figures(&mut vault, &[START.minor() + 10, START.minor() - 1], 2)
        .iter()
        .map(|entry| entry.result)
        .collect();
    assert_eq!(found, [EntryResult::Accepted, EntryResult::BelowStart]);
    let expected = [commitment(RESERVE)];
    let other = opening(RESERVE + 1);
    let entry = vault.hold(LOT, &terms(), START, other, Expected { commitments: &expected, figures: 2 }).unwrap();
    assert_eq!(entry.result, EntryResult::CommitmentMismatch);
}

#[test]
fn a_comparison_can_be_repeated_but_not_with_another_amount() {
    let mut vault = Vault::new();
    hold(&mut vault, RESERVE, None);
    let top = Amount(RESERVE - 1);
    assert_eq!(vault.compare(LOT, top, Mean::ONE), Ok(Comparison::NotMet));
    assert_eq!(vault.compare(LOT, top, Mean::ONE), Ok(Comparison::NotMet));
    assert_eq!(vault.compare(LOT, Amount(RESERVE), Mean::ONE), Err(VaultError::OtherTop(LOT)));
}

#[test]
fn a_reserve_below_the_start_price_is_not_held() {
    let mut vault = Vault::new();
    let below = START.minor() - 1;
    let expected = Entry { result: EntryResult::BelowStart, commitment: commitment(below), newly_held: false };
    assert_eq!(hold(&mut vault, below, None), expected);
    assert_eq!(hold(&mut vault, below, Some(commitment(below))), expected);
    assert_eq!((vault.is_holding(LOT, Mean::ONE), vault.locked_bytes()), (false, 0));
    assert!(hold(&mut vault, START.minor(), None).newly_held);
}

#[test]
fn a_reserve_that_was_not_committed_to_is_not_held() {
    let mut vault = Vault::new();
    let mismatch =
        |amount| Entry { result: EntryResult::CommitmentMismatch, commitment: commitment(amount), newly_held: false };
    let expected = Some(commitment(RESERVE));
    assert_eq!(hold(&mut vault, RESERVE + 1, expected), mismatch(RESERVE + 1));
    // The commitment comes first: a re-entry can only be accepted or mismatched.
    assert_eq!(hold(&mut vault, 1, expected), mismatch(1));
    assert!(!vault.is_holding(LOT, Mean::ONE));
    let mut flipped = BLINDING;
    flipped[31] ^= 1;
    let other = Opening::for_simulation(RESERVE, flipped).unwrap();
    let entry = vault.hold(LOT, &terms(), START, other, one(expected.as_slice())).unwrap();
    assert_eq!(entry.result, EntryResult::CommitmentMismatch);
    assert!(hold(&mut vault, RESERVE, expected).newly_held);
}

#[test]
fn a_held_reserve_is_not_replaced() {
    let mut vault = Vault::new();
    hold(&mut vault, RESERVE, None);
    let again = hold(&mut vault, RESERVE, None);
    assert_eq!(again, Entry { result: EntryResult::Accepted, commitment: commitment(RESERVE), newly_held: false });
    assert_eq!(hold(&mut vault, RESERVE + 1, None).result, EntryResult::CommitmentMismatch);
    assert_eq!(vault.compare(LOT, Amount(RESERVE), Mean::ONE), Ok(Comparison::Met));
}

#[test]
fn another_lots_sealed_file_is_not_held() {
    let opened = || open_bytes(&sealed()).unwrap();
    let mut vault = Vault::new();
    let next_round = Terms::new("温地储告字[2026]7号", 4, "CNY", 2).unwrap();
    let entry = vault.hold(LOT, &next_round, START, opened(), Expected::ANY).unwrap();
    assert_eq!((entry.result, entry.newly_held), (EntryResult::CommitmentMismatch, false));
    let entry = vault.hold(LOT, &terms(), START, opened(), Expected::ANY).unwrap();
    let stated = SealedFile::parse(&sealed()).unwrap().commitment();
    assert_eq!(entry, Entry { result: EntryResult::Accepted, commitment: stated, newly_held: true });
}

#[test]
fn lots_do_not_share_reserves() {
    let mut vault = Vault::new();
    for lot in 1..=1000 {
        let amount = START.minor() + i64::from(lot);
        vault.hold(LotId(lot), &terms(), START, opening(amount), Expected::ANY).unwrap();
    }
    // Sixteen pages of 4 KiB, well under the usual limit of 8 MiB.
    let page = rustix::param::page_size();
    assert_eq!(vault.locked_bytes(), 1000_usize.div_ceil(page / 64 - 1) * page);
    for lot in (1..=1000).step_by(2) {
        vault.forget(LotId(lot));
    }
    for lot in 1..=1000 {
        let amount = Amount(START.minor() + i64::from(lot));
        let expected = if lot % 2 == 1 { Err(VaultError::NotHeld(LotId(lot))) } else { Ok(Comparison::Met) };
        assert_eq!(vault.compare(LotId(lot), amount, Mean::ONE), expected);
    }
}

#[test]
fn nothing_that_holds_a_secret_prints_it() {
    let mut vault = Vault::new();
    hold(&mut vault, RESERVE, None);
    assert_eq!(format!("{vault:?} {:?}", opening(RESERVE)), "Vault { lots: 1, .. } Opening(..)");
}

/// Does not compile once one of the types can be cloned: the method is then ambiguous.
#[test]
fn nothing_that_holds_a_secret_can_be_cloned() {
    trait Ambiguous<A> {
        fn method() {}
    }
    impl<T> Ambiguous<()> for T {}
    impl<T: Clone> Ambiguous<u8> for T {}
    <Vault as Ambiguous<_>>::method();
    <Opening as Ambiguous<_>>::method();
    <SecretAmount as Ambiguous<_>>::method();
    <Passphrase as Ambiguous<_>>::method();
}

#[test]
fn the_vault_can_move_between_threads() {
    fn moves<T: Send + Sync>() {}
    moves::<Vault>();
    moves::<Opening>();
}

#[test]
fn fixed_entropy_repeats_from_its_seed_only() {
    let mut entropy = FixedEntropy::new([7; 32]);
    let mut first = [0; 40];
    entropy.fill(&mut first).unwrap();
    let mut again = [0; 40];
    FixedEntropy::new([7; 32]).fill(&mut again).unwrap();
    assert_eq!(first, again);
    entropy.fill(&mut again).unwrap();
    assert_ne!(first, again);
}
