//! What holds what in a heap, in JSON.

use serde_json::{Value, json};

use super::{answer, session};
use crate::cli::{Worker, worker};

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
fn cycles_1_and_garbage_1() {
    let worker = Worker::new();
    let object = |number, ty: &str, bytes: u32| {
        json!({
            "address": format!("{:#x}", worker::address(number)),
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
        "unseen_references": [],
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
