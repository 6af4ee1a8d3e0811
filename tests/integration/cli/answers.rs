//! What the documentation does not show: orders, limits, samples, colours, pictures, files.

use super::{Said, Worker};

#[test]
fn types_come_in_the_order_asked_for_and_ties_by_name() {
    let worker = Worker::new();
    let names = |sort: &str| {
        let table = worker.answer(&format!("types friday.parquet --sort {sort} --limit 0"));
        let rows = table.lines().skip(1);
        let names = rows.map(|row| row.split_whitespace().last().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names("bytes"),
        "builtins.type builtins.dict app.Session builtins.str builtins.frame builtins.list \
         builtins.module db.Session app.User app.Token total"
    );
    assert_eq!(
        names("count"),
        "app.Session builtins.str builtins.dict builtins.type builtins.frame builtins.list \
         builtins.module db.Session app.User app.Token total"
    );
    assert_eq!(
        names("name"),
        "app.Session app.Token app.User builtins.dict builtins.frame builtins.list \
         builtins.module builtins.str builtins.type db.Session total"
    );
}

#[test]
fn snapshots_and_those_of_a_folder_are_taken_in_the_order_of_capture() {
    let worker = Worker::new();
    // By their names, friday would come first.
    let folder = worker.path().display().to_string();
    let in_order = worker.answer("growth monday.parquet friday.parquet");
    assert_eq!(worker.answer(&format!("growth {folder}")), in_order);
    let backwards = worker.answer("growth friday.parquet monday.parquet");
    assert_eq!(backwards, in_order);
    assert!(in_order.contains("(2 > 5)"), "{in_order}");
}

#[test]
fn a_diff_is_sorted_by_growth_and_the_other_way_round_everything_shrinks() {
    let worker = Worker::new();
    let expected = "\
count  change  bytes  change    type
    1       0  1,064       0    total
";
    let same = worker.answer("diff friday.parquet friday.parquet --type builtins.type");
    assert_eq!(same, expected);
    let expected = "\
count  change  bytes  change           type
    1      +1     48     +48  added    app.Job
    0      -1      0     -40  removed  app.Token
    2      -3    112    -168  shrunk   app.Session
    4      -3    208    -160           total

The base was captured after the other snapshot, by their clocks: what shrank here may have grown.
";
    let back = worker.answer("diff friday.parquet monday.parquet --type app.* --sort bytes");
    assert_eq!(back, expected);
}

#[test]
fn rows_that_are_not_shown_are_in_one() {
    let worker = Worker::new();
    let expected = "\
count  change  bytes  change         type
    5      +3    280    +168  grown  app.Session
    8      +3    678    +233         (6 more types)
   17      +6  2,262    +401         total
";
    let diff = worker.answer("diff monday.parquet friday.parquet --limit 1");
    assert_eq!(diff, expected);
}

#[test]
fn samples_are_spread_over_all_objects() {
    let worker = Worker::new();
    let paths = |samples: &str| {
        let text = worker.answer(&format!(
            "chain friday.parquet app.Session --samples {samples}"
        ));
        let paths = text
            .lines()
            .filter(|line| line.starts_with("app.sessions["));
        paths.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(paths("2"), "app.sessions[1] app.sessions[3]");
    let all = "app.sessions[0] app.sessions[1] app.sessions[2] app.sessions[3] app.sessions[4]";
    assert_eq!(paths("5"), all);
    assert_eq!(paths("100"), all);
}

#[test]
fn a_root_is_named_where_a_chain_starts() {
    let worker = Worker::new();
    let expected = "\
db.Session at 0x7f0000001300, 56 bytes, reference count 2

<Session>

  Session, held from outside, 2 references

Compiled code holds the Session, or a call that is under way: 2 references that were taken and not given back, or kept where no traverse shows it.
  nothing near it is compiled: which extension modules are loaded is not known
Next: heapgraph.find_growth of what the program does tells whether more come.
";
    assert_eq!(worker.answer("chain friday.parquet db.Session"), expected);
    let frame = worker.answer("chain friday.parquet frame");
    assert!(frame.contains("<frame main>\n\n  frame main in app.py:12, thread MainThread\n"));
}

#[test]
fn an_object_met_again_is_not_expanded_again() {
    let worker = Worker::new();
    let expected = "\
app.User at 0x7f0000001180, 48 bytes, reference count 1
├─ .user of Session at 0x7f00000011c0
│  └─ [0] of list 5 items at 0x7f00000010c0
│     └─ ['sessions'] of dict 2 items at 0x7f0000001040
├─ .user of Session at 0x7f0000001200
│  └─ [1] of list 5 items at 0x7f00000010c0, shown elsewhere
└─ (3 more referrers)
";
    let tree = worker.answer("backrefs friday.parquet 0x7f0000001180 --too-many 2");
    assert_eq!(tree, expected);
    let expected = "\
app.Token at 0x7f0000001340, 40 bytes, reference count 1
└─ .__dict__: dict 1 item at 0x7f0000001380
   └─ ['self']: Token at 0x7f0000001340, shown elsewhere
";
    assert_eq!(worker.answer("refs friday.parquet Token"), expected);
}

#[test]
fn an_address_is_hexadecimal_or_a_number() {
    let worker = Worker::new();
    let by_address = worker.answer("chain friday.parquet 0x7F0000001340");
    assert_eq!(worker.answer("chain friday.parquet Token"), by_address);
    let id = 0x7f00_0000_1340_u64;
    assert_eq!(
        worker.answer(&format!("chain friday.parquet {id}")),
        by_address
    );
}

#[test]
fn pictures_are_written_where_they_are_asked_for() {
    let worker = Worker::new();
    for command in ["cycles", "garbage"] {
        worker.answer(&format!("{command} friday.parquet -o {command}.dot"));
        let dot = worker.read(&format!("{command}.dot"));
        assert!(dot.contains("Token") && dot.contains("'self'"), "{dot}");
        assert!(dot.contains("reference chain"), "{dot}");
        worker.answer(&format!("{command} monday.parquet -o {command}.dot"));
    }
    for command in ["chain", "refs", "backrefs"] {
        worker.answer(&format!(
            "{command} friday.parquet app.User -o {command}.dot"
        ));
        let dot = worker.read(&format!("{command}.dot"));
        assert!(dot.starts_with("digraph") && dot.contains("User"), "{dot}");
    }
    let chain = worker.read("chain.dot");
    assert!(
        chain.contains("sessions") && chain.contains("[0]"),
        "{chain}"
    );
    assert_eq!(
        worker.answer("refs friday.parquet app.User -o refs.dot"),
        ""
    );
    if cfg!(feature = "svg") {
        worker.answer("backrefs friday.parquet app.User -o picture.svg");
        assert!(worker.read("picture.svg").contains("<svg"));
    }
}

#[test]
fn an_export_goes_to_a_file_or_to_the_output() {
    let worker = Worker::new();
    let whole = worker.answer("export friday.parquet");
    assert_eq!(worker.answer("export friday.parquet -o x.json"), "");
    assert_eq!(worker.read("x.json"), whole);
}

#[test]
fn colours_are_there_when_asked_for_and_change_nothing_else() {
    let worker = Worker::new();
    for command in [
        "summary friday.parquet",
        "types friday.parquet --limit 2",
        "diff monday.parquet friday.parquet",
        "find friday.parquet Session",
        "chain friday.parquet app.User",
        "backrefs friday.parquet app.User --too-many 1",
        "retained friday.parquet app.Session",
        "retained friday.parquet app.User",
        "owners friday.parquet",
        "owners friday.parquet --by-type",
        "cycles friday.parquet",
        "garbage friday.parquet",
    ] {
        let plain = worker.answer(command);
        assert!(!plain.contains('\x1b'), "{command}");
        assert_eq!(worker.answer(&format!("{command} --color never")), plain);
        let coloured = worker.answer(&format!("{command} --color always"));
        assert!(coloured.contains("\x1b[1m"), "{command}");
        let codes = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"];
        let without = codes
            .iter()
            .fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(without, plain);
    }
    let Said { out, .. } = worker.say("types --help --color=always");
    assert!(out.contains('\x1b'));
}

#[test]
fn what_was_found_is_said_and_is_the_exit_code() {
    let worker = Worker::new();
    let found = |command: &str| {
        let Said { code, err, .. } = worker.say(command);
        (code, err)
    };
    let types = |condition: &str| found(&format!("types friday.parquet --fail-on {condition}"));
    for condition in [
        "count(app.Session)<5",
        "count(Session)==5",
        "count>17",
        "bytes>=2_263",
        "bytes(app.*)>1KiB",
        "count(Nothing)!=0",
    ] {
        assert_eq!(types(condition), (0, String::new()), "{condition}");
    }
    let line = |condition, value| {
        (
            1,
            format!("heapgraph: {condition} is true: it is {value}\n"),
        )
    };
    for (condition, value) in [
        ("count(app.Session)<=5", 5),
        ("count(Session)==6", 6),
        ("count>=17", 17),
        ("bytes>2KiB", 2262),
        ("bytes(app.*)<1GiB", 368),
        ("count(Nothing)!=1", 0),
    ] {
        assert_eq!(types(condition), line(condition, value));
    }
    let diff = |condition: &str| {
        found(&format!(
            "diff monday.parquet friday.parquet --fail-on {condition}"
        ))
    };
    assert_eq!(diff("growth(app.Job)"), (0, String::new()));
    assert_eq!(
        diff("growth(builtins.str)"),
        (0, String::new()),
        "as many as before"
    );
    assert_eq!(
        diff("count(app.Session)==3"),
        line("count(app.Session)==3", 3)
    );
    assert_eq!(diff("count(app.Job)<0"), line("count(app.Job)<0", -1));
    let growth =
        "heapgraph: growth is true: 5 types have more objects, app.Session the most (+3)\n";
    assert_eq!(diff("growth"), (1, growth.into()));
    let (code, err) = diff("growth --fail-on count>0");
    assert_eq!((code, err.lines().count()), (1, 2), "{err}");
}

#[test]
fn the_garbage_and_the_cycles_of_a_released_file() {
    // The file of `snapshot_file/released.rs`: a class, whose `__mro__` has the class in it.
    let worker = Worker::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("fixtures/snapshots/v1.parquet");
    std::fs::copy(file, worker.path().join("v1.parquet")).unwrap();
    let garbage = "garbage         none; it was collected before the snapshot was taken \
                   (collect=False leaves it)\n\
                   not seen        The stack of a thread that was not running.\n";
    assert_eq!(worker.answer("garbage v1.parquet"), garbage);
    let cycles = "no cycles, other than through modules and classes\n\n\
                  through modules and classes, as in every program: 1 component with 2 objects, \
                  1,128 bytes, 0 modules and 1 class among them\n";
    assert_eq!(worker.answer("cycles v1.parquet"), cycles);
}

#[test]
fn conditions_about_garbage_and_cycles() {
    let worker = Worker::new();
    for command in ["garbage", "cycles"] {
        let Said { code, err, .. } = worker.say(&format!(
            "{command} friday.parquet --fail-on count(Token)>0"
        ));
        let line = "heapgraph: count(Token)>0 is true: it is 1\n";
        assert_eq!((code, err.as_str()), (1, line));
        worker.answer(&format!("{command} friday.parquet --fail-on count>2"));
        worker.answer(&format!("{command} monday.parquet --fail-on count>0"));
    }
    let none = worker.answer("cycles friday.parquet --type app.User");
    assert_eq!(none, "no cycles, other than through modules and classes\n");
    let Said { code, err, .. } = worker.say("cycles friday.parquet --type Tokens");
    assert_eq!(code, 0);
    assert!(err.contains("did you mean app.Token?"), "{err}");
    let monday = worker.answer("garbage monday.parquet");
    let hint = "garbage         none; it was collected before the snapshot was taken \
                (collect=False leaves it)\nnot seen        references held by compiled code\n";
    assert_eq!(monday, hint);
}

#[test]
fn completions_know_the_commands() {
    let worker = Worker::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = worker.answer(&format!("completions {shell}"));
        for word in ["backrefs", "too-many", "completions", "fail-on"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn every_command_has_an_example_in_its_help() {
    let worker = Worker::new();
    let help = worker.answer("--help");
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names: Vec<&str> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names.len(), 18, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let help = worker.answer(&format!("{name} --help"));
        assert!(
            help.contains(&format!("Example:\n  heapgraph {name} ")),
            "{help}"
        );
    }
}

#[test]
fn texts_from_a_heap_can_not_steer_the_terminal() {
    use heapgraph::analysis::Histogram;
    use heapgraph::render::text::{Style, types_text};

    let graph = crate::sketch::Sketch::new("a")
        .typed("a", "app.\u{1b}[2J\nx")
        .build()
        .graph;
    let expected = "count  bytes  type\n    1      0  app.\\x1b[2J\\nx\n    1      0  total\n";
    assert_eq!(
        types_text(&Histogram::new(&graph), 9, Style::Plain),
        expected
    );
}
