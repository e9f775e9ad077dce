//! Every bit of a journal, and every exchange of its frames and segments. Nothing of it is taken in silence.

use pyauction_engine::journal::vfs::Vfs;
use pyauction_engine::journal::vfs::memory::MemoryVfs;
use pyauction_engine::journal::{Align, FrameInfo, JournalError, ReadEnd, read};

use crate::chance::Chance;
use crate::reference::{Reference, reference};
use crate::writing::{append, open, options};
use crate::{cases, row};

/// Whether a reader takes the whole journal.
pub fn is_taken(files: &MemoryVfs) -> bool {
    let end = read::<_, JournalError>(files, 0, &mut |_, _| Ok(()));
    matches!(end, Ok(ReadEnd::Clean))
}

#[test]
fn no_flipped_bit_is_taken_in_silence() {
    let Reference { files, segments, .. } = reference();
    assert!(is_taken(files));
    let bytes: u64 = segments.iter().map(|name| files.get(name).unwrap().len() as u64).sum();
    // In the default run one bit of every byte, chosen by the byte's place; all eight otherwise.
    let bits = cases(1, 8, 8);
    let mut places: Vec<(String, usize)> = Vec::new();
    for name in segments {
        places.extend((0..files.get(name).unwrap().len()).map(|at| (name.clone(), at)));
    }
    let half = places.len() / 2;
    let (first, second) = places.split_at(half);
    let taken: Vec<String> = std::thread::scope(|scope| {
        let halves = [first, second].map(|half| scope.spawn(move || flips_taken(half, bits)));
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert_eq!(taken, Vec::<String>::new());
    row("bits flipped, taken in silence", bytes * bits, "0");
}

pub fn flips_taken(places: &[(String, usize)], bits: u64) -> Vec<String> {
    let mut taken = Vec::new();
    let files = reference().files.copied();
    for (name, at) in places {
        let sound = files.get(name).unwrap();
        let mut damaged = sound.clone();
        for bit in 0..8 {
            if bits < 8 && bit != (at * 5) % 8 {
                continue;
            }
            damaged[*at] = sound[*at] ^ (1 << bit);
            files.put(name, damaged.clone());
            if is_taken(&files) {
                taken.push(format!("{name} byte {at} bit {bit}"));
            }
        }
        files.put(name, sound);
    }
    taken
}

/// The frames of a segment, as bytes.
fn frames_of(files: &MemoryVfs, infos: &[FrameInfo], name: &str) -> Vec<Vec<u8>> {
    let bytes = files.get(name).unwrap();
    let of = infos.iter().filter(|info| info.segment.to_string() == name);
    of.map(|info| {
        let from = usize::try_from(info.offset).unwrap();
        bytes[from..from + usize::try_from(info.bytes).unwrap()].to_vec()
    })
    .collect()
}

/// Puts a segment together from frames, as long as it was.
fn put(files: &MemoryVfs, name: &str, frames: &[Vec<u8>]) {
    let length = files.get(name).unwrap().len();
    let mut bytes = frames.concat();
    bytes.resize(bytes.len().max(length), 0);
    files.put(name, bytes);
}

/// A flipped bit in the last synced frame of a journal without a seal: whoever opens it is refused, or gets every record.
pub fn open_with_flips_in_the_last_frame(step: usize) -> u64 {
    let base = options(Align::Bytes512, 16_384);
    let files = MemoryVfs::default();
    let (mut log, _) = open(files.clone(), &base).unwrap();
    append(&mut log, 2).unwrap();
    append(&mut log, 1).unwrap();
    drop(log);
    let name = "00000000000000000001.plog";
    let (sound, mut tried) = (files.get(name).unwrap(), 0);
    let end = sound.iter().rposition(|&byte| byte != 0).unwrap();
    for at in (end - 1_000..=end).step_by(step) {
        for bit in 0..8 {
            let mut damaged = sound.clone();
            damaged[at] ^= 1 << bit;
            let left = files.copied();
            left.put(name, damaged);
            tried += 1;
            if let Ok((_, held)) = open(left, &base) {
                assert_eq!(held.len(), 3, "bit {bit} of byte {at}: a record that was durable was cut");
            }
        }
    }
    tried
}

#[test]
fn no_flipped_bit_costs_the_last_synced_frame() {
    let tried = open_with_flips_in_the_last_frame(1);
    row("bits of the last synced frame flipped; frames cut", tried, "0");
}

#[test]
fn no_frame_or_segment_can_be_dropped_doubled_exchanged_or_brought_from_elsewhere() {
    let tried = exchange_frames_and_segments();
    row("frames and segments dropped, doubled, exchanged, spliced; taken", tried, "0");
}

/// Tries every exchange and returns how many there were.
pub fn exchange_frames_and_segments() -> u64 {
    let Reference { files, infos, segments, other } = reference();
    let mut tried = 0;
    let mut refused = |changed: &MemoryVfs, what: String| {
        tried += 1;
        assert!(!is_taken(changed), "{what}");
    };
    for name in segments {
        let frames = frames_of(files, infos, name);
        for one in 0..frames.len() {
            // The last frame of the last segment leaves no trace: FORMAT.md A.4, "What no reader can see".
            if name != segments.last().unwrap() || one + 1 < frames.len() {
                let changed = files.copied();
                put(&changed, name, &[&frames[..one], &frames[one + 1..]].concat());
                refused(&changed, format!("{name} without frame {one}"));
            }
            let changed = files.copied();
            put(&changed, name, &[&frames[..=one], &frames[one..]].concat());
            refused(&changed, format!("{name} with frame {one} twice"));
            for two in one + 1..frames.len() {
                let mut exchanged = frames.clone();
                exchanged.swap(one, two);
                let changed = files.copied();
                put(&changed, name, &exchanged);
                refused(&changed, format!("{name} with frames {one} and {two} exchanged"));
            }
        }
        let foreign = frames_of(&other.files, &other.infos, name);
        for (one, frame) in foreign.iter().enumerate().take(frames.len()) {
            let mut spliced = frames.clone();
            spliced[one].clone_from(frame);
            let changed = files.copied();
            put(&changed, name, &spliced);
            refused(&changed, format!("{name} with frame {one} of another journal"));
        }
    }
    for (one, name) in segments.iter().enumerate() {
        if one + 1 < segments.len() {
            let changed = files.copied();
            changed.remove(name).unwrap();
            refused(&changed, format!("without {name}"));
        }
        let changed = files.copied();
        changed.put(name, other.files.get(name).unwrap());
        refused(&changed, format!("{name} of another journal"));
        for two in &segments[one + 1..] {
            let changed = files.copied();
            changed.put(name, files.get(two).unwrap());
            changed.put(two, files.get(name).unwrap());
            refused(&changed, format!("{name} and {two} exchanged"));
        }
    }
    tried
}

#[test]
fn no_random_edit_is_taken_in_silence() {
    let mut chance = Chance::new(5);
    let Reference { files, segments, .. } = reference();
    let edits = cases(2_000, 20_000, 1_000_000);
    for edit in 0..edits {
        let name = &segments[chance.index(segments.len())];
        let sound = files.get(name).unwrap();
        let mut bytes = sound.clone();
        for _ in 0..=chance.below(4) {
            let from = chance.index(bytes.len());
            let length = chance.index(64).min(bytes.len() - from);
            let to = chance.index(bytes.len() - length);
            match chance.below(3) {
                0 => bytes.copy_within(from..from + length, to),
                1 => bytes[from..from + length].fill(0),
                _ => bytes[from..from + length].fill_with(|| chance.byte()),
            }
        }
        if bytes != sound {
            let changed = files.copied();
            changed.put(name, bytes);
            assert!(!is_taken(&changed), "edit {edit}");
        }
    }
    row("random edits of several bytes (seed 5), taken in silence", edits, "0");
}
