//! Histograms, their differences, and names of types.

use heapgraph::analysis::{
    ChangeKind, HeapDiff, Histogram, Tally, TypeOrder, TypePattern, TypeTally, samples,
};
use heapgraph::graph::NodeIndex;

use crate::random::Random;
use crate::sketch::Sketch;

fn histogram(rows: &[(&str, u64, u64)]) -> Histogram {
    let row = |&(name, count, bytes): &(&str, u64, u64)| TypeTally {
        type_name: name.into(),
        tally: Tally { count, bytes },
    };
    Histogram {
        types: rows.iter().map(row).collect(),
    }
}

#[test]
fn types_of_one_name_are_counted_together_in_any_order_of_capture() {
    let sketch = Sketch::new("a, b, c, d")
        .typed("a", "app.B")
        .typed("b", "app.A")
        .typed("c", "app.B")
        .typed("d", "C");
    let expected = histogram(&[("C", 1, 0), ("app.A", 1, 0), ("app.B", 2, 0)]);
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        assert_eq!(
            Histogram::new(&sketch.build_in_order(&order).graph),
            expected
        );
    }
}

#[test]
fn ties_are_broken_by_the_other_measure_and_then_by_name() {
    let mut heap = histogram(&[("d", 1, 8), ("c", 2, 8), ("b", 2, 9), ("a", 2, 8)]);
    let mut order = |order| {
        heap.sort(order);
        let names = heap.types.iter().map(|row| row.type_name.as_str());
        names.collect::<String>()
    };
    assert_eq!(order(TypeOrder::Count), "bacd");
    assert_eq!(order(TypeOrder::Bytes), "bacd");
    assert_eq!(order(TypeOrder::Name), "abcd");
}

#[test]
fn each_kind_of_change_is_told() {
    let base = histogram(&[
        ("fewer", 2, 8),
        ("gone", 1, 8),
        ("less", 1, 8),
        ("more", 1, 8),
        ("same", 1, 8),
    ]);
    let current = histogram(&[
        ("fewer", 1, 9),
        ("less", 1, 7),
        ("more", 1, 9),
        ("new", 1, 0),
        ("same", 1, 8),
    ]);
    let diff = HeapDiff::new(base, current);
    let changes = diff.changes.iter();
    let changes: Vec<_> = changes
        .map(|row| (row.type_name.as_str(), row.kind().unwrap()))
        .collect();
    let expected = [
        ("new", ChangeKind::Added),
        ("more", ChangeKind::Grown),
        ("less", ChangeKind::Shrunk),
        ("fewer", ChangeKind::Shrunk),
        ("gone", ChangeKind::Removed),
    ];
    assert_eq!(changes, expected);
    assert_eq!(
        diff.total.base,
        Tally {
            count: 6,
            bytes: 40
        }
    );
    assert_eq!(
        diff.total.current,
        Tally {
            count: 5,
            bytes: 33
        }
    );
    assert_eq!(diff.total.kind(), Some(ChangeKind::Shrunk));
}

#[test]
fn a_diff_turns_the_base_into_the_current_heap() {
    let mut random = Random::new(11);
    for _ in 0..200 {
        let mut heap = || {
            let names = ["a", "b", "c", "d", "e"].into_iter();
            let mut rows = Vec::new();
            for name in names {
                if random.below(3) > 0 {
                    let (count, bytes) = (1 + random.below(3) as u64, random.below(3) as u64);
                    rows.push((name, count, bytes));
                }
            }
            histogram(&rows)
        };
        let (base, current) = (heap(), heap());
        let diff = HeapDiff::new(base.clone(), current.clone());
        let mut rebuilt = base;
        for change in &diff.changes {
            rebuilt
                .types
                .retain(|row| row.type_name != change.type_name);
            if change.current.count > 0 {
                rebuilt.types.push(TypeTally {
                    type_name: change.type_name.clone(),
                    tally: change.current,
                });
            }
        }
        rebuilt.sort(TypeOrder::Name);
        assert_eq!(rebuilt, current);
    }
}

/// Whether a pattern matches a text, by trying everything that a `*` can stand for.
fn matches_by_trying(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            (0..=text.len()).any(|length| matches_by_trying(rest, &text[length..]))
        }
        ([b'?', pattern @ ..], [_, text @ ..]) => matches_by_trying(pattern, text),
        ([a, pattern @ ..], [b, text @ ..]) => a == b && matches_by_trying(pattern, text),
        _ => false,
    }
}

#[test]
fn wildcards_match_what_trying_everything_matches() {
    let mut random = Random::new(12);
    let mut word = |letters: &[u8], longest: usize| {
        let length = random.below(longest + 1);
        let letters = (0..length).map(|_| char::from(letters[random.below(letters.len())]));
        letters.collect::<String>()
    };
    let mut matched = 0;
    for _ in 0..20_000 {
        let (pattern, text) = (word(b"ab*?", 6), word(b"ab", 8));
        let expected = matches_by_trying(pattern.as_bytes(), text.as_bytes());
        matched += usize::from(expected);
        assert_eq!(
            TypePattern::new(pattern.as_str()).matches(&text),
            expected,
            "{pattern} {text}"
        );
    }
    assert!(matched > 1000, "only {matched}");
}

#[test]
fn a_name_is_that_of_the_type_with_or_without_its_module() {
    let matches = |pattern: &str, name: &str| TypePattern::new(pattern).matches(name);
    assert!(matches("Session", "app.models.Session"));
    assert!(matches("app.models.Session", "app.models.Session"));
    assert!(matches("app.*", "app.models.Session"));
    assert!(matches("Größe?", "app.Größen"));
    assert!(!matches("models.Session", "app.models.Session"));
    assert!(!matches("app", "app.models.Session"));
    assert!(!matches("", "app.models.Session"));
}

#[test]
fn close_names_come_nearest_first_and_only_of_objects_there_are() {
    let heap = Sketch::new("a, b, c, d")
        .typed("a", "app.Session")
        .typed("b", "app.SessionPool")
        .typed("c", "app.Mission")
        .typed("d", "builtins.list");
    let graph = heap.build().graph;
    let close = |name: &str| TypePattern::new(name).close_names(&graph, 3).join(" ");
    assert_eq!(close("session"), "app.Session app.SessionPool app.Mission");
    assert_eq!(close("Sessoin"), "app.Session");
    assert_eq!(close("app.Sesion"), "app.Session app.Mission");
    assert_eq!(close("lst"), "builtins.list");
    assert_eq!(close("x"), "");
}

#[test]
fn samples_are_different_and_spread() {
    let nodes: Vec<NodeIndex> = (0..10).map(NodeIndex::new).collect();
    let positions = |count| {
        let samples = samples(&nodes, count);
        samples.iter().map(|node| node.index()).collect::<Vec<_>>()
    };
    assert!(positions(0).is_empty());
    assert_eq!(positions(1), [5]);
    assert_eq!(positions(2), [2, 7]);
    assert_eq!(positions(5), [1, 3, 5, 7, 9]);
    assert_eq!(positions(20), (0..10).collect::<Vec<_>>());
    assert!(samples(&[], 3).is_empty());
}
