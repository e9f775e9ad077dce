//! Records, batches and options as all tests of this folder use them.

use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::{Align, Content, Hex, JournalError, Log, OpenOptions, TailLoss};

pub const NOW_NS: i64 = 1_700_000_000_000_000_000;

pub fn options(align: Align, segment_bytes: u64) -> OpenOptions {
    OpenOptions {
        align,
        segment_bytes,
        now_ns: NOW_NS,
        entropy: std::array::from_fn(|index| u8::try_from(index * 7 + 3).unwrap()),
        acknowledged: 0,
        accept_tail_loss: None,
    }
}

/// Returns the record of that sequence, which is the same in every journal. Lengths vary.
pub fn record(seq: u64) -> Vec<u8> {
    let mut record = vec![17, 0, 0, 0, 0, 0, 0, 0];
    record.extend(seq.to_le_bytes());
    record.extend((NOW_NS + i64::try_from(seq).unwrap()).to_le_bytes());
    record.extend([0; 8]);
    let extra = seq * 193 % 701 + 8;
    record.extend((0..extra).map(|index| u8::try_from((seq * 7 + index) % 251 + 1).unwrap()));
    record
}

pub fn batch(records: &[Vec<u8>]) -> Vec<u8> {
    let framed = |record: &Vec<u8>| [&u32::try_from(record.len()).unwrap().to_le_bytes()[..], record].concat();
    records.iter().flat_map(framed).collect()
}

/// Opens a journal; also returns the records that it held.
pub fn open<V: Vfs>(vfs: V, options: &OpenOptions) -> Result<(Log<V>, Vec<Vec<u8>>), JournalError> {
    let mut held = Vec::new();
    let log = Log::open(vfs, options, &mut |_, content| {
        if let Content::Records(records) = content {
            held.extend(records.map(<[u8]>::to_vec));
        }
        Ok::<_, JournalError>(())
    })?;
    Ok((log, held))
}

/// A journal that was opened.
pub struct Opened<V: Vfs> {
    pub log: Log<V>,
    /// The records that it held.
    pub held: Vec<Vec<u8>>,
    /// Whether the loss of an ambiguous tail was accepted.
    pub accepted_loss: bool,
}

/// Opens a journal as an operator who accepts the loss of an ambiguous tail.
pub fn open_accepting<V: Vfs + Clone>(vfs: &V, options: &OpenOptions) -> Result<Opened<V>, JournalError> {
    let bad = match open(vfs.clone(), options) {
        Ok((log, held)) => return Ok(Opened { log, held, accepted_loss: false }),
        Err(JournalError::Ambiguous(bad)) => bad,
        Err(other) => return Err(other),
    };
    let accepted = TailLoss { removed_hash: Hex(&bad.removed_hash).to_string(), operator: "值班员".to_owned() };
    let options = OpenOptions { accept_tail_loss: Some(accepted), ..options.clone() };
    let (log, held) = open(vfs.clone(), &options)?;
    Ok(Opened { log, held, accepted_loss: true })
}

/// Appends the next `count` records in one batch.
pub fn append<V: Vfs>(log: &mut Log<V>, count: u64) -> Result<(), JournalError> {
    let first = log.next_seq();
    let records: Vec<_> = (first..first + count).map(record).collect();
    log.append(&batch(&records), first, u32::try_from(count).unwrap())
}

/// Whether these are the first records, in order and unchanged.
pub fn are_the_first(held: &[Vec<u8>]) -> bool {
    held.iter().zip(1..).all(|(held, seq)| *held == record(seq))
}
