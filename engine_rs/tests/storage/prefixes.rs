//! Every byte at which the writing of a journal may have stopped.

use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Class, JournalError, ReadEnd, read};

use crate::reference::{Reference, reference, reference_options};
use crate::writing::{Opened, open, open_accepting};
use crate::{cases, row};

const HEADER_BYTES: usize = 4_096;

/// Returns what is on the disk when writing stopped after `length` bytes: segments are filled with zeros beforehand, and a
/// segment has its name only once it has its header.
fn prefix(length: usize) -> Option<MemoryVfs> {
    let Reference { files, segments, .. } = reference();
    let (left, mut rest) = (MemoryVfs::default(), length);
    for name in segments {
        let mut bytes = files.get(name).unwrap();
        let written = rest.min(bytes.len());
        if written < HEADER_BYTES {
            break;
        }
        bytes[written..].fill(0);
        left.put(name, bytes);
        rest -= written;
    }
    (length >= HEADER_BYTES).then_some(left)
}

/// Whether the bytes written up to there end in a frame that is whole.
fn records_within(length: usize) -> (usize, bool) {
    let Reference { infos, segments, files, .. } = reference();
    let mut start = 0;
    let (mut records, mut ends_whole) = (0, false);
    for name in segments {
        // Before its header is whole a segment has no name yet.
        ends_whole |= (start..start + HEADER_BYTES).contains(&length);
        let mut written_end = start;
        for info in infos.iter().filter(|info| info.segment.to_string() == *name) {
            let end = start + usize::try_from(info.offset + info.bytes).unwrap();
            if end <= length {
                records += usize::try_from(info.count).unwrap();
            }
            ends_whole |= end == length;
            written_end = end;
        }
        let segment_end = start + files.get(name).unwrap().len();
        // Behind the last frame of a segment there are zeros.
        ends_whole |= (written_end..=segment_end).contains(&length);
        start = segment_end;
    }
    (records, ends_whole)
}

#[test]
fn every_byte_prefix_is_recovered_or_refused_by_the_table() {
    let (tried, result) = recover_prefixes(usize::try_from(cases(7, 1, 1)).unwrap());
    row("byte prefixes of the reference journal", tried, &result);
}

/// Recovers every prefix whose length is a multiple of `step`. Returns how many were tried, and what came of it.
pub fn recover_prefixes(step: usize) -> (u64, String) {
    let Reference { files, segments, .. } = reference();
    let bytes: usize = segments.iter().map(|name| files.get(name).unwrap().len()).sum();
    let (mut clean, mut torn, mut ambiguous) = (0_u64, 0_u64, 0_u64);
    for length in (HEADER_BYTES..=bytes).step_by(step) {
        let left = prefix(length).unwrap();
        let (records, ends_whole) = records_within(length);
        match read::<_, JournalError>(&left, 0, &mut |_, _| Ok(())).unwrap() {
            ReadEnd::Clean => {
                assert!(ends_whole, "{length}: an unfinished frame was taken");
                clean += 1;
            }
            ReadEnd::Bad(bad) => {
                assert!(!ends_whole, "{length}: {bad}");
                match bad.class {
                    Class::Torn => torn += 1,
                    Class::Ambiguous => ambiguous += 1,
                    _ => panic!("{length}: {bad}"),
                }
            }
        }
        let Opened { log, held, .. } = open_accepting(&left, &reference_options()).unwrap();
        assert_eq!(held.len(), records, "{length}");
        drop(log);
        assert_eq!(read::<_, JournalError>(&left, records as u64, &mut |_, _| Ok(())).unwrap(), ReadEnd::Clean);
    }
    // A named segment whose header is not whole cannot come of a crash. It is refused.
    for length in (1..HEADER_BYTES).step_by(step) {
        let mut bytes = files.get(&segments[0]).unwrap();
        bytes[length..].fill(0);
        let left = MemoryVfs::default();
        left.put(&segments[0], bytes);
        let refused = open(left, &reference_options()).map(|_| ());
        assert!(matches!(refused, Err(JournalError::Corrupt(_))), "{length}: {refused:?}");
    }
    let refused = (HEADER_BYTES as u64 - 1).div_ceil(step as u64);
    let result = format!(
        "{clean} clean, {torn} torn and cut, {ambiguous} ambiguous, {refused} of a header alone refused, 0 whole frames lost"
    );
    (clean + torn + ambiguous + refused, result)
}
