//! What there is more of in something that grows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::history::{Growth, Rising};
use super::judge::Judge;
use super::name_path::PathIndex;
use crate::graph::FINALIZER;

impl Judge<'_> {
    /// True if numbers, texts and containers of these are all that is held under a path: an index of what
    /// something else keeps, perhaps.
    pub(super) fn has_only_values(&self, holder: PathIndex) -> bool {
        let elements = self.elements(holder);
        !elements.iter().any(|(name, _)| is_of_program(name))
    }

    /// What is held under a path, where there is more of it than at first, by type, of finalizers by what
    /// they do; where the interpreter's own types are all of that, the classes of the program that come
    /// with them.
    pub(super) fn elements(&self, holder: PathIndex) -> Vec<(String, f64)> {
        let names = self.history.paths();
        let (mut by_type, mut below): (BTreeMap<&str, f64>, BTreeMap<&str, f64>) =
            (BTreeMap::new(), BTreeMap::new());
        for path in (0..names.len()).map(PathIndex::new) {
            let is_element = names.holder(path) == Some(holder);
            let type_name = names.type_name(path);
            let is_below =
                || is_of_program(type_name) && names.ancestors(path).skip(1).any(|p| p == holder);
            if !(is_element || is_below()) {
                continue;
            }
            let growth = Growth::Objects;
            let rate = self.rate(&self.history.series(Rising { path, growth }));
            if rate > 0.0 {
                let step = names.last_step(path);
                let finalizer = step
                    .strip_prefix('[')
                    .filter(|key| key.starts_with(FINALIZER));
                let name = match finalizer {
                    Some(key) => key.trim_matches(['<', '>', ']']),
                    None => type_name,
                };
                let rates = if is_element { &mut by_type } else { &mut below };
                *rates.entry(name).or_default() += rate;
            }
        }
        if by_type.keys().all(|name| name.starts_with(BUILTINS)) {
            by_type.extend(below);
        }
        // Of many types with an instance or two none says anything.
        by_type.retain(|_, rate| *rate >= LEAST_SHOWN);
        let mut elements: Vec<(String, f64)> = (by_type.into_iter())
            .map(|(name, rate)| (name.to_owned(), rate))
            .collect();
        elements.sort_by(|a, b| {
            let key = |(name, _): &(String, f64)| Reverse(is_of_program(name));
            key(a).cmp(&key(b)).then(b.1.total_cmp(&a.1))
        });
        elements
    }
}

/// True of a class of the program or of a library, and not of the interpreter's own.
fn is_of_program(type_name: &str) -> bool {
    !type_name.starts_with(BUILTINS)
}

/// Half of the last digit of a rate that is shown.
const LEAST_SHOWN: f64 = 0.005;

/// How the names of the interpreter's own types begin.
const BUILTINS: &str = "builtins.";

/// Those of some elements that are finalizers, by what they do, in alphabetical order.
pub(super) fn finalizers(elements: &[(String, f64)]) -> Vec<&str> {
    let words = FINALIZER.trim_start_matches('<');
    let names = elements.iter().map(|(name, _)| name.as_str());
    let mut finalizers: Vec<&str> = names.filter(|name| name.starts_with(words)).collect();
    finalizers.sort_unstable();
    finalizers
}
