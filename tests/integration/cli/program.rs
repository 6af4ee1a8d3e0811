//! The program that `cargo install` builds, and `heapgraph run`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use heapgraph::cli::{self, Outcome, Program};

use super::{Worker, stream};

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_heapgraph"))
}

#[test]
fn the_program_answers() {
    let worker = Worker::new();
    let done = binary()
        .args(["types", "friday.parquet"])
        .current_dir(worker.path())
        .output()
        .unwrap();
    assert!(done.status.success());
    assert_eq!(
        done.stdout,
        worker.answer("types friday.parquet").into_bytes()
    );
    let done = binary()
        .args(["types", "none.parquet"])
        .current_dir(worker.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(done.stdout.is_empty());
}

#[test]
fn the_program_ends_well_when_its_reader_has_gone() {
    let worker = Worker::new();
    let mut command = binary();
    command
        .args(["completions", "zsh"])
        .current_dir(worker.path());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), done.stderr), (Some(0), Vec::new()));
}

#[test]
fn run_is_handed_to_a_python_that_has_the_package() {
    let worker = Worker::new();
    let run = |path: &str| {
        let mut command = binary();
        command.args(["--json", "run", "-o", "x.parquet", "app.py", "--port", "8"]);
        command.env("PATH", path).output().unwrap()
    };
    let done = run("");
    assert_eq!(done.status.code(), Some(2));
    let message = String::from_utf8(done.stderr).unwrap();
    assert!(
        message.contains("no Python on PATH has heapgraph"),
        "{message}"
    );
    assert!(message.contains("pip install heapgraph"), "{message}");

    let python = worker.path().join("python3");
    fs::write(
        &python,
        "#!/bin/sh\n[ \"$1\" = -c ] && exit\necho \"$@\"\nexit 7\n",
    )
    .unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let done = run(worker.path().to_str().unwrap());
    let said = String::from_utf8(done.stdout).unwrap();
    assert_eq!(
        said,
        "-m heapgraph --json run -o x.parquet app.py --port 8\n"
    );
    assert_eq!(done.status.code(), Some(7));
}

/// What is to be run.
fn program(line: &str) -> Program {
    let words = std::iter::once("heapgraph").chain(line.split_whitespace());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    match cli::run(
        words.map(OsString::from),
        stream(&mut out),
        stream(&mut err),
    ) {
        Outcome::Run(program) => program,
        Outcome::Exit(code) => panic!("{line}: {code} {}", String::from_utf8_lossy(&err)),
    }
}

#[test]
fn what_follows_the_program_is_its_own() {
    let expected = Program {
        is_module: false,
        words: ["app.py", "-m", "--json", "-o", "x", "--help"]
            .map(OsString::from)
            .into(),
        output: "heapgraph-{pid}-{n}.parquet".into(),
        signals: Vec::new(),
        every: None,
        names: true,
        keys: true,
        values: false,
        is_json: false,
    };
    assert_eq!(program("run app.py -m --json -o x --help"), expected);
    let expected = Program {
        is_module: true,
        words: ["app", "-v", "a.py"].map(OsString::from).into(),
        output: "heap.parquet".into(),
        signals: vec!["USR2".into(), "HUP".into()],
        every: Some(Duration::from_secs(90)),
        names: false,
        keys: true,
        values: true,
        is_json: true,
    };
    let line = "run --signal USR2 --signal HUP --every 1.5m --no-names --values --json \
                -o heap.parquet -m app -v a.py";
    assert_eq!(program(line), expected);
    assert!(!program("run --no-keys app.py").keys);
}

#[test]
fn times_have_units() {
    let every = |time: &str| {
        program(&format!("run --every {time} app.py"))
            .every
            .unwrap()
    };
    assert_eq!(every("250ms"), Duration::from_millis(250));
    assert_eq!(every("30"), Duration::from_secs(30));
    assert_eq!(every("30s"), Duration::from_secs(30));
    assert_eq!(every("2h"), Duration::from_secs(7200));
    let worker = Worker::new();
    for time in ["0s", "-1s", "1d", "s", "nan", "inf", "1e300h", ""] {
        let said = worker.say(&format!("run --every={time} app.py"));
        assert_eq!(said.code, 2, "{time}");
        assert!(said.err.contains("--every <TIME>"), "{time}: {}", said.err);
    }
}
