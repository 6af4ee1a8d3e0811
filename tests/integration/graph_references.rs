//! References that explain nothing: of an instance to its class, and of a dict to string keys.

use heapgraph::graph::NodeFlags;

use crate::random::for_random_sketches;
use crate::sketch::Sketch;

#[test]
fn an_instance_that_holds_its_class_in_another_way_too_says_so() {
    // plain -> K by being its instance; rich -> K by an attribute too; other -> K by an attribute
    let sketch = Sketch::new("plain -> K, rich -> K, rich -> K, other -> K, number -> int")
        .class("K", "app.K")
        .static_class("int", "builtins.int")
        .typed("plain rich", "app.K")
        .typed("number", "builtins.int");
    let drawn = sketch.build();
    let is_only_instance = |a, b| drawn.graph.is_only_instance_of(drawn[a], drawn[b]);
    assert!(is_only_instance("plain", "K"));
    assert!(!is_only_instance("rich", "K"));
    assert!(!is_only_instance("other", "K"));
    assert!(!is_only_instance("number", "int"));
    assert!(!is_only_instance("plain", "other"));
}

#[test]
fn a_string_key_is_told_from_a_string_value() {
    // {key: value, both: both, 7: value}, and a list that starts with the same string
    let sketch = Sketch::new(
        "dict -> key, dict -> value, dict -> both, dict -> both, dict -> seven, dict -> value, \
         list -> key, dict -> odd, dict -> seven",
    )
    .typed("key value both", "builtins.str")
    .typed("odd", "app.str")
    .flagged("dict", NodeFlags::DICT);
    let drawn = sketch.build();
    let graph = &drawn.graph;
    let keys: Vec<bool> = (0..8)
        .map(|n| graph.is_string_key(drawn["dict"], n))
        .collect();
    assert_eq!(keys, [true, false, true, false, false, false, false, false]);
    assert!(!graph.is_string_key(drawn["list"], 0));
    let is_only_key = |a, b| graph.is_only_string_key(drawn[a], drawn[b]);
    assert!(is_only_key("dict", "key"));
    assert!(!is_only_key("dict", "value"));
    assert!(!is_only_key("dict", "both"));
    assert!(!is_only_key("dict", "seven"));
    assert!(!is_only_key("dict", "odd"));
    assert!(!is_only_key("list", "key"));
}

#[test]
fn references_that_explain_nothing_are_those_drawn() {
    for_random_sketches(300, |sketch, _| {
        let graph = &sketch.build().graph;
        for holder in graph.nodes() {
            for (position, &held) in graph.referents(holder).iter().enumerate() {
                assert_eq!(
                    graph.is_string_key(holder, position),
                    sketch.is_string_key(holder.index(), position),
                );
                assert_eq!(
                    graph.is_only_instance_of(holder, held),
                    sketch.is_only_instance_of(holder.index(), held.index()),
                );
                let referents = sketch.referents(holder.index()).into_iter().enumerate();
                let mut same = referents.filter(|&(_, other)| other == held.index());
                assert_eq!(
                    graph.is_only_string_key(holder, held),
                    same.all(|(other, _)| sketch.is_string_key(holder.index(), other)),
                );
            }
        }
    });
}
