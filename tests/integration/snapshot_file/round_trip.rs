//! What is loaded is what was saved.

use heapgraph::snapshot::{load, save, save_in_groups};
use tempfile::tempdir;

use super::samples::{assert_same, random_snapshot};

#[test]
fn a_random_snapshot_is_loaded_as_it_was_saved() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    for seed in 0..100 {
        let saved = random_snapshot(seed);
        let rows = saved.graph().node_count();
        save(&saved, &path).unwrap();
        assert_same(&saved, &load(&path).unwrap());
        save_in_groups(&saved, &path, 1 + rows / 3).unwrap();
        assert_same(&saved, &load(&path).unwrap());
    }
}
