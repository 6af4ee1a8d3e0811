//! What is in a heap, in JSON.

use serde_json::{Value, json};

use super::{answer, session};
use crate::cli::Worker;

#[test]
fn summary_1() {
    let mut summary = answer(&Worker::new(), "summary friday.parquet");
    let top = summary
        .as_object_mut()
        .unwrap()
        .remove("top_types")
        .unwrap();
    assert_eq!(
        top[2],
        json!({"type": "app.Session", "count": 5, "bytes": 280})
    );
    assert_eq!(top.as_array().unwrap().len(), 10);
    let expected = json!({
        "schema": "heapgraph/summary@1",
        "program": "python app.py",
        "pid": 4242,
        "captured_at": "2026-02-06T12:00:00Z",
        "capture_seconds": 0.3,
        "collected": true,
        "python": "3.11.7",
        "platform": "linux-x86_64",
        "heapgraph": "0.2.0",
        "names": true,
        "keys": true,
        "values": false,
        "not_seen": ["references held by compiled code"],
        "objects": 17,
        "references": 25,
        "types": 10,
        "bytes": 2262,
        "roots": {
            "module": 1, "frame": 1, "suspended": 0, "context": 0, "atexit": 0,
            "interpreter": 0, "external": 1,
        },
        "opaque_types": [{"type": "app.Session", "count": 5, "bytes": 280}],
    });
    assert_eq!(summary, expected);
}

#[test]
fn types_1() {
    let worker = Worker::new();
    let expected = json!({
        "schema": "heapgraph/types@1",
        "types": [
            {"type": "app.Session", "count": 5, "bytes": 280},
            {"type": "app.Token", "count": 1, "bytes": 40},
        ],
        "total": {"types": 3, "count": 7, "bytes": 368},
    });
    let types = answer(
        &worker,
        "types friday.parquet --type app.* --sort name -n 2",
    );
    assert_eq!(types, expected);
    let all = answer(&worker, "types friday.parquet");
    assert_eq!(all["types"].as_array().unwrap().len(), 10);
}

#[test]
fn diff_1() {
    let worker = Worker::new();
    let expected = json!({
        "schema": "heapgraph/diff@1",
        "types": [{
            "type": "app.Session", "change": "grown",
            "base_count": 2, "count": 5, "count_change": 3,
            "base_bytes": 112, "bytes": 280, "bytes_change": 168,
        }],
        "total": {
            "base_count": 11, "count": 17, "count_change": 6,
            "base_bytes": 1861, "bytes": 2262, "bytes_change": 401,
        },
        "reference_leaks": [],
        "order": "forward",
    });
    let diff = answer(&worker, "diff monday.parquet friday.parquet -n 1");
    assert_eq!(diff, expected);
    let all = answer(&worker, "diff monday.parquet friday.parquet");
    let kinds = all["types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["change"].as_str().unwrap());
    let kinds: Vec<&str> = kinds.collect();
    assert_eq!(
        kinds,
        [
            "grown", "added", "grown", "added", "added", "grown", "removed"
        ]
    );
}

#[test]
fn find_1() {
    let worker = Worker::new();
    let expected = json!({
        "schema": "heapgraph/find@1",
        "type": "app.Session",
        "count": 5,
        "bytes": 280,
        "objects": [session(0), session(1)],
    });
    assert_eq!(
        answer(&worker, "find friday.parquet app.Session -n 2"),
        expected
    );
    let strings = answer(&worker, "find friday.parquet str -n 1");
    assert_eq!(
        strings["objects"][0]["reference_count"],
        Value::Null,
        "immortal"
    );
}

#[test]
fn export_1() {
    let worker = Worker::new();
    let whole = answer(&worker, "export friday.parquet");
    let keys: Vec<&String> = whole.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["nodes", "schema", "snapshot"],
        "sorted by the reader"
    );
    assert_eq!(whole["schema"], "heapgraph/export@1");
    assert_eq!(whole["snapshot"]["program"], "python app.py");
    let nodes = whole["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 17);
    let module = json!({
        "id": 0, "address": "0x7f0000001000", "type": "builtins.module", "bytes": 72,
        "reference_count": 3, "name": "app", "value": null,
        "root": {"kind": "module", "name": "app"},
        "referents": [{"id": 1, "name": ".__dict__"}],
    });
    assert_eq!(nodes[0], module);
    let references = nodes
        .iter()
        .map(|node| node["referents"].as_array().unwrap().len());
    assert_eq!(references.sum::<usize>(), 25);
    for (position, node) in nodes.iter().enumerate() {
        assert_eq!(node["id"], position);
    }
}

#[test]
fn an_exported_part_has_the_rows_of_the_whole_without_what_leads_out() {
    let worker = Worker::new();
    let whole = answer(&worker, "export friday.parquet");
    let part = answer(
        &worker,
        "export friday.parquet --around app.User --max-depth 2",
    );
    let nodes = part["nodes"].as_array().unwrap();
    let ids: Vec<usize> = nodes
        .iter()
        .map(|node| usize::try_from(node["id"].as_u64().unwrap()).unwrap())
        .collect();
    // The list, the user, five sessions, the frame that has the last one.
    assert_eq!(ids.len(), 8);
    for node in nodes {
        let id = usize::try_from(node["id"].as_u64().unwrap()).unwrap();
        let mut expected = whole["nodes"][id].clone();
        let is_inside = |referent: &Value| ids.iter().any(|id| referent["id"] == *id);
        expected["referents"]
            .as_array_mut()
            .unwrap()
            .retain(is_inside);
        assert_eq!(*node, expected);
    }
}
