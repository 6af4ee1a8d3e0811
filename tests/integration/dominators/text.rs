//! What is said of heaps that are deep or wide.

use heapgraph::analysis::{DominatorTree, Owner};
use heapgraph::graph::NodeIndex;
use heapgraph::render::text::{Style, owners_text, retained_text};
use heapgraph::snapshot::HeapSnapshot;

use super::{Object, heap};

/// 30 objects of 10 bytes in a row, the first of them a root.
fn chain() -> HeapSnapshot {
    let object = |number: usize| Object {
        size: 10,
        reference_count: u32::from(number > 0),
        referents: (number < 29).then_some(number + 1).into_iter().collect(),
        ..Object::default()
    };
    let objects: Vec<Object> = (0..30).map(object).collect();
    heap(&objects, &[0])
}

#[test]
fn of_a_long_descent_the_beginning_and_the_end_are_shown() {
    let snapshot = chain();
    let tree = DominatorTree::new(&snapshot);
    let owners = Owner::largest(&tree, 3);
    // Below the third from the end less than seven tenths are left.
    assert_eq!(owners[0].descent.len(), 27);
    let expected = "\
retained   share  objects  address   object                                           path
     300  100.0%       30  0x100000  object                                           <object>
     290   96.7%       29  0x100010    <unnamed>: object
     280   93.3%       28  0x100020      <unnamed>: object
     270   90.0%       27  0x100030        <unnamed>: object
     260   86.7%       26  0x100040          <unnamed>: object
     250   83.3%       25  0x100050            <unnamed>: object
     240   80.0%       24  0x100060              <unnamed>: object
      30   10.0%        3  0x1001b0                (after 20 more) <unnamed>: object
     300  100.0%       30            all that is alive
";
    assert_eq!(
        owners_text(&snapshot, &tree, &owners, Style::Plain),
        expected
    );
}

#[test]
fn of_many_dominators_the_nearest_are_shown() {
    let snapshot = chain();
    let tree = DominatorTree::new(&snapshot);
    let text = |number| {
        let node = NodeIndex::new(number);
        retained_text(&snapshot, &tree, node, 5, Style::Plain)
    };
    let many = text(21);
    assert_eq!(many.matches(": object\n").count(), 20 + 1, "{many}");
    assert!(
        many.contains("\n                             (more)\n"),
        "{many}"
    );
    assert!(!text(20).contains("(more)"));
}

#[test]
fn what_is_dominated_and_not_shown_is_in_one_row() {
    // 0 refers to 1, 2, 3, 4
    let mut objects = vec![
        Object {
            size: 5,
            ..Object::default()
        };
        5
    ];
    objects[0].referents = (1..5).collect();
    let snapshot = heap(&objects, &[0]);
    let tree = DominatorTree::new(&snapshot);
    let expected = "\
builtins.object at 0x100000, 5 bytes, reference count 0

retains 25 bytes in 5 objects, 100.0% of the heap

retained  objects  address  dominated by
      25        5           the roots

retained  objects  address   dominates
       5        1  0x100010  <unnamed>: object
      15        3            (3 more)
";
    let node = NodeIndex::new(0);
    assert_eq!(
        retained_text(&snapshot, &tree, node, 1, Style::Plain),
        expected
    );
}
