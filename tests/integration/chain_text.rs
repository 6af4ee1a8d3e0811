//! Chains as text, one golden text for each kind of reference.

use heapgraph::graph::EdgeLabel;
use heapgraph::render::chain_text;

fn text(start: &str, objects: &[&str], labels: &[Option<EdgeLabel>]) -> String {
    let objects: Vec<String> = objects.iter().map(ToString::to_string).collect();
    chain_text(start, &objects, labels, &[]) + "\n"
}

/// The path and the second line of a chain of two objects.
#[track_caller]
fn assert_spelled(label: Option<EdgeLabel>, spelled: &str) {
    let expected = format!("app{spelled}\n\n  module app\n  {spelled}  Session\n");
    assert_eq!(text("app", &["module app", "Session"], &[label]), expected);
}

#[test]
fn every_kind_of_reference_has_its_spelling() {
    let name = || "cache".to_owned();
    assert_spelled(Some(EdgeLabel::attribute("cache")), ".cache");
    assert_spelled(Some(EdgeLabel::Key("'a b'".into())), "['a b']");
    assert_spelled(Some(EdgeLabel::Key("(1, 2)".into())), "[(1, 2)]");
    assert_spelled(Some(EdgeLabel::Index(3)), "[3]");
    assert_spelled(Some(EdgeLabel::Closure(name())), "<closure cache>");
    assert_spelled(Some(EdgeLabel::Local(name())), "<local cache>");
    assert_spelled(Some(EdgeLabel::SetElement), "<set element>");
    assert_spelled(Some(EdgeLabel::KeyObject("'k'".into())), "<key 'k'>");
    assert_spelled(Some(EdgeLabel::Internal("callback".into())), "<callback>");
    assert_spelled(None, "<no reference any more>");
}

#[test]
fn one_object_is_a_chain() {
    assert_eq!(text("app", &["module app"], &[]), "app\n\n  module app\n");
}

#[test]
fn a_namespace_is_passed_over_where_its_key_can_be_an_attribute() {
    let objects = ["module app", "dict", "list"];
    let through = |key: &str| {
        let labels = [
            Some(EdgeLabel::attribute("__dict__")),
            Some(EdgeLabel::Key(key.into())),
        ];
        text("app", &objects, &labels)
    };
    let attribute = "app.größe_2\n\n  module app\n  .größe_2  list\n";
    assert_eq!(through("'größe_2'"), attribute);
    for key in ["'a b'", "'2a'", "''", "2", "'it\\'s'"] {
        let path = format!("app.__dict__[{key}]");
        assert_eq!(through(key).lines().next(), Some(path.as_str()));
    }
}

#[test]
fn a_namespace_at_the_end_is_an_attribute() {
    let labels = [Some(EdgeLabel::attribute("__dict__"))];
    let expected = "app.__dict__\n\n  module app\n  .__dict__  dict\n";
    assert_eq!(text("app", &["module app", "dict"], &labels), expected);
}

#[test]
fn the_cell_of_a_closure_is_passed_over() {
    let labels = [
        Some(EdgeLabel::attribute("handler")),
        Some(EdgeLabel::attribute("__closure__")),
        Some(EdgeLabel::Closure("self".into())),
        Some(EdgeLabel::attribute("cell_contents")),
        Some(EdgeLabel::Index(0)),
    ];
    let objects = ["module app", "function", "tuple", "cell", "list", "Session"];
    let expected = "\
app.handler<closure self>[0]

  module app
  .handler        function
  <closure self>  list
  [0]             Session
";
    assert_eq!(text("app", &objects, &labels), expected);
    // The chain may end at the cell itself.
    let expected = "\
app.handler<closure self>

  module app
  .handler        function
  <closure self>  cell
";
    assert_eq!(text("app", &objects[..4], &labels[..3]), expected);
}

#[test]
fn lines_are_aligned_by_characters_and_have_no_blanks_at_the_end() {
    let labels = [
        Some(EdgeLabel::attribute("größen")),
        Some(EdgeLabel::Index(1)),
    ];
    let expected = "app.größen[1]\n\n  module app\n  .größen  list\n  [1]\n";
    assert_eq!(text("app", &["module app", "list", ""], &labels), expected);
}
