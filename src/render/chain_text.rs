//! A reference chain as text.

use crate::graph::{CONTEXT_VARIABLES, EdgeLabel};

/// A chain in words: first the whole chain in Python's spelling, then a line for each object with
/// the reference that leads to it. The namespace between an object and its attribute, and the
/// cell between a function and its variable, are passed over, as are the inner parts of a context.
///
/// `objects` has a text for each object; `labels` the reference from each to the next, `None`
/// where there is none any more. `start` spells the first object in the path. The last line has no
/// line break.
///
/// ```
/// use heapgraph::graph::EdgeLabel;
/// use heapgraph::render::chain_text;
///
/// let objects = ["module app", "dict", "list, 4 items", "Session"].map(String::from);
/// let labels = [
///     Some(EdgeLabel::attribute("__dict__")),
///     Some(EdgeLabel::Key("'sessions'".into())),
///     Some(EdgeLabel::Index(3)),
/// ];
/// assert_eq!(chain_text("app", &objects, &labels), "\
/// app.sessions[3]
///
///   module app
///   .sessions  list, 4 items
///   [3]        Session");
/// ```
pub fn chain_text(start: &str, objects: &[String], labels: &[Option<EdgeLabel>]) -> String {
    let mut lines = vec![(String::new(), objects.first().map_or("", String::as_str))];
    let mut step = 0;
    while step < labels.len() {
        let (spelled, length) = spell(&labels[step..]);
        step += length;
        lines.push((spelled, objects.get(step).map_or("", String::as_str)));
    }
    let path: String = lines.iter().map(|(spelled, _)| spelled.as_str()).collect();
    let width = lines
        .iter()
        .map(|(spelled, _)| spelled.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = format!("{start}{path}\n");
    for (position, (spelled, object)) in lines.iter().enumerate() {
        let line = if position == 0 {
            format!("  {object}")
        } else {
            format!("  {spelled:width$}  {object}")
        };
        text.push('\n');
        text.push_str(line.trim_end());
    }
    text
}

/// The first reference of `labels` as part of a path, and how many references that covers.
fn spell(labels: &[Option<EdgeLabel>]) -> (String, usize) {
    match labels {
        [
            Some(EdgeLabel::Attribute(dict)),
            Some(EdgeLabel::Key(key)),
            ..,
        ] if dict == "__dict__" => match identifier(key) {
            Some(name) => (format!(".{name}"), 2),
            None => (format!(".{dict}"), 1),
        },
        [
            Some(EdgeLabel::Attribute(tuple)),
            Some(EdgeLabel::Closure(name)),
            rest @ ..,
        ] if tuple == "__closure__" => {
            let is_cell =
                matches!(rest, [Some(EdgeLabel::Attribute(cell)), ..] if cell == "cell_contents");
            (format!("<closure {name}>"), if is_cell { 3 } else { 2 })
        }
        [
            Some(label @ (EdgeLabel::Closure(_) | EdgeLabel::Local(_) | EdgeLabel::KeyObject(_))),
            ..,
        ] => (format!("<{label}>"), 1),
        [Some(EdgeLabel::Internal(part)), rest @ ..] if part == CONTEXT_VARIABLES => {
            let (spelled, length) = spell(rest);
            (spelled, 1 + length)
        }
        [Some(label), ..] => (label.to_string(), 1),
        [] => (String::new(), 0),
        [None, ..] => ("<no reference any more>".into(), 1),
    }
}

/// The name that a spelled string key stands for, if it could be an attribute.
fn identifier(key: &str) -> Option<&str> {
    let name = key.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut characters = name.chars();
    let starts_well = characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    (starts_well && characters.all(|c| c.is_alphanumeric() || c == '_')).then_some(name)
}
