//! A reference chain as text.

use std::borrow::Cow;

use super::one_line::one_line;
use crate::analysis::spelled_steps;
use crate::graph::EdgeLabel;

/// A chain in words: first the whole chain in Python's spelling, then a line for each object with
/// the reference that leads to it. The namespace between an object and its attribute, and the
/// cell between a function and its variable, are passed over, as are the inner parts of a context.
///
/// `objects` has a text for each object; `labels` the reference from each to the next, `None`
/// where there is none any more. `start` spells the first object in the path. `remarks` come last. Whatever
/// the names say, each object and remark has one line ([`one_line`]). The last line has no line break.
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
/// let remarks = ["and your variable `session`".into()];
/// assert_eq!(chain_text("app", &objects, &labels, &remarks), "\
/// app.sessions[3]
///
///   module app
///   .sessions  list, 4 items
///   [3]        Session
/// and your variable `session`");
/// ```
pub fn chain_text(
    start: &str,
    objects: &[String],
    labels: &[Option<EdgeLabel>],
    remarks: &[String],
) -> String {
    let object = |position| one_line(objects.get(position).map_or("", String::as_str));
    let mut lines = vec![(Cow::from(""), object(0))];
    let mut position = 0;
    for step in spelled_steps(labels) {
        position += step.length;
        lines.push((one_line(&step.text).into_owned().into(), object(position)));
    }
    let path: String = lines.iter().map(|(spelled, _)| spelled.as_ref()).collect();
    let width = lines
        .iter()
        .map(|(spelled, _)| spelled.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = format!("{}{path}\n", one_line(start));
    for (position, (spelled, object)) in lines.iter().enumerate() {
        let line = if position == 0 {
            format!("  {object}")
        } else {
            format!("  {spelled:width$}  {object}")
        };
        text.push('\n');
        text.push_str(line.trim_end());
    }
    for remark in remarks {
        text.push('\n');
        text.push_str(&one_line(remark));
    }
    text
}
