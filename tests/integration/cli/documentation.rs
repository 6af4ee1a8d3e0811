//! The examples of the documentation say what the command says, word for word.

use std::fs;
use std::path::Path;

use super::Worker;

/// The commands in `console` blocks, each with the lines below it.
fn examples(document: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut is_console = false;
    for line in document.lines() {
        match (is_console, line) {
            (false, "```console") => is_console = true,
            (false, _) => {}
            (true, "```") => is_console = false,
            (true, line) => match line.strip_prefix("$ heapgraph ") {
                Some(command) => examples.push((command.into(), String::new())),
                None => examples.last_mut().unwrap().1.extend([line, "\n"]),
            },
        }
    }
    examples
}

#[test]
fn the_examples_in_the_documentation_are_what_the_command_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/cli.md")).unwrap();
    let examples = examples(&document);
    assert!(examples.len() >= 15, "only {} examples", examples.len());
    let worker = Worker::new();
    for (command, expected) in examples {
        // Running programs is tested with Python.
        if !command.starts_with("run ") {
            let said = worker.say(&command);
            assert_eq!(said.out + &said.err, expected, "heapgraph {command}");
        }
    }
}

#[test]
fn every_schema_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/cli.md")).unwrap();
    let worker = Worker::new();
    for command in [
        "summary friday.parquet",
        "types friday.parquet",
        "diff monday.parquet friday.parquet",
        "growth monday.parquet friday.parquet",
        "find friday.parquet Session",
        "chain friday.parquet app.User",
        "why friday.parquet app.User",
        "refs friday.parquet app.User",
        "backrefs friday.parquet app.User",
        "retained friday.parquet app.User",
        "owners friday.parquet",
        "owners friday.parquet --by-type",
        "suspects friday.parquet",
        "cycles friday.parquet",
        "garbage friday.parquet",
        "export friday.parquet",
        "completions bash",
    ] {
        let answer = worker.answer(&format!("{command} --json"));
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let schema = answer["schema"].as_str().unwrap();
        let row = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{schema}` |")));
        let row = row.unwrap_or_else(|| panic!("no row for {schema}"));
        for field in answer
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "schema")
        {
            assert!(row.contains(&format!("`{field}`")), "{schema}: {field}");
        }
    }
}
