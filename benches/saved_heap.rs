//! How long it takes to save and to load a heap of 2.4 million objects with names.
//!
//! ```sh
//! cargo bench --bench saved_heap [millions of objects]
//! ```
//!
//! The heap is made up, with what real ones have much of: instance and module dicts whose keys are
//! a few thousand words, mappings whose keys are all different, lists, and strings and numbers that
//! hold nothing.

#![expect(clippy::print_stdout, reason = "it prints figures")]
#![expect(clippy::unwrap_used, reason = "what fails ends the measurement")]

use std::time::{Duration, Instant};
use std::{env, fs, hint};

use heapgraph::graph::{
    EdgeName, EdgeNames, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, Root,
    RootKind, TypeIndex,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts, load, save};

const ROUNDS: usize = 5;
const SHARED_COUNT: usize = 50_000;

fn main() {
    let millions = env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let node_count = (millions.unwrap_or(2.4) * 1e6_f64).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of millions"
    )]
    let node_count = node_count as usize;
    let (built, snapshot) = timed(|| made_up(node_count));
    let (edges, nodes) = (snapshot.graph().edge_count(), snapshot.graph().node_count());
    println!("{nodes} objects, {edges} references");
    let path = env::temp_dir().join(format!("heapgraph-bench-{}.parquet", std::process::id()));
    let saved = best(|| save(&snapshot, &path).unwrap());
    let length = fs::metadata(&path).unwrap().len();
    let read = best(|| hint::black_box(fs::read(&path).unwrap().len()));
    drop(snapshot);
    // Makes the peak of memory start again from what is in use (Linux).
    let is_reset = fs::write("/proc/self/clear_refs", "5").is_ok();
    let loaded = best(|| hint::black_box(load(&path).unwrap()).graph().edge_count());
    fs::remove_file(&path).unwrap();
    println!("file    {:8} KB", length / 1000);
    for (what, time) in [
        ("build", built),
        ("save", saved),
        ("load", loaded),
        ("read", read),
    ] {
        println!(
            "{what:7} {:8.3} s {:8.2} x building the graph",
            time.as_secs_f64(),
            time.as_secs_f64() / built.as_secs_f64()
        );
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status
        .lines()
        .find(|line| line.starts_with("VmHWM") && is_reset)
    {
        println!(
            "memory while loading, at most: {}",
            peak["VmHWM:".len()..].trim()
        );
    }
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

fn best<T>(mut run: impl FnMut() -> T) -> Duration {
    (0..ROUNDS).map(|_| timed(&mut run).0).min().unwrap()
}

/// Random numbers that are the same in every run (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }
}

struct Heap {
    builder: HeapGraphBuilder,
    names: EdgeNames,
    numbers: Numbers,
    types: Vec<TypeIndex>,
    keys: Vec<EdgeName>,
    node_count: usize,
}

fn made_up(node_count: usize) -> HeapSnapshot {
    let mut heap = Heap::new(node_count);
    let mut node_names = NodeTexts::default();
    for position in 0..node_count {
        heap.visit(position, &mut node_names);
    }
    let module = |n: usize| Root {
        node: NodeIndex::new(n * (node_count / 600).max(1)),
        kind: RootKind::Module,
        name: format!("package.module_{n}"),
    };
    HeapSnapshot::new(SnapshotParts {
        graph: heap.builder.build().unwrap(),
        edge_names: Some(heap.names),
        node_names,
        values: NodeTexts::default(),
        roots: (0..600.min(node_count)).map(module).collect(),
        metadata: Metadata::default(),
    })
}

impl Heap {
    fn new(node_count: usize) -> Self {
        let mut builder = HeapGraphBuilder::default();
        let mut names = EdgeNames::default();
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        let words = [
            "dict", "list", "tuple", "str", "int", "function", "cell", "type",
        ];
        let class = |n: usize| HeapType {
            name: words
                .get(n)
                .map_or_else(|| format!("Class{n}"), |&word| word.into()),
            module: Some(
                if n < words.len() {
                    "builtins"
                } else {
                    "app.models"
                }
                .into(),
            ),
            node: None,
            is_heap_type: n >= words.len(),
        };
        let types = (0..3000).map(|n| builder.add_type(class(n))).collect();
        let keys = (0..4000)
            .map(|n| EdgeName::Key(names.text(&format!("'attribute_name_{n}'"))))
            .collect();
        // Arenas of 256 KiB, and objects within them in no order.
        let mut address = 0x7f00_0000_0000;
        for position in 0..node_count {
            address += match position % 4096 {
                0 => 1 << 18,
                _ => 48 + 16 * numbers.below(3) as u64,
            };
            builder.node_for_address(address).unwrap();
        }
        Self {
            builder,
            names,
            numbers,
            types,
            keys,
            node_count,
        }
    }

    /// Gives an object its type, its size and its references: 2.4 on average.
    fn visit(&mut self, position: usize, node_names: &mut NodeTexts) {
        let (ty, size, flags) = match self.numbers.below(100) {
            0..12 => {
                self.refer_by_keys(position, 12);
                (0, 232, NodeFlags::DICT)
            }
            12..14 => {
                self.refer_by_new_keys(position, 10);
                (0, 360, NodeFlags::DICT)
            }
            14..22 => {
                self.refer_by_positions(position, 7);
                (1, 120, NodeFlags::TRACKED)
            }
            22..42 => {
                self.refer_by_positions(position, 1);
                (2, 64, NodeFlags::TRACKED)
            }
            42..72 => (3, 49 + self.numbers.below(80) as u64, NodeFlags::default()),
            72..88 => (4, 28, NodeFlags::default()),
            88..90 => {
                node_names.push(
                    NodeIndex::new(position),
                    &format!("Class.method_{}", position % 50_000),
                );
                self.refer_by_positions(position, 3);
                (5, 152, NodeFlags::TRACKED)
            }
            _ => {
                let name = self.names.text("__dict__");
                self.refer(position, EdgeName::Attribute(name));
                (8 + self.numbers.below(2900), 48, NodeFlags::TRACKED)
            }
        };
        let count = 1 + self.numbers.below(3);
        self.builder.finish_node(NodeRecord {
            type_index: self.types[ty],
            shallow_size: size,
            reference_count: u32::try_from(count).unwrap(),
            flags: flags.with(NodeFlags::TRACKED),
        });
    }

    /// As in a program, mostly to what was made at the same time; else to what all share, such as
    /// classes, `None` and short strings.
    fn refer(&mut self, position: usize, name: EdgeName) {
        let target = match self.numbers.below(4) {
            0 => self.numbers.below(SHARED_COUNT.min(self.node_count)),
            _ => (position + self.numbers.below(200)) % self.node_count,
        };
        self.builder.add_edge(NodeIndex::new(target));
        self.names.push(name);
    }

    fn refer_by_keys(&mut self, position: usize, count: usize) {
        let first = self.numbers.below(self.keys.len() - count);
        for n in 0..count {
            self.refer(position, self.keys[first + n]);
        }
    }

    fn refer_by_new_keys(&mut self, position: usize, count: usize) {
        for n in 0..count {
            let key = self.names.text(&format!("'{position:08x}-{n}'"));
            self.refer(position, EdgeName::Key(key));
        }
    }

    fn refer_by_positions(&mut self, position: usize, count: usize) {
        for n in 0..count {
            self.refer(position, EdgeName::Index(n));
        }
    }
}
