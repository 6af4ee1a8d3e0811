//! Random graphs that are the same in every run.

use std::thread;

use heapgraph::graph::NodeFlags;

use crate::sketch::Sketch;

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// The numbers below `len` in any order (Fisher and Yates).
    pub(crate) fn order(&mut self, len: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..len).collect();
        for last in (1..len).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }

    /// Up to twelve nodes, from loose to dense, with self loops and parallel edges; among them
    /// dicts, strings, and instances of classes that are nodes.
    fn sketch(&mut self) -> Sketch {
        let node_count = 1 + self.below(12);
        let edge_count = self.below(3 * node_count);
        let mut sketch = Sketch::nodes(node_count);
        for position in 0..node_count {
            let name = format!("n{position}");
            sketch = match self.below(8) {
                0 => {
                    let class = format!("app.C{position}");
                    let instances =
                        format!("n{} n{}", self.below(node_count), self.below(node_count));
                    sketch.class(&name, &class).typed(&instances, &class)
                }
                1 | 2 => sketch.flagged(&name, NodeFlags::DICT),
                3 | 4 => sketch.typed(&name, "builtins.str"),
                5 => sketch.flagged(&name, NodeFlags::PROPER_MODULE),
                _ => sketch,
            };
        }
        for _ in 0..edge_count {
            let edge = (self.below(node_count), self.below(node_count));
            sketch.edges.push(edge);
        }
        sketch
    }
}

/// Runs a check on that many random graphs. The one that fails is printed.
pub(crate) fn for_random_sketches(count: u64, check: impl Fn(&Sketch, &mut Random)) {
    struct PrintIfFailed<'s>(u64, &'s Sketch);

    impl Drop for PrintIfFailed<'_> {
        #[expect(clippy::print_stdout, reason = "shown with the failing test only")]
        fn drop(&mut self) {
            if thread::panicking() {
                println!("random graph {}:\n{}", self.0, self.1);
            }
        }
    }

    for seed in 0..count {
        let mut random = Random::new(seed);
        let sketch = random.sketch();
        let _guard = PrintIfFailed(seed, &sketch);
        check(&sketch, &mut random);
    }
}
