//! What goes wrong: each error says what, where, and what to do.

use std::fs;

use super::{ClosedPipe, Said, Worker};

/// The one line that an error says.
#[track_caller]
fn assert_error(worker: &Worker, command: &str, expected: &str) {
    let Said { code, out, err } = worker.say(command);
    assert_eq!((code, out.as_str()), (2, ""), "{command}: {err}");
    let first = err.lines().next().unwrap();
    assert_eq!(first, expected, "{command}");
}

#[test]
fn a_type_that_is_not_there_brings_those_of_close_names() {
    let worker = Worker::new();
    for (wanted, close) in [
        ("Sesion", "; did you mean app.Session or db.Session?"),
        ("session", "; did you mean app.Session or db.Session?"),
        ("app.Usr", "; did you mean app.User?"),
        ("tok", "; did you mean app.Token?"),
        ("Zebra", "; `heapgraph types` lists the types there are"),
    ] {
        for command in [
            "find",
            "chain",
            "refs",
            "backrefs",
            "retained",
            "export --around",
        ] {
            let line = match command {
                "export --around" => format!("export friday.parquet --around {wanted}"),
                _ => format!("{command} friday.parquet {wanted}"),
            };
            let expected =
                format!("heapgraph: no object of a type {wanted} in friday.parquet{close}");
            assert_error(&worker, &line, &expected);
        }
    }
}

#[test]
fn a_filter_that_matches_nothing_is_no_error() {
    let said = Worker::new().say("types friday.parquet --type Sesion");
    assert_eq!(said.code, 0);
    assert_eq!(said.out, "count  bytes  type\n    0      0  total\n");
    assert!(
        said.err
            .ends_with("did you mean app.Session or db.Session?\n")
    );
}

#[test]
fn a_type_that_is_not_there_is_noted_where_types_are_listed() {
    let said = Worker::new().say("owners friday.parquet --by-type --type Sesion");
    assert_eq!(said.code, 0);
    let note = "heapgraph: no object of a type Sesion in friday.parquet; did you mean app.Session or \
                db.Session?\n";
    assert_eq!(said.err, note);
}

#[test]
fn a_name_of_several_types_is_ambiguous_and_a_full_name_is_not() {
    let worker = Worker::new();
    let means =
        "means 2 types in friday.parquet: app.Session, db.Session; give the full name of one";
    for wanted in ["Session", "*.Session"] {
        let expected = format!("heapgraph: {wanted} {means}");
        assert_error(
            &worker,
            &format!("chain friday.parquet {wanted}"),
            &expected,
        );
    }
    assert_error(
        &worker,
        "refs friday.parquet *",
        "heapgraph: * means 10 types in friday.parquet: app.Session, app.Token, app.User, \
         builtins.dict, builtins.frame and 5 more; give the full name of one",
    );
    worker.answer("chain friday.parquet db.Session");
}

#[test]
fn an_address_that_is_not_there_is_named() {
    let worker = Worker::new();
    for (command, address) in [("chain", "0x10"), ("chain", "16"), ("retained", "0x10")] {
        assert_error(
            &worker,
            &format!("{command} friday.parquet {address}"),
            "heapgraph: no object at 0x10 in friday.parquet: it is not in this snapshot; \
             `heapgraph find` lists the addresses of a type's objects",
        );
    }
    for word in ["0x", "0xzz", "0x10000000000000000", "12x"] {
        assert_error(
            &worker,
            &format!("refs friday.parquet {word}"),
            &format!(
                "error: invalid value '{word}' for '<TARGET>': it is no address: write 0x and up \
                 to 16 hexadecimal digits, or a number as id() gives it"
            ),
        );
    }
}

#[test]
fn a_condition_that_can_not_be_read_is_explained() {
    let worker = Worker::new();
    for (condition, why) in [
        (
            "growth",
            "growth is between two snapshots: ask `heapgraph diff`",
        ),
        (
            "size>3",
            "write growth, count(TYPE)>NUMBER or bytes(TYPE)>NUMBER",
        ),
        ("count(a>3", "a closing `)` is missing"),
        (
            "count(a)",
            "after it comes one of > >= < <= == != and a number",
        ),
        (
            "count>many",
            "`many` is no number such as 1000, 1_000 or 10MiB",
        ),
        (
            "count>10MB",
            "`10MB` is no number such as 1000, 1_000 or 10MiB",
        ),
    ] {
        assert_error(
            &worker,
            &format!("types friday.parquet --fail-on {condition}"),
            &format!("error: invalid value '{condition}' for '--fail-on <CONDITION>': {why}"),
        );
    }
}

#[test]
fn a_file_that_is_no_snapshot_is_an_error() {
    let worker = Worker::new();
    let path = worker.path().join("other.parquet");
    fs::write(path, "a text").unwrap();
    for command in [
        "summary other.parquet",
        "types none.parquet",
        "diff other.parquet friday.parquet",
        "diff friday.parquet none.parquet",
        "find other.parquet Session",
        "chain none.parquet Session",
        "refs other.parquet Session",
        "retained none.parquet Session",
        "owners other.parquet",
        "export other.parquet",
    ] {
        let Said { code, out, err } = worker.say(command);
        assert_eq!((code, out.as_str()), (2, ""), "{command}");
        let name = if command.contains("other") {
            "other"
        } else {
            "none"
        };
        let start = format!("heapgraph: cannot load {name}.parquet: ");
        assert!(err.starts_with(&start), "{command}: {err}");
    }
}

#[test]
fn a_picture_that_can_not_be_written_is_an_error() {
    let worker = Worker::new();
    let Said { code, err, .. } = worker.say("refs friday.parquet Token -o no/such/folder.svg");
    assert_eq!(code, 2);
    assert!(
        err.starts_with("heapgraph: cannot write no/such/folder.svg: "),
        "{err}"
    );
    let Said { code, err, .. } = worker.say("refs friday.parquet Token -o picture");
    assert_eq!(code, 2);
    assert!(err.contains("end it in .dot, .svg or .png"), "{err}");
}

#[test]
fn words_that_are_no_command_are_explained_on_the_error_output() {
    let worker = Worker::new();
    for command in [
        "",
        "sumary friday.parquet",
        "types",
        "types friday.parquet --sort size",
        "run",
    ] {
        let Said { code, out, err } = worker.say(command);
        assert_eq!((code, out.as_str()), (2, ""), "{command}");
        assert!(
            err.contains("Usage:") || err.contains("--help"),
            "{command}: {err}"
        );
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let worker = Worker::new();
    for command in [
        "summary friday.parquet",
        "types friday.parquet",
        "diff monday.parquet friday.parquet",
        "find friday.parquet Session",
        "chain friday.parquet app.User",
        "refs friday.parquet app.User --json",
        "retained friday.parquet app.Session",
        "owners friday.parquet",
        "export friday.parquet",
        "completions bash",
        "--help",
    ] {
        let mut err = Vec::new();
        let code = worker.write(command, &mut ClosedPipe, &mut err);
        assert_eq!((code, err), (0, Vec::new()), "{command}");
    }
    // What was found is the exit code all the same.
    let command = "types friday.parquet --fail-on count>0";
    assert_eq!(worker.write(command, &mut ClosedPipe, &mut ClosedPipe), 1);
    assert_eq!(
        worker.write("types none.parquet", &mut ClosedPipe, &mut ClosedPipe),
        2
    );
}

#[test]
fn one_snapshot_never_tells_what_grows() {
    let worker = Worker::new();
    let expected =
        "heapgraph: 1 snapshot can not tell what grows: give two at least, or a folder with them";
    assert_error(&worker, "growth friday.parquet", expected);
    let empty = worker.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let expected =
        "heapgraph: 0 snapshots can not tell what grows: give two at least, or a folder with them";
    assert_error(&worker, &format!("growth {}", empty.display()), expected);
    let said = worker.say("growth friday.parquet nowhere");
    assert_eq!(said.code, 2);
    assert!(
        said.err.starts_with("heapgraph: cannot load nowhere: "),
        "{}",
        said.err
    );
}
