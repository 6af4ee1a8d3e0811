//! Which extension modules may hold an object from outside the heap, and why.

use heapgraph::analysis::{Candidate, CompiledHolders, Reason};
use heapgraph::graph::{EdgeLabel, NodeIndex};
use heapgraph::render::text::compiled_holders_words;

use crate::written_heap::{WrittenHeap, key};

fn attribute(name: &str) -> EdgeLabel {
    EdgeLabel::attribute(name)
}

/// A heap with an extension module, which has a loader of its own; a module of Python has another.
fn heap() -> WrittenHeap {
    let mut heap = WrittenHeap::new();
    let extension = heap.module("shop._codec");
    let loader = "_frozen_importlib_external.ExtensionFileLoader";
    heap.held(extension, key("__loader__"), loader, 10);
    let loader = "_frozen_importlib_external.SourceFileLoader";
    heap.global("__loader__", loader, 10);
    heap
}

fn candidates(heap: &WrittenHeap, node: usize) -> Vec<Candidate> {
    let found = CompiledHolders::of(&heap.build(), NodeIndex::new(node)).unwrap();
    assert_eq!(found.loaded_modules, 1);
    found.candidates
}

fn candidate(module: &str, reason: Reason) -> Candidate {
    Candidate {
        module: module.into(),
        reason,
    }
}

fn hides(holder: Option<&str>) -> Candidate {
    candidate(
        "shop._codec",
        Reason::Hides {
            type_name: "shop._codec.Reader".into(),
            holder: holder.map(str::to_owned),
        },
    )
}

#[test]
fn what_is_near_and_shows_no_references_comes_into_question() {
    // app.client -> dict -> options; the dict -> reader, which hides that it holds the options.
    let mut heap = heap();
    heap.opaque("shop._codec.Reader");
    let client = heap.global("client", "app.Client", 10);
    let namespace = heap.held(client, attribute("__dict__"), "builtins.dict", 10);
    let options = heap.held(namespace, key("options"), "app.Options", 10);
    heap.held(namespace, key("reader"), "shop._codec.Reader", 10);
    heap.hold_from_outside(options, 2);
    assert_eq!(candidates(&heap, options), [hides(Some("app.Client"))]);
    let snapshot = heap.build();
    let found = CompiledHolders::of(&snapshot, NodeIndex::new(options)).unwrap();
    let words = compiled_holders_words(&snapshot, &found, false, false);
    assert_eq!(
        words[1],
        "  shop._codec: Client holds a shop._codec.Reader, whose type shows no references"
    );
    assert!(words[0].contains("2 references that were taken and not given back"));
    assert!(words[2].contains("heapgraph.register_referents(shop._codec.Reader, ...)"));

    // In the other direction: the object itself holds one.
    let other = heap.global("other", "app.Options", 10);
    let list = heap.held(other, attribute("readers"), "builtins.list", 10);
    heap.held(list, EdgeLabel::Index(0), "shop._codec.Reader", 10);
    heap.hold_from_outside(other, 1);
    assert_eq!(candidates(&heap, other), [hides(None)]);
}

#[test]
fn only_so_many_neighbours_are_looked_at() {
    // Readers of a list are each looked at once; what a list holds behind 10,000 others is not.
    for (count, is_found) in [(100, true), (20_000, false)] {
        let mut heap = heap();
        heap.opaque("shop._codec.Reader");
        heap.opaque("shop._codec.Writer");
        let list = heap.global("readers", "builtins.list", 10);
        let readers = |heap: &mut WrittenHeap| {
            for position in 0..count {
                heap.held(list, EdgeLabel::Index(position), "shop._codec.Reader", 10);
            }
        };
        readers(&mut heap);
        heap.held(list, EdgeLabel::Index(count), "shop._codec.Writer", 10);
        heap.hold_from_outside(list, 1);
        let found = candidates(&heap, list);
        assert_eq!(found[0], hides(None));
        assert_eq!(found.len() == 2, is_found, "{count}");
    }
}

#[test]
fn what_only_a_module_or_a_number_connects_does_not() {
    let mut heap = heap();
    heap.opaque("shop._codec.Reader");
    let options = heap.global("options", "app.Options", 10);
    let reader = heap.global("reader", "shop._codec.Reader", 10);
    let client = heap.global("client", "app.Client", 10);
    let number = heap.held(options, attribute("number"), "builtins.int", 10);
    heap.refer(client, attribute("number"), number);
    heap.refer(client, attribute("reader"), reader);
    heap.hold_from_outside(options, 1);
    assert_eq!(candidates(&heap, options), []);
    let snapshot = heap.build();
    let found = CompiledHolders::of(&snapshot, NodeIndex::new(options)).unwrap();
    let words = compiled_holders_words(&snapshot, &found, true, false);
    assert!(
        words[1].contains("nothing near it is compiled"),
        "{words:?}"
    );
    assert_eq!(words.len(), 2);
}

#[test]
fn the_module_of_the_type_of_its_base_and_of_its_package_come_into_question() {
    let mut heap = heap();
    let own = heap.add("shop._codec.Options", 10);
    let packaged = heap.add("shop.models.Options", 10);
    heap.hold_from_outside(own, 1);
    heap.hold_from_outside(packaged, 1);
    assert_eq!(
        candidates(&heap, own),
        [candidate("shop._codec", Reason::ItsType)]
    );
    assert_eq!(
        candidates(&heap, packaged),
        [candidate("shop._codec", Reason::ItsPackage)]
    );

    // class Handler(shop._codec.Base), with an instance of each.
    let base = heap.add("builtins.type", 10);
    heap.name(base, "Base");
    heap.class(base, "shop._codec.Base");
    heap.add("shop._codec.Base", 10);
    let class = heap.add("builtins.type", 10);
    heap.class(class, "app.Handler");
    let mro = heap.held(class, attribute("__mro__"), "builtins.tuple", 10);
    heap.refer(mro, EdgeLabel::Index(0), class);
    heap.refer(mro, EdgeLabel::Index(1), base);
    let handler = heap.add("app.Handler", 10);
    heap.hold_from_outside(handler, 1);
    assert_eq!(
        candidates(&heap, handler),
        [candidate(
            "shop._codec",
            Reason::ItsBase("shop._codec.Base".into())
        )]
    );
    heap.hold_from_outside(base, 3);
    assert_eq!(
        candidates(&heap, base),
        [candidate("shop._codec", Reason::ItsClass)]
    );
}

#[test]
fn a_module_of_the_interpreter_itself_is_no_candidate() {
    let mut heap = heap();
    for type_name in ["collections.deque", "itertools.count"] {
        heap.make_static(type_name);
        let node = heap.add(type_name, 10);
        heap.hold_from_outside(node, 1);
        assert_eq!(candidates(&heap, node), [], "{type_name}");
    }
}

#[test]
fn what_is_explained_needs_no_holder() {
    let mut heap = heap();
    let options = heap.global("options", "shop._codec.Options", 10);
    assert_eq!(
        CompiledHolders::of(&heap.build(), NodeIndex::new(options)),
        None
    );
}
