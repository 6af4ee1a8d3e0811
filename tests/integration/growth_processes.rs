//! Saved heaps of several processes: each is judged by itself.

use std::path::Path;

use heapgraph::cli::{self, Outcome};
use heapgraph::graph::EdgeLabel;
use heapgraph::snapshot;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::stream;
use crate::written_heap::WrittenHeap;

/// What one process has saved: its number, when its first heap was captured (if that is known), and the
/// lengths of `app.seen`, a minute apart.
struct Saves(u32, Option<u64>, &'static [usize]);

fn heap(length: usize) -> WrittenHeap {
    let mut heap = WrittenHeap::new();
    let list = heap.global("seen", "builtins.list", 50);
    for number in 0..length {
        heap.held(list, EdgeLabel::Index(number), "app.Item", 20);
    }
    heap
}

/// The files of some processes in one folder. Those of all are captured in turn.
fn folder(processes: &[Saves]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (process, Saves(pid, first, lengths)) in processes.iter().enumerate() {
        for (turn, &length) in lengths.iter().enumerate() {
            let mut heap = heap(length);
            let seconds = 1_000 + 60 * turn + process;
            heap.saved_by(*pid, *first, seconds as u64);
            let name = format!("heap-{process}-{turn}.parquet");
            snapshot::save(&heap.build(), &folder.path().join(name)).unwrap();
        }
    }
    folder
}

/// Exit code, answer and notes of `heapgraph growth`.
fn growth(folder: &Path, options: &[&str]) -> (u8, String, String) {
    let mut words = vec!["heapgraph", "growth", folder.to_str().unwrap()];
    words.extend(options);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = words.into_iter().map(Into::into);
    let Outcome::Exit(code) = cli::run(words, stream(&mut out), stream(&mut err)) else {
        panic!("it reads files");
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(out), text(err))
}

#[test]
fn two_leaking_workers_are_two_leaking_workers() {
    // In the order of capture 100, 7, 200, 14, 300, 21: over both nothing rises.
    let folder = folder(&[
        Saves(41, Some(1), &[100, 200, 300]),
        Saves(42, Some(1), &[7, 14, 21]),
    ]);
    let (code, text, notes) = growth(folder.path(), &["--fail-on-growth"]);
    let expected = "\
Leaking: 2 of 2 processes

app.seen  builtins.list
    process 41: +100 elements and +2,000 bytes in an iteration (100 > 200 > 300)
    process 42: +7 elements and +140 bytes in an iteration (7 > 14 > 21)

Process 41: Leaking: 1 place still growing after 2 iterations

app.seen  builtins.list
";
    assert!(text.starts_with(expected), "{text}");
    let last =
        "\nProcess 42: Leaking: 1 place still growing after 2 iterations, as in process 41\n";
    assert!(text.ends_with(last), "{text}");
    let said = "heapgraph: Leaking: 2 of 2 processes\n";
    assert_eq!((code, notes.as_str()), (1, said));
}

#[test]
fn the_one_worker_that_leaks_is_named() {
    let folder = folder(&[
        Saves(41, Some(1), &[5, 5, 5]),
        Saves(42, Some(1), &[7, 14, 21]),
        Saves(43, Some(1), &[9, 9, 9]),
    ]);
    let (code, text, _) = growth(folder.path(), &["--fail-on-growth"]);
    assert_eq!(code, 1);
    assert!(text.starts_with("Leaking: 1 of 3 processes\n"), "{text}");
    for line in [
        "\nProcess 41: Nothing grows, 2 iterations\n",
        "\nProcess 42: Leaking: 1 place still growing after 2 iterations\n",
        "\nProcess 43: Nothing grows, 2 iterations\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let (code, text, notes) = growth(folder.path(), &["--fail-on-growth", "--ignore", "app.seen"]);
    assert_eq!((code, notes.as_str()), (0, ""));
    assert!(text.starts_with("Nothing grows in 3 processes\n"), "{text}");
}

#[test]
fn processes_of_one_number_are_told_apart() {
    let folder = folder(&[
        Saves(1, Some(60), &[100, 200, 300]),
        Saves(1, Some(120), &[7, 14, 21]),
    ]);
    let (_, text, _) = growth(folder.path(), &[]);
    for words in [
        "    process 1 since 1970-01-01T00:01:00Z: +100 elements",
        "\nProcess 1 since 1970-01-01T00:02:00Z: Leaking: ",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn one_process_is_one_report() {
    // Of older files only the number of the process is known.
    for first in [Some(1), None] {
        let folder = folder(&[Saves(41, first, &[1, 2, 3])]);
        let (_, text, _) = growth(folder.path(), &[]);
        let start = "Leaking: 1 place still growing after 2 iterations\n";
        assert!(text.starts_with(start), "{text}");
    }
}

#[test]
fn one_snapshot_a_process_is_compared_over_processes() {
    let folder = folder(&[
        Saves(41, Some(1), &[1]),
        Saves(42, Some(2), &[2]),
        Saves(43, None, &[3]),
    ]);
    let (code, text, _) = growth(folder.path(), &["--fail-on-growth"]);
    assert_eq!(code, 1);
    assert!(text.contains("(1 > 2 > 3)"), "{text}");
}

#[test]
fn a_snapshot_that_can_be_compared_with_none_is_left_out_and_that_is_said() {
    // The restart in the middle would hide the leak.
    let folder = folder(&[Saves(41, Some(1), &[90]), Saves(42, Some(2), &[10, 20, 30])]);
    let (_, text, _) = growth(folder.path(), &[]);
    assert!(text.contains("(10 > 20 > 30)"), "{text}");
    let said = "  1 snapshot was left out, which is the only one of its process";
    assert!(text.contains(said), "{text}");
}

#[test]
fn json_has_a_report_for_each_process() {
    let folder = folder(&[
        Saves(41, Some(60), &[5, 5, 5]),
        Saves(42, None, &[7, 14, 21]),
        Saves(43, Some(1), &[1]),
    ]);
    let (_, text, _) = growth(folder.path(), &["--json"]);
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["schema"], "heapgraph/growth-processes@1");
    assert_eq!(answer["verdict"], "leaking");
    assert_eq!(answer["headline"], "Leaking: 1 of 2 processes");
    assert_eq!(answer["process_count"], 1);
    assert_eq!(answer["missing"].as_array().unwrap().len(), 1);
    let [quiet, leaking] = &answer["processes"].as_array().unwrap()[..] else {
        panic!("{text}");
    };
    assert_eq!(quiet["pid"], 41);
    assert_eq!(quiet["first_captured_at"], "1970-01-01T00:01:00Z");
    assert_eq!(quiet["growth"]["verdict"], "nothing");
    assert_eq!(leaking["first_captured_at"], Value::Null);
    assert_eq!(leaking["growth"]["schema"], "heapgraph/growth@1");
    assert_eq!(leaking["growth"]["growing"][0]["path"], "app.seen");
}
