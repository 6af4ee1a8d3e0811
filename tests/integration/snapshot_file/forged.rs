//! Files with a right checksum that say what can not be true: each is refused with the place.

use std::fs;

use heapgraph::graph::{EdgeLabel, EdgeNames, HeapGraphBuilder, HeapType, NodeIndex, NodeRecord};
use heapgraph::snapshot::{
    HeapSnapshot, Metadata, NodeTexts, SnapshotError, SnapshotParts, load, save,
};
use parquet::basic::Compression;
use tempfile::tempdir;

use super::forgery::{Forgery, SCHEMA, Values};
use super::seal::reseal;
use crate::sketch::heap_type;

#[test]
fn a_file_that_follows_the_description_is_loaded() {
    let snapshot = Forgery::new().load().unwrap();
    let graph = snapshot.graph();
    let [first, second, third] = [0, 1, 2].map(NodeIndex::new);
    assert_eq!(graph.referents(first), [second, third]);
    assert_eq!(graph.referrers(first), [third]);
    let labels: Vec<String> = (snapshot.labels(first).iter().chain(&snapshot.labels(third)))
        .map(ToString::to_string)
        .collect();
    assert_eq!(labels, [".a", "[0]", "['k']"]);
    assert_eq!(graph.node_at(0x30), Some(third));
    assert_eq!(snapshot.metadata().pid, 17);
}

#[test]
fn numbers_that_can_not_be_are_refused_with_their_row() {
    use Values::{Int32, Int64};
    let good = Forgery::new;
    good().with("referents", Int32(vec![1, 3, 0])).is_refused(
        "column `referents`, row 0",
        "leads to row 3, and there are 3 rows",
    );
    good()
        .with("referents", Int32(vec![1, 2, -1]))
        .is_refused("column `referents`, row 2", "leads to row 4294967295");
    good()
        .with("address", Int64(vec![0x10, 0x20, 0x10]))
        .is_refused(
            "column `address`, row 2",
            "objects 0 and 2 are both at address 0x10",
        );
    good()
        .with("address", Int64(vec![0x10, 0, 0x30]))
        .is_refused("column `address`, row 1", "no object is at address 0");
    good()
        .with("type_id", Int32(vec![0, 0, 1]))
        .is_refused("column `type_id`, row 2", "no type 1 among 1");
    good()
        .with("node", Int32(vec![0, 2, 1]))
        .is_refused("column `node`, row 1", "not the number of the row");
}

#[test]
fn texts_that_can_not_be_are_refused() {
    use Values::Text;
    let good = Forgery::new;
    good()
        .with("root_kind", Text(vec!["friend"]))
        .is_refused("column `root_kind`", "\"friend\" is no kind of root");
    good()
        .with_levels("root_name", Text(vec!["f"]), (&[0, 1, 0], &[]))
        .is_refused("column `root_name`", "not in the same rows");
    good()
        .with("reference_names", Text(vec![".a", "k"]))
        .is_refused(
            "column `reference_names`",
            "\"k\" is not the name of a reference",
        );
    good()
        .with("reference_names", Text(vec![".a", "item 536870912"]))
        .is_refused(
            "column `reference_names`",
            "\"item 536870912\" is not the name",
        );
    good()
        .with_levels("value", Text(vec!["'secret'"]), (&[0, 1, 0], &[]))
        .is_refused("column `value`", "values that were not recorded");
}

#[test]
fn lists_of_names_that_do_not_fit_the_references_are_refused_with_their_row() {
    let names = |texts, definition: &[i16], repetition: &[i16]| {
        Forgery::new().with_levels(
            "reference_names",
            Values::Text(texts),
            (definition, repetition),
        )
    };
    let words = "not one name for each reference";
    let place = |row| format!("column `reference_names`, row {row}");
    names(vec![".a"], &[3, 1, 1], &[0, 0, 0]).is_refused(&place(0), words);
    names(vec![], &[2, 2, 2, 2], &[0, 1, 0, 0]).is_refused(&place(1), words);
    names(vec![], &[2, 2, 1, 2, 2], &[0, 1, 0, 0, 1]).is_refused(&place(2), words);
    names(vec![], &[2, 2, 1, 1], &[0, 1, 0, 0]).is_refused(&place(2), words);
    names(vec![], &[0, 0, 0], &[0, 0, 0]).is_refused(&place(0), words);
    names(vec![], &[2, 2, 0, 2], &[0, 1, 0, 0]).is_refused(&place(1), words);
    Forgery::new()
        .saying("names_recorded", "false")
        .is_refused("column `reference_names`", "names that were not recorded");
}

#[test]
fn columns_of_another_kind_are_refused() {
    let good = Forgery::new();
    let renamed = Forgery {
        schema: SCHEMA.replace("binary root_name", "binary root_title"),
        ..good.clone()
    };
    renamed.is_refused("column `root_name`", "is missing");
    let wider = Forgery {
        schema: SCHEMA.replace("int32 type_id (INTEGER(32, false))", "int64 type_id"),
        ..good.clone()
    };
    wider
        .with("type_id", Values::Int64(vec![0; 3]))
        .is_refused("column `type_id`", "values of type Int64, not Int32");
    let optional = Forgery {
        schema: SCHEMA.replace("required int64 shallow_size", "optional int64 shallow_size"),
        ..good.clone()
    };
    optional
        .with_levels("shallow_size", Values::Int64(vec![1; 3]), (&[1, 1, 1], &[]))
        .is_refused("column `shallow_size`", "not required, optional or a list");
    let plain = Forgery {
        compression: Compression::UNCOMPRESSED,
        ..good
    };
    plain.is_refused("column `node`", "compressed with method 0");
}

#[test]
fn what_the_footer_says_has_to_be_true() {
    let good = Forgery::new;
    good()
        .saying("node_count", "4")
        .is_refused("metadata `heapgraph.node_count`", "is 4, but there are 3");
    good()
        .saying("edge_count", "18446744073709551615")
        .is_refused("metadata `heapgraph.edge_count`", "but there are 3");
    good()
        .saying("edge_count", "-1")
        .is_refused("metadata `heapgraph.edge_count`", "invalid digit");
    good()
        .saying("captured_at", "yesterday")
        .is_refused("metadata `heapgraph.captured_at`", "\"yesterday\"");
    good()
        .saying("types", "[{}]")
        .is_refused("metadata `heapgraph.types`", "missing field");
    good()
        .saying("unseen", &"[".repeat(100_000))
        .is_refused("metadata `heapgraph.unseen`", "expected a string");
    let lost = r#"[{"name":"C","module":null,"node":3,"is_heap_type":true}]"#;
    good()
        .saying("types", lost)
        .is_refused("metadata `heapgraph.types`", "only 3 objects");
    let mut twice = good();
    twice.key_values.push(("heapgraph.pid".into(), "18".into()));
    twice.is_refused("metadata `heapgraph.pid`", "is there twice");
    let mut nothing = good();
    nothing.key_values.clear();
    nothing.is_refused("metadata `heapgraph.format_version`", "is missing");
}

#[test]
fn a_footer_whose_fields_are_counted_beyond_all_numbers_is_refused() {
    // An integer in the field of the highest number there is, in the compact protocol of Thrift,
    // then one in the next field.
    let highest = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let footer = [&[0x06][..], &highest, &[0, 0x16, 0, 0]].concat();
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    let mut bytes = [b"PAR1", &[0; 24][..], &footer, &length, b"PAR1"].concat();
    reseal(&mut bytes);
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    fs::write(&path, bytes).unwrap();
    let error = load(&path).unwrap_err();
    assert!(matches!(error, SnapshotError::Invalid { .. }), "{error}");
}

#[test]
fn a_later_format_is_said_to_need_a_later_heapgraph() {
    let error = Forgery::new()
        .saying("format_version", "2")
        .saying("tool_version", "9.8.7");
    let error = error.load().unwrap_err();
    assert!(
        matches!(error, SnapshotError::NewerFormat { found: 2, .. }),
        "{error}"
    );
    let message = error.to_string();
    for part in [
        "format version 2",
        "heapgraph 9.8.7",
        "up to version 1",
        "upgrade",
    ] {
        assert!(message.contains(part), "{message}");
    }
    Forgery::new()
        .saying("format_version", "0")
        .is_refused("metadata `heapgraph.format_version`", "no version 0");
}

/// What repeats packs to nearly nothing, so a small file could ask for all memory.
const MANY: usize = 3_000_000;

#[test]
fn a_small_file_that_would_take_much_memory_is_refused() {
    let mut levels = (vec![1; MANY], vec![1; MANY]);
    levels.0.extend([0, 0]);
    levels.1[0] = 0;
    levels.1.extend([0, 0]);
    Forgery::new()
        .with_levels(
            "referents",
            Values::Int32(vec![0; MANY]),
            (&levels.0, &levels.1),
        )
        .is_refused("column `referents`", "far more memory");
    let long: &'static str = Box::leak("a".repeat(10_000_000).into_boxed_str());
    Forgery::new()
        .with_levels("name", Values::Text(vec![long]), (&[1, 0, 0], &[]))
        .is_refused("column `name`", "far more memory");
}

#[test]
fn a_heap_that_repeats_itself_is_saved_so_that_it_can_be_loaded() {
    let mut builder = HeapGraphBuilder::default();
    let mut names = EdgeNames::default();
    let object = HeapType {
        name: "o".repeat(10_000_000),
        ..heap_type("builtins.object")
    };
    builder.add_type(object);
    let node = builder.node_for_address(16).unwrap();
    for position in 0..MANY {
        builder.add_edge(node);
        names.push_label(&EdgeLabel::Index(position));
    }
    builder.finish_node(NodeRecord::default());
    let snapshot = HeapSnapshot::new(SnapshotParts {
        graph: builder.build().unwrap(),
        edge_names: Some(names),
        node_names: NodeTexts::default(),
        values: NodeTexts::default(),
        roots: Vec::new(),
        metadata: Metadata::default(),
    });
    let folder = tempdir().unwrap();
    let path = folder.path().join("heap.parquet");
    save(&snapshot, &path).unwrap();
    let loaded = load(&path).unwrap();
    assert_eq!(loaded.graph().edge_count(), MANY);
    assert_eq!(
        loaded.labels(node).last(),
        Some(&EdgeLabel::Index(MANY - 1))
    );
}
