//! The command, on a heap drawn by hand.

mod worker;

use std::ffi::OsString;
use std::path::Path;

use heapgraph::cli::{self, Outcome, Stream};

fn open(path: &Path) -> Option<heapgraph::snapshot::HeapSnapshot> {
    match path.file_name()?.to_str()? {
        "monday.parquet" => Some(worker::monday()),
        "friday.parquet" => Some(worker::friday()),
        _ => None,
    }
}

pub(crate) fn run(line: &str) -> (u8, String, String) {
    cli::OPEN.with(|o| *o.borrow_mut() = Some(open));
    let args = std::iter::once("heapgraph").chain(line.split_whitespace());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(
        args.map(OsString::from),
        Stream {
            writer: &mut out,
            is_terminal: false,
        },
        Stream {
            writer: &mut err,
            is_terminal: false,
        },
    );
    let Outcome::Exit(code) = code else { panic!() };
    (
        code,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

#[test]
fn look() {
    for line in [
        "",
        "--version",
        "types --help",
        "run --help",
        "summary friday.parquet",
        "types friday.parquet",
        "types friday.parquet --sort count -n 2",
        "types friday.parquet --type app.*",
        "types friday.parquet --type Sesion",
        "types friday.parquet --fail-on count(Session)>3 --limit 1",
        "diff monday.parquet friday.parquet",
        "diff monday.parquet friday.parquet --fail-on growth(app.*) --type app.*",
        "find friday.parquet Session",
        "find friday.parquet Sess",
        "find friday.parquet d?ct",
        "chain friday.parquet Session",
        "chain friday.parquet app.Session --samples 2",
        "chain friday.parquet db.Session",
        "chain friday.parquet Token",
        "chain friday.parquet 0x1",
        "chain friday.parquet 0xzz",
        "chain friday.parquet 0x7f0000001340",
        "refs friday.parquet module",
        "backrefs friday.parquet app.Session",
        "backrefs friday.parquet app.User --too-many 2",
        "summary friday.parquet --json",
        "types friday.parquet --json -n 1",
        "diff monday.parquet friday.parquet --json -n 1",
        "find friday.parquet app.Session --json -n 1",
        "chain friday.parquet app.Session --json",
        "backrefs friday.parquet app.Session --json --max-depth 1",
        "export friday.parquet --around app.User --max-depth 1",
        "completions zz",
        "types friday.parquet --fail-on growth",
        "types nope.parquet",
        "types friday.parquet --fail-on count(a>3",
        "run",
        "types friday.parquet --color always -n 1 --fail-on count>1",
    ] {
        let (code, out, err) = run(line);
        println!("$ heapgraph {line}\n{out}[{code}] {err}-----");
    }
}
