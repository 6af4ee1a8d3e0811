//! Paths of names: what all objects that are reached in the same way have in common.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::analysis::{Excuse, ExcuseKind, Fingerprint, excuses};
use crate::graph::{TextIndex, TextTable};

/// One of the paths of [`NamePaths`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathIndex(u32);

impl PathIndex {
    pub(super) fn new(position: usize) -> Self {
        Self(u32::try_from(position).expect("there are fewer paths than objects"))
    }

    /// Position among all paths.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct NamePath {
    /// The path to what holds the objects; `None` where the path starts.
    holder: Option<PathIndex>,
    step: TextIndex,
    type_name: TextIndex,
}

/// Paths of names met in any snapshot, each once and behind the one it continues.
///
/// A path begins at a root and has one step for each reference, in Python's spelling; positions and
/// keys are `[x]`. Objects of different types have different paths.
#[derive(Debug, Default)]
pub struct NamePaths {
    paths: IndexSet<NamePath, FxBuildHasher>,
    texts: TextTable,
    repeated: FxHashSet<PathIndex>,
    /// The rules about attributes of the class of the objects on a path.
    rules: FxHashMap<PathIndex, Vec<&'static Excuse>>,
}

/// A text for the step to what a container holds under any position or key.
pub(super) const ANY_ELEMENT: &str = "[x]";

/// How the step to a variable that a function closes over begins.
pub(super) const CLOSURE: &str = "<closure ";

/// The step to a key of a dict.
pub(super) const KEY: &str = "<key>";

/// How far up a repeated step is looked for.
const FARTHEST_REPETITION: usize = 12;
/// Steps of a path; what is further down belongs to the last.
const LONGEST: usize = 48;

impl NamePaths {
    /// Number of paths.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// True if and only if there is none.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The index of a text to look paths up with.
    pub(super) fn text(&mut self, text: &str) -> TextIndex {
        self.texts.insert(text)
    }

    /// The path that starts with `step`.
    pub(super) fn start(&mut self, step: TextIndex, type_name: TextIndex) -> PathIndex {
        self.insert(None, step, type_name)
    }

    /// The path that goes on from `holder` with `step`.
    ///
    /// What repeats itself (the links of a list, the branches of a tree) is one step, however long;
    /// elements of elements are told apart once.
    pub(super) fn next(
        &mut self,
        holder: PathIndex,
        step: TextIndex,
        type_name: TextIndex,
    ) -> PathIndex {
        let is_element = self.texts.text(step) == ANY_ELEMENT;
        let mut allowed = usize::from(is_element);
        let mut next = Some(holder);
        let mut length = 0;
        while let Some(path) = next {
            let known = self.path(path);
            if length < FARTHEST_REPETITION && (known.step, known.type_name) == (step, type_name) {
                if allowed == 0 {
                    self.repeated.insert(path);
                    return path;
                }
                allowed -= 1;
            }
            length += 1;
            next = known.holder;
        }
        if length >= LONGEST {
            return holder;
        }
        self.insert(Some(holder), step, type_name)
    }

    /// As [`next`](Self::next), for an attribute: one that leads to an object of the same type is a
    /// link of a list or a branch of a tree, and no step.
    pub(super) fn next_link(
        &mut self,
        holder: PathIndex,
        step: TextIndex,
        type_name: TextIndex,
    ) -> PathIndex {
        if self.path(holder).type_name == type_name {
            self.repeated.insert(holder);
            return holder;
        }
        self.next(holder, step, type_name)
    }

    /// The path that differs from `path` in the type of the object.
    pub(super) fn retyped(&mut self, path: PathIndex, type_name: TextIndex) -> PathIndex {
        let NamePath { holder, step, .. } = self.path(path);
        self.insert(holder, step, type_name)
    }

    /// As [`retyped`](Self::retyped), for what a cell has. Where a function closes over that, another one below
    /// it is a link, as where functions are wrapped again and again.
    pub(super) fn in_cell(&mut self, cell: PathIndex, type_name: TextIndex) -> PathIndex {
        let NamePath { holder, step, .. } = self.path(cell);
        match holder {
            Some(holder) if self.texts.text(step).starts_with(CLOSURE) => {
                self.next(holder, step, type_name)
            }
            _ => self.retyped(cell, type_name),
        }
    }

    /// True if and only if some objects of the path are held by others of it: the links of a list.
    pub fn is_repeated(&self, path: PathIndex) -> bool {
        self.repeated.contains(&path)
    }

    /// The path to what holds the objects.
    pub fn holder(&self, path: PathIndex) -> Option<PathIndex> {
        self.path(path).holder
    }

    /// The path to the container of which the objects are elements or keys; the path itself if they
    /// have a name of their own.
    pub(super) fn container(&self, path: PathIndex) -> PathIndex {
        let NamePath { holder, step, .. } = self.path(path);
        let is_element = [ANY_ELEMENT, KEY].contains(&self.texts.text(step));
        holder.filter(|_| is_element).unwrap_or(path)
    }

    /// The path to what has the objects in an attribute, or in containers in one.
    pub(super) fn owner(&self, path: PathIndex) -> Option<PathIndex> {
        let is_element = |path: PathIndex| [ANY_ELEMENT, KEY].contains(&self.last_step(path));
        let attribute = self.ancestors(path).find(|&path| !is_element(path))?;
        self.holder(attribute)
    }

    /// Full name of the type of the objects.
    pub fn type_name(&self, path: PathIndex) -> &str {
        self.texts.text(self.path(path).type_name)
    }

    /// The last step of the path.
    pub(super) fn last_step(&self, path: PathIndex) -> &str {
        self.texts.text(self.path(path).step)
    }

    /// The paths that `path` continues, itself first.
    pub fn ancestors(&self, path: PathIndex) -> impl Iterator<Item = PathIndex> + use<'_> {
        std::iter::successors(Some(path), |&path| self.holder(path))
    }

    /// Notes rules about attributes of what is on a path.
    pub(super) fn add_rules(&mut self, path: PathIndex, rules: &[&'static Excuse]) {
        self.rules.entry(path).or_insert_with(|| rules.to_vec());
    }

    /// The rule by which what is on a path, or below it, is that of a tool of tests.
    pub fn test_tool(&self, path: PathIndex) -> Option<&'static Excuse> {
        let root = self.ancestors(path).last()?;
        let of_root = self.texts.text(self.path(root).step);
        let mut tools = excuses().iter();
        let whole = tools.find(|rule| {
            let is_tool = rule.kind == ExcuseKind::TestTool && rule.name.is_none();
            is_tool && rule.is_of_module(of_root)
        });
        let of_attribute = |held| self.rule_of_attribute(held, ExcuseKind::TestTool);
        whole.or_else(|| self.ancestors(path).find_map(of_attribute))
    }

    /// True if and only if what is on a path is a registry of what something else keeps.
    pub(super) fn is_registry(&self, path: PathIndex) -> bool {
        let rule = self.rule_of_attribute(path, ExcuseKind::Registry);
        rule.is_some()
    }

    /// The rule of some kind about the attribute that a path ends with.
    fn rule_of_attribute(&self, path: PathIndex, kind: ExcuseKind) -> Option<&'static Excuse> {
        let holder = self.holder(path)?;
        let name = self.last_step(path).strip_prefix('.')?;
        let is_meant = |rule: &&Excuse| rule.kind == kind && rule.is_attribute(name);
        let mut of_class = self.rules.get(&holder).into_iter().flatten().copied();
        of_class.find(is_meant).or_else(|| {
            let is_root = self.holder(holder).is_none();
            let module = self.texts.text(self.path(holder).step);
            let mut rules = excuses().iter().filter(is_meant);
            rules.find(|rule| is_root && rule.is_of_module(module))
        })
    }

    /// The path in Python's spelling: `app._SESSIONS[x].listeners`.
    pub fn spelled(&self, path: PathIndex) -> String {
        let mut steps: Vec<&str> = (self.ancestors(path))
            .map(|path| self.texts.text(self.path(path).step))
            .collect();
        steps.reverse();
        steps.concat()
    }

    /// The path in one number, which is the same in every process.
    pub fn fingerprint(&self, path: PathIndex) -> Fingerprint {
        Fingerprint::of_texts(&[&self.spelled(path), self.type_name(path)])
    }

    fn path(&self, path: PathIndex) -> NamePath {
        self.paths[path.index()]
    }

    fn insert(
        &mut self,
        holder: Option<PathIndex>,
        step: TextIndex,
        type_name: TextIndex,
    ) -> PathIndex {
        let (position, _) = self.paths.insert_full(NamePath {
            holder,
            step,
            type_name,
        });
        PathIndex::new(position)
    }
}
