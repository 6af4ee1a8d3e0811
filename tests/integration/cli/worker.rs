//! The heap of a small worker with a leak, by hand, on two days.
//!
//! ```text
//! module app -> its namespace -> list `sessions` -> Session, Session, ... -> User
//! running frame `main` -> the last Session            the namespace -> class Session
//! db.Session: held from outside     Token <-> dict: garbage
//! ```

use std::time::{Duration, SystemTime};

use heapgraph::graph::{
    EdgeLabel, EdgeNames, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, Root,
    RootKind, TypeIndex,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

/// One object to be.
struct Object {
    type_name: &'static str,
    size: u64,
    reference_count: u32,
    flags: NodeFlags,
    name: Option<&'static str>,
    references: Vec<(EdgeLabel, usize)>,
}

/// A heap to be: objects refer to each other by number.
#[derive(Default)]
struct Objects(Vec<Object>);

impl Objects {
    fn add(&mut self, type_name: &'static str, size: u64, reference_count: u32) -> usize {
        self.0.push(Object {
            type_name,
            size,
            reference_count,
            flags: NodeFlags::default(),
            name: None,
            references: Vec::new(),
        });
        self.0.len() - 1
    }

    fn named(&mut self, object: usize, name: &'static str, flags: NodeFlags) -> usize {
        self.0[object].name = Some(name);
        self.0[object].flags = flags;
        object
    }

    fn refer(&mut self, holder: usize, label: EdgeLabel, held: usize) {
        self.0[holder].references.push((label, held));
    }

    fn put(&mut self, dict: usize, key: &str, value: usize) {
        let spelled = format!("'{key}'");
        let string = self.add("builtins.str", 49 + key.len() as u64, 2);
        self.0[string].flags = NodeFlags::IMMORTAL;
        self.refer(dict, EdgeLabel::KeyObject(spelled.clone()), string);
        self.refer(dict, EdgeLabel::Key(spelled), value);
    }
}

/// Where the object of that number lies.
pub(crate) fn address(number: usize) -> u64 {
    0x7f00_0000_1000 + 0x40 * number as u64
}

/// The worker on Monday, with two sessions.
pub(crate) fn monday() -> HeapSnapshot {
    let mut objects = Objects::default();
    let namespace = module(&mut objects, 2);
    let job = objects.add("app.Job", 48, 1);
    objects.put(namespace, "job", job);
    build(&objects, None)
}

/// The worker on Friday, with five.
pub(crate) fn friday() -> HeapSnapshot {
    let mut objects = Objects::default();
    let namespace = module(&mut objects, 5);
    let last_session = objects.0.len() - 1;
    let other = objects.add("db.Session", 56, 2);
    let token = objects.add("app.Token", 40, 1);
    let tokens = objects.add("builtins.dict", 64, 1);
    objects.0[token].flags = NodeFlags::TRACKED;
    objects.0[tokens].flags = NodeFlags::DICT.with(NodeFlags::TRACKED);
    objects.refer(token, EdgeLabel::attribute("__dict__"), tokens);
    objects.put(tokens, "self", token);
    let frame = objects.add("builtins.frame", 120, 1);
    objects.named(frame, "main in app.py:12", NodeFlags::FRAME);
    objects.refer(frame, EdgeLabel::Local("session".into()), last_session);
    objects.refer(frame, EdgeLabel::attribute("f_globals"), namespace);
    build(&objects, Some((frame, other)))
}

/// The module with its list of sessions; returns its namespace.
fn module(objects: &mut Objects, sessions: usize) -> usize {
    let module = objects.add("builtins.module", 72, 3);
    let is_module = NodeFlags::MODULE.with(NodeFlags::PROPER_MODULE);
    objects.named(module, "app", is_module);
    let namespace = objects.add("builtins.dict", 232, 1);
    objects.0[namespace].flags = NodeFlags::DICT.with(NodeFlags::MODULE_NAMESPACE);
    objects.refer(module, EdgeLabel::attribute("__dict__"), namespace);
    let class = objects.add("builtins.type", 1064, 3);
    objects.named(class, "Session", NodeFlags::TYPE);
    let list = objects.add("builtins.list", 120, 1);
    objects.put(namespace, "Session", class);
    objects.put(namespace, "sessions", list);
    let user = objects.add("app.User", 48, 1);
    for number in 0..sessions {
        let session = objects.add("app.Session", 56, 1);
        objects.refer(session, EdgeLabel::attribute("user"), user);
        objects.refer(session, EdgeLabel::Internal("type".into()), class);
        objects.refer(list, EdgeLabel::Index(number), session);
    }
    namespace
}

/// The snapshot; on Friday with a running frame and an object that is held from outside.
fn build(objects: &Objects, friday: Option<(usize, usize)>) -> HeapSnapshot {
    let mut builder = HeapGraphBuilder::default();
    let node = |number: usize| NodeIndex::new(number);
    for number in 0..objects.0.len() {
        builder.node_for_address(address(number)).unwrap();
    }
    let (mut types, mut edge_names, mut node_names) =
        (Vec::new(), EdgeNames::default(), NodeTexts::default());
    for (number, object) in objects.0.iter().enumerate() {
        for (label, held) in &object.references {
            edge_names.push_label(label);
            builder.add_edge(node(*held));
        }
        if let Some(name) = object.name {
            node_names.push(node(number), name);
        }
        let known = types.iter().position(|&name| name == object.type_name);
        let type_index = known.map_or_else(
            || {
                types.push(object.type_name);
                builder.add_type(heap_type(object.type_name))
            },
            TypeIndex::new,
        );
        builder.finish_node(NodeRecord {
            type_index,
            shallow_size: object.size,
            reference_count: object.reference_count,
            flags: object.flags,
        });
    }
    let root = |number, kind, name: &str| Root {
        node: node(number),
        kind,
        name: name.into(),
    };
    let mut roots = vec![root(0, RootKind::Module, "app")];
    if let Some((frame, other)) = friday {
        roots.push(root(
            frame,
            RootKind::Frame,
            "main in app.py:12, thread MainThread",
        ));
        roots.push(root(
            other,
            RootKind::External,
            "held from outside, 2 references",
        ));
    }
    HeapSnapshot::new(SnapshotParts {
        graph: builder.build().unwrap(),
        edge_names: Some(edge_names),
        node_names,
        values: NodeTexts::default(),
        roots,
        metadata: metadata(if friday.is_some() { 4 } else { 0 }),
    })
}

/// Of the capture so many days after Monday.
fn metadata(days: u64) -> Metadata {
    Metadata {
        tool_version: "0.2.0".into(),
        python_version: "3.11.7".into(),
        platform: "linux-x86_64".into(),
        pid: 4242,
        first_captured_at: None,
        program: "python app.py".into(),
        // Monday, 2 February 2026, 12:00.
        captured_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_770_033_600 + days * 86_400),
        capture_time: Duration::from_millis(300),
        collected: true,
        unseen: vec!["references held by compiled code".into()],
        opaque_types: vec!["app.Session".into(), "app.Gone".into()],
        has_keys: true,
    }
}

/// The type of that name; `app.Session` is the class with the number 2.
fn heap_type(full_name: &str) -> HeapType {
    let (module, name) = full_name.split_once('.').unwrap();
    let is_heap_type = module != "builtins";
    HeapType {
        name: name.into(),
        module: Some(module.into()),
        node: (full_name == "app.Session").then(|| NodeIndex::new(2)),
        is_heap_type,
    }
}
