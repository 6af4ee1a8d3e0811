//! Answers in JSON. A field that is renamed, removed or turned into something else fails here: it
//! needs a new version of the schema.

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
fn chain_1() {
    let worker = Worker::new();
    let mut found = answer(&worker, "chain friday.parquet app.Session");
    let chain = found["chains"][0].as_object_mut().unwrap();
    let objects = chain.remove("objects").unwrap();
    assert_eq!(objects.as_array().unwrap().len(), 4);
    assert_eq!(objects[0]["name"], "app");
    assert_eq!(objects[3], session(2));
    let expected = json!({
        "schema": "heapgraph/chain@1",
        "candidates": 5,
        "chains": [{
            "target": session(2),
            "root": {"kind": "module", "name": "app"},
            "path": "app.sessions[2]",
            "references": [".__dict__", "['sessions']", "[2]"],
        }],
    });
    assert_eq!(found, expected);
    let garbage = answer(&worker, "chain friday.parquet Token");
    for field in ["root", "path", "objects", "references"] {
        assert_eq!(garbage["chains"][0][field], Value::Null, "{field}");
    }
}

#[test]
fn neighbourhood_1() {
    let worker = Worker::new();
    let found = answer(
        &worker,
        "backrefs friday.parquet 0x7f0000001180 --max-depth 1 --too-many 1",
    );
    let with = |mut object: Value, depth: u32, hidden: u32| {
        object["root"] = Value::Null;
        object["depth"] = depth.into();
        object["hidden"] = hidden.into();
        object
    };
    let user = json!({
        "address": "0x7f0000001180", "type": "app.User", "bytes": 48, "reference_count": 1,
        "name": null, "value": null,
    });
    let expected = json!({
        "schema": "heapgraph/neighbourhood@1",
        "direction": "referrers",
        "max_depth": 1,
        "too_many": 1,
        "candidates": 1,
        "nodes": [with(user, 0, 4), with(session(0), 1, 0)],
        "edges": [{"from": 1, "to": 0, "name": ".user"}],
    });
    assert_eq!(found, expected);
    let forward = answer(&worker, "refs friday.parquet module");
    assert_eq!(forward["direction"], "referents");
    assert_eq!(
        forward["nodes"][0]["root"],
        json!({"kind": "module", "name": "app"})
    );
}

#[test]
fn retained_1() {
    let worker = Worker::new();
    let part = |address, ty, bytes, reference: Value, retained: (u64, u64)| {
        json!({
            "address": address, "type": ty, "bytes": bytes, "reference_count": 1, "name": null,
            "value": null, "reference": reference,
            "retained": {"count": retained.0, "bytes": retained.1},
        })
    };
    let sessions = |count, bytes| {
        let reference = json!("['sessions']");
        part(
            "0x7f00000010c0",
            "builtins.list",
            120,
            reference,
            (count, bytes),
        )
    };
    let namespace = part(
        "0x7f0000001040",
        "builtins.dict",
        232,
        Value::Null,
        (6, 576),
    );
    let mut first = session(0);
    first["retained"] = json!({"count": 1, "bytes": 56});
    first["dominators"] = json!([sessions(5, 344), namespace]);
    first["more_dominators"] = json!(false);
    first["dominated"] = json!([]);
    first["dominated_count"] = json!(0);
    let expected = json!({
        "schema": "heapgraph/retained@1",
        "heap": {"count": 15, "bytes": 2158},
        "candidates": 5,
        "together": {"count": 6, "bytes": 328},
        "objects": [first],
    });
    let found = answer(&worker, "retained friday.parquet app.Session -n 1");
    assert_eq!(found, expected);
    let list = &answer(&worker, "retained friday.parquet list")["objects"][0];
    let mut part = session(0);
    part["reference"] = json!("[0]");
    part["retained"] = json!({"count": 1, "bytes": 56});
    assert_eq!(list["dominated"][0], part);
    assert_eq!(list["dominated_count"], 4);
    let garbage = answer(&worker, "retained friday.parquet Token");
    assert_eq!(garbage["together"], json!({"count": 0, "bytes": 0}));
    for field in ["retained", "dominators"] {
        assert_eq!(garbage["objects"][0][field], Value::Null, "{field}");
    }
}

#[test]
fn owners_1() {
    let worker = Worker::new();
    let all = answer(&worker, "owners friday.parquet -n 0");
    let sum = |field: &str| {
        let owners = all["owners"].as_array().unwrap().iter();
        let retained = owners.map(|owner| owner["retained"][field].as_u64().unwrap());
        retained.sum::<u64>()
    };
    assert_eq!((sum("count"), sum("bytes")), (15, 2158));
    let expected = json!({
        "schema": "heapgraph/owners@1",
        "heap": {"count": 15, "bytes": 2158},
        "candidates": 10,
        "owners": [{
            "address": "0x7f0000001080", "type": "builtins.type", "bytes": 1064,
            "reference_count": 3, "name": "Session", "value": null,
            "retained": {"count": 1, "bytes": 1064},
            "root": {"kind": "module", "name": "app"},
            "path": "app.Session",
            "descent": [],
        }],
    });
    assert_eq!(answer(&worker, "owners friday.parquet -n 1"), expected);
}

#[test]
fn retained_by_type_1() {
    let expected = json!({
        "schema": "heapgraph/retained_by_type@1",
        "heap": {"count": 15, "bytes": 2158},
        "types": [{
            "type": "app.Session", "count": 5, "bytes": 280,
            "retained": {"count": 5, "bytes": 280},
        }],
    });
    let worker = Worker::new();
    let types = answer(&worker, "owners friday.parquet --by-type --type app.* -n 1");
    assert_eq!(types, expected);
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

#[test]
fn cycles_1_and_garbage_1() {
    let worker = Worker::new();
    let object = |number, ty: &str, bytes: u32| {
        json!({
            "address": format!("{:#x}", super::worker::address(number)),
            "type": ty, "bytes": bytes, "reference_count": 1, "name": null, "value": null,
        })
    };
    let types = json!([
        {"type": "builtins.dict", "count": 1, "bytes": 64},
        {"type": "app.Token", "count": 1, "bytes": 40},
    ]);
    let group = json!({
        "state": "garbage",
        "components": 1,
        "objects": 2,
        "bytes": 104,
        "types": types,
        "path": "Token.self",
        "cycle": [object(13, "app.Token", 40), object(14, "builtins.dict", 64)],
        "references": [".__dict__", "['self']"],
    });
    let cycles = json!({
        "schema": "heapgraph/cycles@1",
        "cycles": [group],
        "total": {"components": 1, "objects": 2, "bytes": 104},
        "standing": {"components": 0, "objects": 0, "bytes": 0, "modules": 0, "classes": 0},
    });
    assert_eq!(answer(&worker, "cycles friday.parquet"), cycles);
    let garbage = json!({
        "schema": "heapgraph/garbage@1",
        "objects": 2,
        "bytes": 104,
        "in_cycles": {"objects": 2, "bytes": 104},
        "held_by_cycles": {"objects": 0, "bytes": 0},
        "uncollectable": {"objects": 0, "bytes": 0},
        "types": types,
        "cycles": [group],
        "gc_garbage": [],
        "collected": true,
        "not_seen": ["references held by compiled code"],
    });
    assert_eq!(answer(&worker, "garbage friday.parquet"), garbage);
    let none = answer(&worker, "garbage friday.parquet -n 1");
    assert_eq!(none["types"].as_array().unwrap().len(), 1);
    assert_eq!(none["objects"], 2);
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
