//! References as they are spelled in a path.

use crate::analysis::RootChain;
use crate::graph::{CONTEXT_VARIABLES, EdgeLabel, FINALIZER, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// One or several references of a chain that are one step of its path: the namespace between an
/// object and its attribute, the cell between a function and its variable and the inner parts of a
/// context are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step in Python's spelling: `.sessions`, `['u7']`, `[3]`.
    pub text: String,
    /// The step as all that are like it have it: positions and keys are left out.
    pub generic: String,
    /// Number of references passed.
    pub length: usize,
}

impl RootChain {
    /// The steps from the root to the object.
    pub fn steps(&self) -> Vec<Step> {
        let labels: Vec<_> = self.labels.iter().cloned().map(Some).collect();
        spelled_steps(&labels)
    }
}

/// How a path that starts at an object begins: with the name of a module, or the function of a
/// frame, otherwise with the type.
pub fn path_start(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let name = snapshot.node_names().get(node);
    let is_module = snapshot.graph().flags(node).contains(NodeFlags::MODULE);
    if let Some(name) = name.filter(|_| is_module) {
        return name.to_owned();
    }
    let type_name = &snapshot.graph().type_of(node).name;
    match name.and_then(|name| name.split_once(" in ")) {
        Some((function, _)) => format!("<{type_name} {function}>"),
        None => format!("<{type_name}>"),
    }
}

/// The steps of a chain with these references; `None` stands for one that is not there any more.
pub fn spelled_steps(labels: &[Option<EdgeLabel>]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = labels;
    while !rest.is_empty() {
        let step = first_step(rest);
        rest = &rest[step.length..];
        steps.push(step);
    }
    steps
}

/// The first step of `labels`, which has one.
fn first_step(labels: &[Option<EdgeLabel>]) -> Step {
    let step = |text: String, length| Step {
        generic: text.clone(),
        text,
        length,
    };
    match labels {
        [
            Some(EdgeLabel::Attribute(dict)),
            Some(EdgeLabel::Key(key)),
            ..,
        ] if dict == "__dict__" => match identifier(key) {
            Some(name) => step(format!(".{name}"), 2),
            None => step(format!(".{dict}"), 1),
        },
        [
            Some(EdgeLabel::Attribute(tuple)),
            Some(EdgeLabel::Closure(name)),
            rest @ ..,
        ] if tuple == "__closure__" => {
            let is_cell =
                matches!(rest, [Some(EdgeLabel::Attribute(cell)), ..] if cell == "cell_contents");
            step(format!("<closure {name}>"), if is_cell { 3 } else { 2 })
        }
        [Some(EdgeLabel::Internal(part)), rest @ ..]
            if part == CONTEXT_VARIABLES && !rest.is_empty() =>
        {
            let inner = first_step(rest);
            Step {
                length: inner.length + 1,
                ..inner
            }
        }
        [
            Some(label @ (EdgeLabel::Closure(_) | EdgeLabel::Local(_))),
            rest @ ..,
        ] => {
            // A variable that functions share is in a cell.
            let is_cell =
                matches!(rest, [Some(EdgeLabel::Attribute(cell)), ..] if cell == "cell_contents");
            step(format!("<{label}>"), if is_cell { 2 } else { 1 })
        }
        [Some(label @ EdgeLabel::KeyObject(_)), ..] => Step {
            generic: "<key>".into(),
            ..step(format!("<{label}>"), 1)
        },
        [Some(label @ EdgeLabel::Key(key)), ..] if key.starts_with(FINALIZER) => {
            step(label.to_string(), 1)
        }
        [Some(label @ EdgeLabel::Key(_)), ..] => Step {
            generic: "['…']".into(),
            ..step(label.to_string(), 1)
        },
        [Some(label @ EdgeLabel::Index(_)), ..] => Step {
            generic: "[x]".into(),
            ..step(label.to_string(), 1)
        },
        [Some(label), ..] => step(label.to_string(), 1),
        [None, ..] | [] => step("<no reference any more>".into(), 1),
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
