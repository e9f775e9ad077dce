//! Batches of records as a house hands them over: `u32 length ‖ record`, one behind the other.

use super::error::JournalError;
use super::frame::{MAX_BODY_BYTES, MAX_FRAME_RECORDS, MAX_RECORD_BYTES, Records, looks_unwritten, seq_of};

/// Refuses whatever a reader would refuse, before any of it is written: `count` records from `first_seq` on, where
/// `next_seq` is due.
pub(super) fn check(batch: &[u8], first_seq: u64, count: u32, next_seq: u64) -> Result<(), JournalError> {
    let refuse = |detail: String| Err(JournalError::InvalidBatch { detail });
    if first_seq != next_seq {
        return refuse(format!("expected records from {next_seq} on, received {first_seq}"));
    }
    if first_seq.checked_add(u64::from(count)).is_none() || !Records::new(batch).well_formed(count) {
        return refuse(format!("expected {count} records of at least 32 bytes each, and nothing else"));
    }
    for (record, seq) in Records::new(batch).zip(first_seq..) {
        if seq_of(record) != Some(seq) {
            return refuse(format!("expected record {seq}, received {:?}", seq_of(record)));
        }
        if record.len() > MAX_RECORD_BYTES {
            return refuse(format!("expected at most {MAX_RECORD_BYTES} bytes, received {}", record.len()));
        }
    }
    let mut rest = batch;
    while let Some((body, _)) = next_body(&mut rest) {
        if looks_unwritten(body) {
            return refuse("a record holds a sector of zeros, which reads as one that was never written".to_owned());
        }
    }
    Ok(())
}

/// Takes the records of one frame, as many as fit, off the front of a batch; returns its body and their number.
pub(super) fn next_body<'a>(batch: &mut &'a [u8]) -> Option<(&'a [u8], u32)> {
    let mut records = Records::new(batch);
    let (mut taken, mut count) = (0, 0);
    while count < MAX_FRAME_RECORDS && records.next().is_some() {
        let end = batch.len() - records.rest().len();
        if end > MAX_BODY_BYTES {
            break;
        }
        (taken, count) = (end, count + 1);
    }
    let (body, rest) = batch.split_at_checked(taken).filter(|_| count > 0)?;
    *batch = rest;
    Some((body, count))
}
