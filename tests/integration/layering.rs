//! Each layer uses only those below it: the arrows of `docs/architecture.md`, checked line by line.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of `src` and what it may use besides itself.
const RULES: [(&str, &[&str]); 10] = [
    ("whole_file", &[]),
    ("process", &[]),
    ("graph", &["process"]),
    ("snapshot", &["graph", "process", "whole_file"]),
    ("analysis", &["graph", "snapshot", "process"]),
    ("render", &["graph", "snapshot", "analysis", "whole_file"]),
    (
        "cli",
        &[
            "graph",
            "snapshot",
            "analysis",
            "render",
            "process",
            "whole_file",
        ],
    ),
    ("capture", &["graph", "snapshot", "process"]),
    (
        "python",
        &[
            "graph", "snapshot", "analysis", "render", "cli", "capture", "process",
        ],
    ),
    ("main", &["cli"]),
];

#[test]
fn no_layer_uses_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect_sources(&root.join("src"), &mut files);
    assert!(files.len() > 20, "only {} files found", files.len());
    let mut found = Vec::new();
    for file in files {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap();
        let source = fs::read_to_string(&file).unwrap();
        found.extend(violations(&path.replace('\\', "/"), &source));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Making a string in `pyo3::intern!` lets other threads run, which the capture can not bear.
#[test]
fn names_are_interned_with_the_interpreter_held() {
    let mut files = Vec::new();
    collect_sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    for file in files {
        let source = without_comments(&fs::read_to_string(&file).unwrap());
        let is_used = ["pyo3::intern;", "pyo3::intern!", "sync::PyOnceLock"]
            .iter()
            .any(|name| source.contains(name));
        assert!(!is_used, "{}: use capture::interned", file.display());
    }
}

fn collect_sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// One message for each arrow in a file that no rule allows. `lib.rs` only lists the layers.
fn violations(path: &str, source: &str) -> Vec<String> {
    let module = module_path(path);
    let Some(&layer) = module.first().filter(|&&layer| layer != "lib") else {
        return Vec::new();
    };
    let Some((_, allowed)) = RULES.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{path}: no rule says what `{layer}` may use")];
    };
    let source = without_comments(source);
    let is_forbidden = |&&(_, used): &&(usize, &str)| {
        let is_layer = RULES.iter().any(|(name, _)| *name == used);
        is_layer && used != layer && !allowed.contains(&used)
    };
    let message = |&(line, used): &(usize, &str)| {
        let rule = match allowed {
            [] => "nothing".into(),
            _ => allowed.join(", "),
        };
        format!("{path}:{line}: `{layer}` uses `{used}`, but may use only: {rule}")
    };
    let used = layers_used(&module, &source);
    used.iter().filter(is_forbidden).map(message).collect()
}

/// The modules that lead to a file, outermost first.
fn module_path(path: &str) -> Vec<&str> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner.trim_end_matches("/mod").split('/').collect()
}

/// Comments become empty, so that lines keep their numbers.
fn without_comments(source: &str) -> String {
    let code = |line| str::split_once(line, "//").map_or(line, |(code, _)| code);
    source.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// Every layer that a path in `source` starts at, with its line.
fn layers_used<'s>(module: &[&str], source: &'s str) -> Vec<(usize, &'s str)> {
    let to_root = "super::".repeat(module.len());
    let mut used = Vec::new();
    for start in ["crate::", "heapgraph::", &to_root] {
        for (position, _) in source.match_indices(start) {
            let is_whole = !source[..position].ends_with(|c: char| is_word(c) || c == ':');
            let rest = &source[position + start.len()..];
            let line = 1 + source[..position].matches('\n').count();
            if is_whole {
                used.extend(first_segments(rest).into_iter().map(|name| (line, name)));
            }
        }
    }
    used
}

/// `graph` of `graph::X`, `graph` and `render` of `{graph::{A, B}, render}`.
fn first_segments(path: &str) -> Vec<&str> {
    let word = |text: &'_ str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    let Some(group) = path.strip_prefix('{') else {
        return vec![&path[..word(path)]];
    };
    let mut segments = Vec::new();
    let mut depth = 1;
    let mut is_first = true;
    for (position, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' => is_first = depth == 1,
            _ if is_word(c) && is_first => {
                segments.push(&group[position..position + word(&group[position..])]);
                is_first = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    segments
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn a_forbidden_arrow_is_named_with_file_line_and_rule() {
    let found = violations(
        "src/graph/csr.rs",
        "//! Edges.\n\nuse crate::render::View;\n",
    );
    let message = "src/graph/csr.rs:3: `graph` uses `render`, but may use only: process";
    assert_eq!(found, [message]);
    let found = violations("src/capture/walk.rs", "use crate::analysis::Direction;");
    let message = "src/capture/walk.rs:1: `capture` uses `analysis`, but may use only: graph, snapshot, process";
    assert_eq!(found, [message]);
}

#[test]
fn a_forbidden_arrow_is_found_however_it_is_written() {
    for source in [
        "use crate::python;",
        "pub(crate) use crate::python::X;",
        "use crate::{graph::{A, B}, python::{C, D}};",
        "use crate::{\n    graph::A,\n    python,\n};",
        "fn f(x: &crate::python::X) {}",
        "use super::super::python::X;",
        "use super::super::{python::X, graph};",
        "use heapgraph::python::X;",
    ] {
        let found = violations("src/analysis/chain.rs", source);
        assert_eq!(found.len(), 1, "{source}: {found:?}");
    }
    assert_eq!(
        violations("src/analysis/mod.rs", "use super::python::X;").len(),
        1
    );
    assert_eq!(violations("src/network/mod.rs", "").len(), 1);
}

#[test]
fn allowed_arrows_are_silent() {
    for source in [
        "use crate::graph::{HeapGraph, NodeIndex};",
        "use crate::{analysis::Limits, graph};",
        "use super::Direction;",
        "use super::super::graph::NodeIndex;",
        "use super::python::X;",
        "// use crate::python::X;",
        "//! [`crate::python::X`]",
        "use my_crate::python::X;",
        "pub(crate) fn f() {}",
    ] {
        let found = violations("src/analysis/chain.rs", source);
        assert!(found.is_empty(), "{source}: {found:?}");
    }
    assert!(violations("src/lib.rs", "use crate::python::X;").is_empty());
}
