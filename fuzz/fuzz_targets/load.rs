//! Loads whatever the fuzzer makes up.
//!
//! The checksum of the file is put right first, as nothing would get past it. Start from a real
//! file, and let the fuzzer see when memory runs away:
//!
//! ```sh
//! mkdir -p corpus/load && cp ../fixtures/snapshots/*.parquet corpus/load
//! cargo +nightly fuzz run load -- -malloc_limit_mb=512 -max_len=65536
//! ```
//!
//! The reader tries out whether there is room for its thread: that is the largest piece it takes.

#![no_main]

use std::cell::RefCell;
use std::hash::Hasher;
use std::io::{Seek, Write};

use heapgraph::snapshot::load;
use libfuzzer_sys::fuzz_target;
use tempfile::NamedTempFile;
use twox_hash::XxHash64;

/// Where the content begins: four bytes that Parquet asks for and the seal come first.
const SEAL_END: usize = 28;

thread_local! {
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new().unwrap());
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.to_vec();
    if bytes.len() >= SEAL_END {
        let mut hasher = XxHash64::with_seed(0);
        hasher.write(&bytes[SEAL_END..]);
        let length = bytes.len() as u64;
        bytes[..12].copy_from_slice(b"PAR1heapgrph");
        bytes[12..20].copy_from_slice(&length.to_le_bytes());
        bytes[20..SEAL_END].copy_from_slice(&hasher.finish().to_le_bytes());
    }
    FILE.with_borrow_mut(|file| {
        file.as_file().set_len(0).unwrap();
        file.rewind().unwrap();
        file.write_all(&bytes).unwrap();
        if let Ok(snapshot) = load(file.path()) {
            for node in snapshot.graph().nodes() {
                assert_eq!(snapshot.labels(node).len(), snapshot.graph().referents(node).len());
            }
        }
    });
});
