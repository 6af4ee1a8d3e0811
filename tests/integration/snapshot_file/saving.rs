//! A file is there whole or not at all.

use std::path::{Path, PathBuf};
use std::{fs, io};

use heapgraph::snapshot::{SnapshotError, load, save};
use tempfile::{TempDir, tempdir};

use super::samples::{assert_same, random_snapshot};

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

fn old_file() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    save(&random_snapshot(1), &path).unwrap();
    (folder, path)
}

#[test]
fn a_saved_file_takes_the_place_of_the_old_one() {
    let (folder, path) = old_file();
    save(&random_snapshot(2), &path).unwrap();
    assert_same(&random_snapshot(2), &load(&path).unwrap());
    assert_eq!(names_in(folder.path()), ["heap.parquet"]);
}

#[test]
fn a_missing_folder_is_an_error_with_the_systems_number() {
    let folder = tempdir().unwrap();
    let error = save(
        &random_snapshot(1),
        &folder.path().join("missing/heap.parquet"),
    )
    .unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("cannot save "), "{message}");
    let SnapshotError::Write { source, .. } = error else {
        panic!("{message}");
    };
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
    assert!(source.raw_os_error().is_some());
}

#[test]
fn a_folder_in_the_way_stays() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    fs::create_dir(&path).unwrap();
    let error = save(&random_snapshot(1), &path).unwrap_err();
    assert!(matches!(error, SnapshotError::Write { .. }), "{error}");
    assert_eq!(names_in(folder.path()), ["heap.parquet"]);
}

#[cfg(target_os = "linux")]
mod full_disk {
    use std::env;
    use std::process::{Command, ExitStatus};

    use crate::sketch::large;

    use super::*;
    use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

    /// Runs the test below in a process that may write no file longer than 32 KiB. What the system
    /// does to it otherwise is to be ignored, or not.
    fn save_without_room(path: &Path, signal: &str) -> ExitStatus {
        let script = format!("{signal} ulimit -f 32; exec \"$@\"");
        let test = "snapshot_file::saving::full_disk::in_a_process_without_room";
        let program = env::current_exe().unwrap();
        Command::new("bash")
            .args(["-c", &script, "bash"])
            .arg(program)
            .args(["--exact", test, "--ignored"])
            .env("HEAP_PATH", path)
            .output()
            .unwrap()
            .status
    }

    #[test]
    #[ignore = "only means something where there is no room"]
    fn in_a_process_without_room() {
        let path = PathBuf::from(env::var_os("HEAP_PATH").unwrap());
        let graph = large(200_000, (0..200_000).map(|n| (n, n * 7919 % 200_000)));
        let snapshot = HeapSnapshot::new(SnapshotParts {
            graph,
            edge_names: None,
            node_names: NodeTexts::default(),
            values: NodeTexts::default(),
            roots: Vec::new(),
            metadata: Metadata::default(),
        });
        let error = save(&snapshot, &path).unwrap_err();
        let SnapshotError::Write { source, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(source.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn no_room_is_an_error_that_leaves_the_old_file_and_no_other() {
        let (folder, path) = old_file();
        assert!(save_without_room(&path, "trap '' XFSZ;").success());
        assert_same(&random_snapshot(1), &load(&path).unwrap());
        assert_eq!(names_in(folder.path()), ["heap.parquet"]);
    }

    #[test]
    fn a_killed_process_leaves_the_old_file_and_one_that_is_named_as_unfinished() {
        let (folder, path) = old_file();
        assert!(!save_without_room(&path, "").success());
        assert_same(&random_snapshot(1), &load(&path).unwrap());
        let names = names_in(folder.path());
        assert_eq!(names.len(), 2, "{names:?}");
        let kind = Path::new(&names[0]).extension().unwrap();
        assert!(
            names[0].starts_with(".heapgraph-") && kind == "tmp",
            "{names:?}"
        );
        let error = load(&folder.path().join(&names[0])).unwrap_err();
        assert!(error.to_string().contains("never finished"), "{error}");
    }
}
