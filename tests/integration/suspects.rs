//! Suspects of heaps drawn by hand, with the sizes in sight.

use heapgraph::analysis::{DominatorTree, Suspects};
use heapgraph::graph::{
    EdgeLabel, EdgeNames, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, Root,
    RootKind,
};
use heapgraph::render::text::{Style, suspects_text};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

use crate::sketch::address;

/// Objects by number: type, size, and what each refers to by a name. The first is the module `app`,
/// which has 1 as its namespace.
struct Heap(Vec<(&'static str, u64, References)>);

type References = Vec<(EdgeLabel, usize)>;

impl Heap {
    fn new() -> Self {
        Self(vec![
            (
                "builtins.module",
                50,
                vec![(EdgeLabel::attribute("__dict__"), 1)],
            ),
            ("builtins.dict", 50, Vec::new()),
        ])
    }

    fn add(&mut self, type_name: &'static str, size: u64) -> usize {
        self.0.push((type_name, size, Vec::new()));
        self.0.len() - 1
    }

    /// A new object that the module has under a name.
    fn global(&mut self, name: &str, type_name: &'static str, size: u64) -> usize {
        let node = self.add(type_name, size);
        self.refer(1, EdgeLabel::Key(format!("'{name}'")), node);
        node
    }

    fn refer(&mut self, holder: usize, label: EdgeLabel, held: usize) {
        self.0[holder].2.push((label, held));
    }

    fn build(&self) -> HeapSnapshot {
        let mut builder = HeapGraphBuilder::default();
        for number in 0..self.0.len() {
            builder.node_for_address(address(number)).unwrap();
        }
        let (mut edge_names, mut types) = (EdgeNames::default(), Vec::new());
        for (number, (type_name, size, references)) in self.0.iter().enumerate() {
            for (label, held) in references {
                edge_names.push_label(label);
                builder.add_edge(NodeIndex::new(*held));
            }
            let known = types.iter().find(|(name, _)| name == type_name);
            let type_index = known.map_or_else(
                || {
                    let (module, name) = type_name.split_once('.').unwrap();
                    builder.add_type(HeapType {
                        name: name.into(),
                        module: Some(module.into()),
                        node: None,
                        is_heap_type: module != "builtins",
                    })
                },
                |&(_, known)| known,
            );
            types.push((*type_name, type_index));
            builder.finish_node(NodeRecord {
                type_index,
                shallow_size: *size,
                reference_count: 0,
                flags: match number {
                    0 => NodeFlags::MODULE.with(NodeFlags::PROPER_MODULE),
                    1 => NodeFlags::DICT.with(NodeFlags::MODULE_NAMESPACE),
                    _ => NodeFlags::default(),
                },
            });
        }
        let mut node_names = NodeTexts::default();
        node_names.push(NodeIndex::new(0), "app");
        HeapSnapshot::new(SnapshotParts {
            graph: builder.build().unwrap(),
            edge_names: Some(edge_names),
            node_names,
            values: NodeTexts::default(),
            roots: vec![Root {
                node: NodeIndex::new(0),
                kind: RootKind::Module,
                name: "app".into(),
            }],
            metadata: Metadata::default(),
        })
    }

    fn report(&self, least: u64) -> String {
        let snapshot = self.build();
        let tree = DominatorTree::new(&snapshot);
        let found = Suspects::find(&snapshot, &tree, least);
        suspects_text(&snapshot, &found, usize::MAX, Style::Plain)
    }
}

#[test]
fn an_object_with_a_tenth_of_the_data_is_a_suspect() {
    let mut heap = Heap::new();
    for number in 0..10 {
        heap.global(&format!("x{number}"), "app.Part", 10);
    }
    let report = heap.report(1);
    // Each has 10 of 100 bytes: the module and its namespace are no data.
    assert!(report.starts_with("200 bytes are alive; 100 of them are data"));
    assert_eq!(report.matches(" holds 10 bytes in 1 object").count(), 10);
    heap.global("one more", "app.Other", 1);
    let report = heap.report(1);
    assert!(!report.contains("x0"), "{report}");
    // As one of a hundred and one, each is less than a tenth; all of the type are not.
    assert!(
        report.contains(
            "10 `app.Part` hold together 100 bytes in 10 objects, 49.8% of the heap.\n   \
             100.0% of them are reached from `app`.\n"
        ),
        "{report}"
    );
    assert!(
        heap.report(101)
            .ends_with("nor do all objects of one type together.\n")
    );
}

#[test]
fn the_descent_ends_where_less_than_seven_tenths_go_on() {
    // owner 10 -> list 0 -> 65 and 35: the list has 100 of 110 bytes, its largest item 65.
    let mut heap = Heap::new();
    let owner = heap.global("owner", "app.Owner", 10);
    let list = heap.add("builtins.list", 0);
    heap.refer(owner, EdgeLabel::attribute("items"), list);
    for (number, size) in [65, 35].into_iter().enumerate() {
        let item = heap.add("app.Item", size);
        heap.refer(list, EdgeLabel::Index(number), item);
    }
    let expected = "\
210 bytes are alive; 110 of them are data, and not modules, classes, functions and code.
A suspect holds at least 11 bytes.

1. `app.owner.items` (list, 2 items) holds 100 bytes in 3 objects, 47.6% of the heap.
   100.0% of it is 2 `app.Item` reached by `[x]`.
   It is in `app.owner` (Owner), which holds 110 bytes in 4 objects, 52.4% of the heap.
";
    assert_eq!(heap.report(1), expected);
    heap.0[list + 1].1 = 200;
    assert!(
        heap.report(1)
            .contains("1. `app.owner.items[0]` (Item) holds 200 bytes")
    );
}

#[test]
fn objects_of_one_type_that_two_hold_are_counted_together() {
    // Dicts that a list of the module holds, `one` or `third`, and another list further away.
    let together = |alike: usize, others: usize| {
        let mut heap = Heap::new();
        let one = heap.global("one", "builtins.list", 0);
        let two = heap.global("two", "builtins.list", 0);
        let third = heap.global("third", "builtins.list", 0);
        for number in 0..alike + others {
            let dict = heap.add("builtins.dict", 5);
            let first = if number < alike { one } else { third };
            heap.refer(first, EdgeLabel::Index(number), dict);
            heap.refer(two, EdgeLabel::Index(number), dict);
        }
        // Longer than the other chains, so that these are not chosen.
        let late = heap.add("builtins.list", 0);
        let references = std::mem::take(&mut heap.0[two].2);
        heap.0[late].2 = references;
        heap.refer(two, EdgeLabel::Index(0), late);
        heap.report(10)
    };
    let report = together(16, 4);
    assert!(
        report.ends_with(
            "1. 20 `dict` hold together 100 bytes in 20 objects, 50.0% of the heap.\n   \
             80.0% of them are reached from `app.one` by `[x]`.\n"
        ),
        "{report}"
    );
    // Where less than eight tenths are reached from one, the rest of the chain is not common.
    let report = together(15, 5);
    assert!(
        report.contains("100.0% of them are reached from `app`."),
        "{report}"
    );
}
