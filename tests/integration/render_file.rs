//! Views to files: whole or not at all.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use heapgraph::render::{Format, RenderError, save, to_dot};
use tempfile::{TempDir, tempdir};

use super::views::leak;

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn in_folder(name: &str) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

#[track_caller]
fn io_error(result: Result<Format, RenderError>) -> io::Error {
    match result {
        Err(RenderError::Io { source, .. }) => source,
        other => panic!("not an io error: {other:?}"),
    }
}

#[test]
fn the_ending_chooses_the_format() {
    for (name, format) in [
        ("a.dot", Format::Dot),
        ("a.GV", Format::Dot),
        ("a.b.Dot", Format::Dot),
    ] {
        let (folder, path) = in_folder(name);
        assert_eq!(save(&leak(), &path).unwrap(), format);
        assert_eq!(fs::read_to_string(&path).unwrap(), to_dot(&leak()));
        assert_eq!(names_in(folder.path()), [name]);
    }
    assert_eq!(Format::of_path(Path::new("a.PNG")).unwrap(), Format::Png);
    assert_eq!(Format::of_path(Path::new("a.svg")).unwrap(), Format::Svg);
    assert_eq!(
        Format::of_path(Path::new("a.Pdf")).unwrap(),
        Format::Other("pdf".to_owned())
    );
}

#[cfg(feature = "svg")]
#[test]
fn pictures_need_no_program() {
    for (name, start) in [("a.SVG", "<?xml".as_bytes()), ("a.png", b"\x89PNG")] {
        let (_folder, path) = in_folder(name);
        save(&leak(), &path).unwrap();
        assert!(fs::read(&path).unwrap().starts_with(start));
    }
}

#[test]
fn a_name_without_ending_says_which_endings_there_are() {
    for name in ["picture", ".dot", "picture."] {
        let (folder, path) = in_folder(name);
        let error = save(&leak(), &path).unwrap_err();
        assert!(matches!(error, RenderError::NoEnding { .. }), "{error}");
        assert!(error.to_string().contains(".dot, .svg or .png"), "{error}");
        assert!(names_in(folder.path()).is_empty());
    }
    let error = save(&leak(), Path::new("a.p df")).unwrap_err();
    assert!(
        matches!(error, RenderError::UnknownEnding { .. }),
        "{error}"
    );
}

#[test]
fn an_existing_file_is_replaced() {
    let (folder, path) = in_folder("a.dot");
    fs::write(&path, "old").unwrap();
    save(&leak(), &path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), to_dot(&leak()));
    assert_eq!(names_in(folder.path()), ["a.dot"]);
}

#[test]
fn a_missing_folder_is_an_io_error_with_its_number() {
    let (folder, path) = in_folder("missing/a.dot");
    let result = save(&leak(), &path);
    let error = result.as_ref().unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    assert!(error.source().is_some());
    let source = io_error(result);
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
    assert!(source.raw_os_error().is_some());
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_folder_in_the_way_stays_and_no_temporary_file_is_left() {
    let (folder, path) = in_folder("a.dot");
    fs::create_dir(&path).unwrap();
    let source = io_error(save(&leak(), &path));
    assert!(source.raw_os_error().is_some());
    assert_eq!(names_in(folder.path()), ["a.dot"]);
    assert!(path.is_dir());
}

#[test]
fn an_existing_file_stays_when_drawing_fails() {
    // No Graphviz knows this format, so this fails with and without an installed one.
    let (folder, path) = in_folder("a.noformat");
    fs::write(&path, "old").unwrap();
    let error = save(&leak(), &path).unwrap_err();
    assert!(
        matches!(
            error,
            RenderError::DotMissing { .. } | RenderError::DotFailed { .. }
        ),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names_in(folder.path()), ["a.noformat"]);
}

#[cfg(unix)]
mod unix {
    use std::{
        env,
        os::unix::fs::{PermissionsExt, symlink},
        process::Command,
    };

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        let (folder, path) = in_folder("a.dot");
        let ordinary = folder.path().join("ordinary");
        fs::write(&ordinary, "").unwrap();
        save(&leak(), &path).unwrap();
        assert_eq!(mode(&path), mode(&ordinary));
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions() {
        let (_folder, path) = in_folder("a.dot");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        save(&leak(), &path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_link_is_followed() {
        let (folder, path) = in_folder("link.dot");
        let file = folder.path().join("file.dot");
        symlink("file.dot", &path).unwrap();
        for _ in ["to a file that does not exist yet", "to one that does"] {
            save(&leak(), &path).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), to_dot(&leak()));
            assert!(path.is_symlink());
        }
        assert_eq!(names_in(folder.path()), ["file.dot", "link.dot"]);
    }

    #[test]
    fn a_circle_of_links_is_an_io_error() {
        let (folder, path) = in_folder("a.dot");
        symlink("b.dot", &path).unwrap();
        symlink("a.dot", folder.path().join("b.dot")).unwrap();
        assert!(io_error(save(&leak(), &path)).raw_os_error().is_some());
    }

    /// The search path of a process is not ours to change, so this runs the test below in another.
    #[test]
    fn without_dot_the_error_says_what_to_install_and_what_works() {
        let empty = tempdir().unwrap();
        let status = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "render::file::unix::in_a_process_without_dot",
                "--ignored",
            ])
            .env("PATH", empty.path())
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&status.stdout);
        assert!(status.status.success(), "{output}");
        assert!(output.contains("1 passed"), "{output}");
    }

    #[test]
    #[ignore = "only means something with a search path that has no dot"]
    fn in_a_process_without_dot() {
        let (folder, path) = in_folder("a.pdf");
        let error = save(&leak(), &path).unwrap_err();
        assert!(matches!(error, RenderError::DotMissing { .. }), "{error}");
        let message = error.to_string();
        for part in ["pdf", "install Graphviz", ".dot"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(names_in(folder.path()).is_empty());
    }
}
