//! Files that are not as they were saved: told as that, whatever was changed.

use std::fs;
use std::path::{Path, PathBuf};

use heapgraph::snapshot::{HeapSnapshot, SnapshotError, load, save, save_in_groups};
use tempfile::{TempDir, tempdir};

use super::samples::{make_pipe, random_snapshot};
use super::seal::{END, START, reseal};
use crate::random::Random;

struct Saved {
    _folder: TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
}

fn saved(seed: u64) -> Saved {
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    let snapshot = random_snapshot(seed);
    save_in_groups(&snapshot, &path, 1 + snapshot.graph().node_count() / 2).unwrap();
    let bytes = fs::read(&path).unwrap();
    Saved {
        _folder: folder,
        path,
        bytes,
    }
}

impl Saved {
    fn load(&self, bytes: &[u8]) -> Result<HeapSnapshot, SnapshotError> {
        // A new file each time: some file systems put one on the disk that is written over.
        fs::remove_file(&self.path).unwrap();
        fs::write(&self.path, bytes).unwrap();
        load(&self.path)
    }
}

#[test]
fn a_file_that_is_cut_off_is_told_at_every_byte() {
    let saved = saved(3);
    let whole = saved.bytes.len() as u64;
    for length in 0..saved.bytes.len() {
        let error = saved.load(&saved.bytes[..length]).unwrap_err();
        if length < END {
            assert!(
                matches!(error, SnapshotError::NotASnapshot { .. }),
                "{length}: {error}"
            );
        } else {
            let SnapshotError::WrongLength { saved, found, .. } = error else {
                panic!("{length}: {error}");
            };
            assert_eq!((saved, found), (whole, length as u64));
        }
    }
}

#[test]
fn a_flipped_bit_is_told_wherever_it_is() {
    let saved = saved(5);
    let mut bytes = saved.bytes.clone();
    for position in 0..bytes.len() {
        bytes[position] ^= 1 << (position % 8);
        let error = saved.load(&bytes).unwrap_err();
        bytes[position] = saved.bytes[position];
        match error {
            SnapshotError::NotASnapshot { .. } => assert!(position < 12, "{position}"),
            SnapshotError::WrongLength { .. } => assert!((12..20).contains(&position)),
            SnapshotError::Damaged { .. } => assert!(position >= 20, "{position}"),
            other => panic!("{position}: {other}"),
        }
    }
    saved.load(&bytes).unwrap();
}

/// Changes a few bytes in the ways in which parsers are led astray.
fn distort(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        // Half of the changes go to the footer, which is small and rules everything.
        let start = if random.one_in(2) {
            END
        } else {
            bytes.len() / 2
        };
        let position = start + random.below(bytes.len() - start);
        match random.below(6) {
            0 => bytes[position] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            1 => bytes[position] ^= 1 << random.below(8),
            2 => bytes[position] = bytes[position].wrapping_add(1),
            3 => bytes.insert(position, 0xff),
            4 => drop(bytes.remove(position)),
            _ => {
                let length = random.below(16.min(bytes.len() - position));
                let from = START + random.below(bytes.len() - START - length);
                bytes.copy_within(from..from + length, position);
            }
        }
    }
}

/// Asks for everything, so that nothing is left that could fail later.
fn look_at(snapshot: &HeapSnapshot) {
    let graph = snapshot.graph();
    for node in graph.nodes() {
        assert_eq!(graph.node_at(graph.address(node)), Some(node));
        assert_eq!(snapshot.labels(node).len(), graph.referents(node).len());
        for &referent in graph.referents(node) {
            assert!(graph.referrers(referent).contains(&node));
        }
        assert!(
            graph
                .type_of(node)
                .node
                .is_none_or(|class| class.index() < graph.node_count())
        );
        snapshot.root(node);
    }
}

/// The checksum keeps accidents out; this is about forgeries, which have a right one.
#[test]
fn a_distorted_file_with_a_right_checksum_is_an_error_or_a_heap() {
    let (mut errors, mut heaps) = (0, 0);
    for seed in 0..20 {
        let saved = saved(seed);
        let mut random = Random::new(seed);
        for _ in 0..250 {
            let mut bytes = saved.bytes.clone();
            distort(&mut bytes, &mut random);
            reseal(&mut bytes);
            match saved.load(&bytes) {
                Ok(snapshot) => {
                    look_at(&snapshot);
                    heaps += 1;
                }
                Err(error) => {
                    let is_inside = matches!(
                        error,
                        SnapshotError::Invalid { .. } | SnapshotError::NewerFormat { .. }
                    );
                    assert!(is_inside, "{error}");
                    errors += 1;
                }
            }
        }
    }
    assert!(
        errors > 1000 && heaps > 100,
        "{errors} errors, {heaps} heaps"
    );
}

#[track_caller]
fn message(path: &Path) -> String {
    load(path).unwrap_err().to_string()
}

#[test]
fn what_is_no_snapshot_is_said_to_be_what_it_is() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    let foreign_parquet = [b"PAR1".as_slice(), &[7; 100], b"PAR1"].concat();
    let unfinished = [b"PAR1".as_slice(), &[0; 100]].concat();
    for (bytes, expected) in [
        (b"".as_slice(), "an empty file"),
        (&[0; 100], "a file of zeros"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "compressed with gzip"),
        (b"\x28\xb5\x2f\xfd\x04\0", "compressed with zstd"),
        (b"PK\x03\x04", "a zip archive"),
        (b"PAR", "only the beginning"),
        (b"# hello\n", "no Parquet file"),
        (&foreign_parquet, "heapgraph did not save"),
        (&unfinished, "saving never finished"),
    ] {
        fs::write(&path, bytes).unwrap();
        let message = message(&path);
        assert!(message.contains(expected), "{message}");
        assert!(message.contains("heap.parquet"), "{message}");
    }
    assert!(message(folder.path()).contains("a folder"));
    let missing = load(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(missing, SnapshotError::Read { .. }), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("pipe");
    make_pipe(&path);
    assert!(message(&path).contains("a pipe"));
    assert!(message(Path::new("/dev/null")).contains("a device"));
}

#[test]
fn a_file_that_is_appended_to_is_told() {
    let saved = saved(7);
    let mut bytes = saved.bytes.clone();
    bytes.push(0);
    let error = saved.load(&bytes).unwrap_err();
    assert!(
        matches!(error, SnapshotError::WrongLength { .. }),
        "{error}"
    );
}

#[test]
fn saving_twice_gives_the_same_bytes() {
    let saved = saved(9);
    let again = saved.load(&saved.bytes).unwrap();
    let snapshot = random_snapshot(9);
    save(&snapshot, &saved.path).unwrap();
    let first = fs::read(&saved.path).unwrap();
    save(&again, &saved.path).unwrap();
    assert!(first == fs::read(&saved.path).unwrap());
}
