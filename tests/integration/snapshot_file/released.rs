//! A file of each released version of the format, which every later heapgraph has to read.
//!
//! The files in `fixtures/snapshots` are never written again. The one of a new version is made once:
//!
//! ```sh
//! cargo test --test integration -- --ignored make_the_file_of_this_version
//! ```

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use heapgraph::graph::{
    EdgeLabel, EdgeNames, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, Root,
    RootKind,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts, load, save};

use super::samples::assert_same;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/snapshots");
    folder.join(name)
}

struct Object {
    type_name: &'static str,
    size: u64,
    /// `None` if it is immortal.
    count: Option<u32>,
    flags: NodeFlags,
    name: &'static str,
    value: &'static str,
    references: Vec<(usize, EdgeLabel)>,
}

fn object(type_name: &'static str, size: u64, count: u32) -> Object {
    Object {
        type_name,
        size,
        count: Some(count),
        flags: NodeFlags::TRACKED,
        name: "",
        value: "",
        references: Vec::new(),
    }
}

impl Object {
    fn untracked(self) -> Self {
        let flags = NodeFlags::default();
        Self { flags, ..self }
    }

    fn immortal(self) -> Self {
        let flags = NodeFlags::IMMORTAL;
        Self {
            count: None,
            flags,
            ..self
        }
    }

    fn flagged(self, flags: NodeFlags) -> Self {
        let flags = self.flags.with(flags);
        Self { flags, ..self }
    }

    fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    fn saying(self, value: &'static str) -> Self {
        Self { value, ..self }
    }

    fn to(mut self, referent: usize, label: EdgeLabel) -> Self {
        self.references.push((referent, label));
        self
    }

    fn entry(self, key: usize, key_text: &str, value: usize) -> Self {
        self.to(key, EdgeLabel::KeyObject(key_text.into()))
            .to(value, EdgeLabel::Key(key_text.into()))
    }
}

/// The types by number: module, name and the object that is the class.
const TYPES: [(&str, &str, Option<usize>); 12] = [
    ("builtins", "module", None),
    ("builtins", "dict", None),
    ("builtins", "type", None),
    ("app", "Session", Some(2)),
    ("builtins", "str", None),
    ("builtins", "list", None),
    ("builtins", "set", None),
    ("builtins", "frame", None),
    ("builtins", "NoneType", None),
    ("builtins", "function", None),
    ("builtins", "cell", None),
    ("", "Session", None),
];

/// A program that keeps its sessions: `SESSIONS = {"ann": Session(), "bob": Session()}`.
fn objects() -> Vec<Object> {
    let attribute = |name: &str| EdgeLabel::attribute(name);
    let item = EdgeLabel::Index;
    vec![
        // 0
        object("module", 72, 2)
            .flagged(NodeFlags::MODULE.with(NodeFlags::PROPER_MODULE))
            .named("app")
            .to(1, attribute("__dict__")),
        object("dict", 232, 3)
            .flagged(NodeFlags::DICT.with(NodeFlags::MODULE_NAMESPACE))
            .entry(6, "'SESSIONS'", 3)
            .to(7, EdgeLabel::KeyObject("'Session'".into()))
            .to(2, EdgeLabel::Key("'Session'".into())),
        object("type", 1064, 4)
            .flagged(NodeFlags::TYPE)
            .named("app.Session")
            .to(12, EdgeLabel::Internal("__mro__".into())),
        object("dict", 184, 2)
            .flagged(NodeFlags::DICT)
            .entry(8, "'ann'", 4)
            .entry(9, "'bob'", 5),
        object("app.Session", 48, 1)
            .to(8, attribute("user"))
            .to(10, attribute("tags"))
            .to(2, attribute("__class__")),
        // 5
        object("app.Session", 48, 3)
            .to(9, attribute("user"))
            .to(13, attribute("tags"))
            .to(2, attribute("__class__")),
        object("str", 57, 1).untracked().saying("'SESSIONS'"),
        object("str", 56, 2).untracked().saying("'Session'"),
        object("str", 52, 2).untracked().saying("'ann'"),
        object("str", 52, 2).untracked().saying("'bob'"),
        // 10
        object("list", 80, 1)
            .to(5, item(0))
            .to(13, item(1))
            .to(5, item(2)),
        object("set", 216, 1)
            .to(8, EdgeLabel::SetElement)
            .to(13, EdgeLabel::SetElement),
        object("list", 64, 1).to(2, item(7)),
        object("NoneType", 16, 0).immortal(),
        object("frame", 440, 1)
            .flagged(NodeFlags::FRAME)
            .named("serve (app.py:12)")
            .to(5, EdgeLabel::Local("session".into()))
            .to(15, EdgeLabel::Local("handler".into())),
        // 15
        object("function", 160, 1)
            .named("serve.<locals>.handler")
            .to(16, EdgeLabel::Closure("seen".into())),
        object("cell", 40, 1).to(11, attribute("cell_contents")),
        object("Session", 48, 1),
    ]
}

fn metadata() -> Metadata {
    Metadata {
        tool_version: "0.2.0".into(),
        python_version: "3.12.4 (main, Jun  7 2024, 00:00:00) [GCC 12.2.0]".into(),
        platform: "linux-x86_64".into(),
        pid: 4711,
        program: "python -m app --port 8000".into(),
        // 2026-01-02 03:04:05 UTC and a bit
        captured_at: SystemTime::UNIX_EPOCH + Duration::new(1_767_323_045, 250_000_000),
        capture_time: Duration::from_micros(1_234),
        collected: true,
        unseen: vec!["The stack of a thread that was not running.".into()],
        ..Metadata::default()
    }
}

fn heap() -> HeapSnapshot {
    let mut builder = HeapGraphBuilder::default();
    let mut edge_names = EdgeNames::default();
    let (mut node_names, mut values) = (NodeTexts::default(), NodeTexts::default());
    let objects = objects();
    let nodes: Vec<NodeIndex> = (0..objects.len() as u64)
        .map(|position| {
            builder
                .node_for_address(0x7f5a_3c00_1000 + 64 * position)
                .unwrap()
        })
        .collect();
    let types = TYPES.map(|(module, name, class)| {
        let ty = HeapType {
            name: name.into(),
            module: (!module.is_empty()).then(|| module.into()),
            node: class.map(|class| nodes[class]),
            is_heap_type: class.is_some(),
        };
        let full_name = ty.full_name().into_owned();
        (full_name, builder.add_type(ty))
    });
    for (object, &node) in objects.iter().zip(&nodes) {
        for (referent, label) in &object.references {
            builder.add_edge(nodes[*referent]);
            edge_names.push_label(label);
        }
        let is_type =
            |(name, _): &&(String, _)| name.trim_start_matches("builtins.") == object.type_name;
        builder.finish_node(NodeRecord {
            type_index: types.iter().find(is_type).unwrap().1,
            shallow_size: object.size,
            reference_count: object.count.unwrap_or_default(),
            flags: object.flags,
        });
        for (texts, text) in [(&mut node_names, object.name), (&mut values, object.value)] {
            if !text.is_empty() {
                texts.push(node, text);
            }
        }
    }
    let root = |node, kind, name: &str| Root {
        node: nodes[node],
        kind,
        name: name.into(),
    };
    HeapSnapshot::new(SnapshotParts {
        graph: builder.build().unwrap(),
        edge_names: Some(edge_names),
        node_names,
        values,
        roots: vec![
            root(0, RootKind::Module, "app"),
            root(14, RootKind::Frame, "serve (app.py:12) in MainThread"),
            root(17, RootKind::External, "held from outside"),
        ],
        metadata: metadata(),
    })
}

#[test]
fn the_file_of_version_1_is_read_as_it_was_written() {
    let loaded = load(&fixture("v1.parquet")).unwrap();
    assert_same(&heap(), &loaded);
}

#[test]
#[ignore = "makes the file of a new version, once"]
fn make_the_file_of_this_version() {
    let path = fixture("v1.parquet");
    assert!(!path.exists(), "{} is never written again", path.display());
    save(&heap(), &path).unwrap();
}
