//! Names of references without the keys of dicts.

use heapgraph::graph::{EdgeLabel, EdgeNames, NodeSet};
use heapgraph::snapshot::{Namespaces, without_keys};

use crate::sketch::Sketch;

/// The names of the references of a heap of one holder, with their keys left out.
fn names_left(
    labels: &[(&str, EdgeLabel)],
    namespaces: impl Fn(NodeSet) -> Namespaces,
) -> Vec<String> {
    let held = labels.iter().map(|(name, _)| format!("holder -> {name}"));
    let sketch = Sketch::new(&held.collect::<Vec<_>>().join(", "));
    let mut sketch = sketch.typed("holder", "builtins.dict");
    for (name, _) in labels {
        if let Some(ty) = name
            .strip_prefix("key_")
            .and_then(|rest| rest.split('_').next())
        {
            sketch = sketch.typed(name, &format!("builtins.{ty}"));
        }
    }
    let drawn = sketch.build();
    let mut names = EdgeNames::default();
    for (_, label) in labels {
        names.push_label(label);
    }
    let left = without_keys(&names, &drawn.graph, &namespaces(drawn.set(""))).unwrap();
    for (position, text) in left.texts().iter().enumerate() {
        assert!(!text.contains("secret"), "text {position}: {text}");
    }
    (0..left.len())
        .map(|position| left.label(position).to_string())
        .collect()
}

fn entry(key: &str) -> [EdgeLabel; 2] {
    [EdgeLabel::KeyObject(key.into()), EdgeLabel::Key(key.into())]
}

fn no_namespaces(of_attributes: NodeSet) -> Namespaces {
    Namespaces {
        of_attributes,
        of_modules: None,
    }
}

#[test]
fn of_a_key_its_type_is_left() {
    let [text, under_text] = entry("'secret'");
    let [number, under_number] = entry("4242");
    let [pair, under_pair] = entry("('secret', <User>)");
    let [class, under_class] = entry("<class app.User>");
    let left = names_left(
        &[
            ("key_str", text),
            ("a", under_text),
            ("key_int", number),
            ("b", under_number),
            ("key_tuple", pair),
            ("c", under_pair),
            ("key_type", class),
            ("d", under_class),
            // A value whose key is not there.
            ("e", EdgeLabel::Key("'secret too'".into())),
            ("f", EdgeLabel::Index(3)),
            ("g", EdgeLabel::attribute("users")),
            ("h", EdgeLabel::attribute("secret@example.org")),
            ("i", EdgeLabel::Local("x".into())),
        ],
        no_namespaces,
    );
    assert_eq!(
        left,
        [
            "key <str>",
            "[<str>]",
            "key <int>",
            "[<int>]",
            "key <tuple>",
            "[<tuple>]",
            "key <class app.User>",
            "[<class app.User>]",
            "[<key>]",
            "[3]",
            ".users",
            ".<str>",
            "local x",
        ]
    );
}

#[test]
fn a_namespace_keeps_what_could_be_an_attribute() {
    let [name, under_name] = entry("'users'");
    let [text, under_text] = entry("'secret@example.org'");
    let [number, under_number] = entry("'4111111111111111'");
    let labels = [
        ("key_str_1", name),
        ("a", under_name),
        ("key_str_2", text),
        ("b", under_text),
        ("key_str_3", number),
        ("c", under_number),
    ];
    let left = names_left(&labels, |mut of_attributes| {
        of_attributes.insert(heapgraph::graph::NodeIndex::from_u32(0));
        no_namespaces(of_attributes)
    });
    assert_eq!(left[..2], ["key 'users'", "['users']"]);
    assert_eq!(left[2..], ["key <str>", "[<str>]"].repeat(2));
}

#[test]
fn the_table_of_modules_keeps_all_names() {
    let [name, under_name] = entry("'app.users-2'");
    let left = names_left(&[("key_str", name), ("a", under_name)], |of_attributes| {
        Namespaces {
            of_attributes,
            of_modules: Some(heapgraph::graph::NodeIndex::from_u32(0)),
        }
    });
    assert_eq!(left, ["key 'app.users-2'", "['app.users-2']"]);
}
