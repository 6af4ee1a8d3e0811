//! Where a file may be written, who may read it, and what becomes of unfinished ones.
#![cfg(unix)]

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use heapgraph::render;
use heapgraph::snapshot::{SnapshotError, load, save};
use tempfile::{TempDir, tempdir};

use crate::render::views::leak;
use crate::snapshot_file::samples::{assert_same, make_pipe, random_snapshot};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// A folder that these may write to, with a file `victim` in it that a link `heap.parquet` leads to.
fn linked(folder_mode: u32) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("victim"), "precious").unwrap();
    let path = folder.path().join("heap.parquet");
    symlink("victim", &path).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(folder_mode)).unwrap();
    (folder, path)
}

#[track_caller]
fn refusal(path: &Path) -> io::Error {
    match save(&random_snapshot(1), path) {
        Err(SnapshotError::Write { source, .. }) => source,
        other => panic!("not an io error: {other:?}"),
    }
}

#[test]
fn nobody_else_may_read_a_snapshot() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    save(&random_snapshot(1), &path).unwrap();
    assert_eq!(mode(&path), 0o600);
    // Also if others could read what was there.
    for old in [0o666, 0o644, 0o400] {
        fs::set_permissions(&path, Permissions::from_mode(old)).unwrap();
        save(&random_snapshot(1), &path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }
}

#[test]
fn a_link_is_followed_in_a_folder_of_ones_own() {
    // In the folder of a group it is too, if it belongs to the owner of the folder.
    for folder_mode in [0o700, 0o755, 0o775] {
        let (folder, path) = linked(folder_mode);
        save(&random_snapshot(1), &path).unwrap();
        assert!(path.is_symlink());
        assert_same(
            &random_snapshot(1),
            &load(&folder.path().join("victim")).unwrap(),
        );
    }
}

#[test]
fn a_link_is_not_followed_where_somebody_else_may_have_put_it() {
    for folder_mode in [0o777, 0o1777, 0o757] {
        let (folder, path) = linked(folder_mode);
        let error = refusal(&path);
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        let message = error.to_string();
        assert!(
            message.contains("heap.parquet is a symbolic link in a folder"),
            "{message}"
        );
        let victim = fs::read_to_string(folder.path().join("victim")).unwrap();
        assert_eq!(victim, "precious");
        assert_eq!(names_in(folder.path()), ["heap.parquet", "victim"]);
    }
}

#[test]
fn a_link_of_another_user_is_not_followed_in_the_folder_of_a_group() {
    let (folder, path) = linked(0o775);
    if lchown(&path, Some(65_534), None).is_err() {
        // Only root can give a link away.
        return;
    }
    assert_eq!(refusal(&path).kind(), io::ErrorKind::PermissionDenied);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    save(&random_snapshot(1), &path).unwrap();
    // Nor in a folder of that user's own.
    chown(folder.path(), Some(65_534), None).unwrap();
    assert_eq!(refusal(&path).kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn nor_is_one_to_a_folder_on_the_way() {
    let (folder, own) = (tempdir().unwrap(), tempdir().unwrap());
    let link = folder.path().join("dumps");
    symlink(own.path(), &link).unwrap();
    save(&random_snapshot(1), &link.join("heap.parquet")).unwrap();
    assert_eq!(names_in(own.path()), ["heap.parquet"]);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    save(&random_snapshot(1), &link.join("heap.parquet")).unwrap();
    if lchown(&link, Some(65_534), None).is_err() {
        // Only root can give a link away.
        return;
    }
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    for path in [link.join("x.parquet"), other.join("../dumps/x.parquet")] {
        let error = refusal(&path);
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("dumps is a symbolic link"));
    }
    assert_eq!(names_in(own.path()), ["heap.parquet"]);
}

#[test]
fn a_path_that_ends_as_one_of_a_folder_is_none_of_a_file() {
    let folder = tempdir().unwrap();
    for end in ["new/", "new/.", "new/./"] {
        let error = refusal(&folder.path().join(end));
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_link_to_such_a_link_is_not_followed_either() {
    let (_shared, planted) = linked(0o1777);
    let own = tempdir().unwrap();
    let path = own.path().join("heap.parquet");
    symlink(&planted, &path).unwrap();
    assert_eq!(refusal(&path).kind(), io::ErrorKind::PermissionDenied);
    let picture = own.path().join("leak.dot");
    symlink(&planted, &picture).unwrap();
    let Err(render::RenderError::Io { source, .. }) = render::save(&leak(), &picture) else {
        panic!("not refused");
    };
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn a_file_in_the_folder_of_everybody_is_made_as_anywhere() {
    let folder = tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    let path = folder.path().join("heap.parquet");
    for _ in ["new", "replaced"] {
        save(&random_snapshot(1), &path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }
    assert_eq!(names_in(folder.path()), ["heap.parquet"]);
}

#[test]
fn what_is_no_file_is_refused_and_stays() {
    let folder = tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let link = folder.path().join("link");
    symlink("pipe", &link).unwrap();
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for (path, what) in [
        (pipe.as_path(), "a pipe"),
        (link.as_path(), "a pipe"),
        (socket.as_path(), "a socket"),
        (Path::new("/dev/null"), "a device"),
    ] {
        let error = refusal(path);
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(
            error.to_string().starts_with(&format!("it is {what}, ")),
            "{error}"
        );
    }
    assert_eq!(names_in(folder.path()), ["link", "pipe", "socket"]);
}

/// What the shell has opened is written to by others too: nothing may take its place.
#[cfg(target_os = "linux")]
#[test]
fn an_open_file_of_a_process_is_refused() {
    use std::os::fd::AsRawFd;

    let folder = tempdir().unwrap();
    let path = folder.path().join("out.svg");
    let open = File::create(&path).unwrap();
    for name in ["/dev/fd/", "/proc/self/fd/"] {
        let error = refusal(Path::new(&format!("{name}{}", open.as_raw_fd())));
        assert!(
            error.to_string().contains("an open file of a process"),
            "{error}"
        );
    }
    assert!(
        refusal(Path::new("/dev/stdout"))
            .to_string()
            .starts_with("it is ")
    );
    assert_eq!(open.metadata().unwrap().len(), 0);
    assert_eq!(names_in(folder.path()), ["out.svg"]);
}

#[test]
fn what_a_killed_process_has_left_is_removed_and_nothing_else() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // Nobody is writing these: the second has a name that a former version gave.
    for name in [".heapgraph-0123456789abcdef.tmp", ".heapgraph-4242-0.tmp"] {
        fs::write(path(name), "unfinished").unwrap();
    }
    let running = path(".heapgraph-fedcba9876543210.tmp");
    let written = File::create(&running).unwrap();
    written.lock().unwrap();
    fs::write(path("victim"), "precious").unwrap();
    symlink("victim", path(".heapgraph-link.tmp")).unwrap();
    fs::create_dir(path(".heapgraph-folder.tmp")).unwrap();
    let pipe = path(".heapgraph-pipe.tmp");
    make_pipe(&pipe);
    fs::write(path("heapgraph-1-1.parquet.tmp"), "another program's").unwrap();
    fs::write(path(".heapgraph-of-yesterday.parquet"), "a user's").unwrap();
    let mut kept = names_in(folder.path());
    kept.retain(|name| {
        !["0123456789abcdef", "4242"]
            .iter()
            .any(|gone| name.contains(gone))
    });

    save(&random_snapshot(1), &path("new.parquet")).unwrap();
    kept.push("new.parquet".into());
    kept.sort();
    assert_eq!(names_in(folder.path()), kept);
    assert_eq!(fs::read_to_string(path("victim")).unwrap(), "precious");

    // The one that was written has ended.
    drop(written);
    save(&random_snapshot(1), &path("new.parquet")).unwrap();
    assert!(!running.exists());
}

#[test]
fn what_another_user_has_left_stays() {
    let folder = tempdir().unwrap();
    let left = folder.path().join(".heapgraph-0123456789abcdef.tmp");
    fs::write(&left, "unfinished").unwrap();
    if chown(&left, Some(65_534), None).is_err() {
        // Only root can give a file away.
        return;
    }
    save(&random_snapshot(1), &folder.path().join("new.parquet")).unwrap();
    assert!(left.exists());
}

#[test]
fn saves_at_once_to_one_folder_do_not_remove_each_other() {
    let folder = tempdir().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let path = folder.path().join(format!("{thread}.parquet"));
            scope.spawn(move || {
                for seed in 0..40 {
                    save(&random_snapshot(seed), &path).unwrap();
                }
            });
        }
    });
    assert_eq!(names_in(folder.path()).len(), 8);
}
