//! Answers in JSON. A field that is renamed, removed or turned into something else fails here: it
//! needs a new version of the schema.

mod heap;
mod holders;

use serde_json::{Value, json};

use super::Worker;

fn answer(worker: &Worker, command: &str) -> Value {
    serde_json::from_str(&worker.answer(&format!("{command} --json"))).unwrap()
}

fn session(number: u64) -> Value {
    json!({
        "address": format!("{:#x}", super::worker::address(7 + usize::try_from(number).unwrap())),
        "type": "app.Session", "bytes": 56, "reference_count": 1, "name": null, "value": null,
    })
}

#[test]
fn completions_1() {
    let completions = answer(&Worker::new(), "completions fish");
    assert_eq!(completions["schema"], "heapgraph/completions@1");
    assert_eq!(completions["shell"], "fish");
    assert!(
        completions["script"]
            .as_str()
            .unwrap()
            .contains("complete -c heapgraph")
    );
}
