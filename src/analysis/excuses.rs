//! What is known to be kept by somebody else than the program, and by which rule it is excused.
//!
//! All that is excused by a name, or by the class of what holds it, stands in `excuses.json`: JSON because
//! it is read once, by a crate that is here anyway, and given to Python as it is. A rule names the owner,
//! a module or a class, and its attribute; no rule goes by the name of an attribute alone.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::RootChain;
use super::owned::passes_attribute;
use crate::graph::RootKind;
use crate::snapshot::HeapSnapshot;

/// The file, as it is.
pub const EXCUSES_JSON: &str = include_str!("excuses.json");

/// For what something is excused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExcuseKind {
    /// It holds much and is seldom the cause: a chain through it explains badly.
    Cache,
    /// The standard library keeps it from the first use of something: it does not survive a block.
    FirstUse,
    /// The standard library notes in it what something else keeps or runs: of what grows together it is told
    /// behind that.
    Registry,
    /// A tool of tests keeps it: it neither survives a block nor grows.
    TestTool,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excuse {
    /// What the rule is called.
    pub id: String,
    /// What it is for.
    pub kind: ExcuseKind,
    /// The module that owns what is kept; `*` stands for any.
    #[serde(default)]
    pub module: Option<String>,
    /// Or a package: a module and all that are in it.
    #[serde(default)]
    pub package: Option<String>,
    /// Or a class, as its module and its name there: its instances, and those of derived classes.
    #[serde(default)]
    pub class: Option<String>,
    /// Or what the check itself looks for: the rule is written in its code.
    #[serde(default)]
    pub principle: Option<String>,
    /// The attribute of the owner: any one if there is none; a `*` at the end stands for any characters.
    #[serde(default)]
    pub name: Option<String>,
    /// What is kept may be of classes of the program; else only what the library makes is excused.
    #[serde(default)]
    pub own: bool,
    /// Whose versions are meant.
    pub of: String,
    /// The first version that keeps it.
    #[serde(default)]
    pub since: Option<String>,
    /// What is kept, and why that is no leak of the program.
    pub why: String,
    /// The test that shows it.
    pub test: String,
}

static EXCUSES: LazyLock<Vec<Excuse>> =
    LazyLock::new(|| serde_json::from_str(EXCUSES_JSON).expect("excuses.json is a list of rules"));

/// All rules.
pub fn excuses() -> &'static [Excuse] {
    &EXCUSES
}

/// The first rule of one of some kinds that a chain falls under.
pub fn excuse_of_chain(
    snapshot: &HeapSnapshot,
    chain: &RootChain,
    kinds: &[ExcuseKind],
) -> Option<&'static Excuse> {
    let mut rules = excuses().iter().filter(|rule| kinds.contains(&rule.kind));
    rules.find(|rule| rule.is_about(snapshot, chain))
}

impl Excuse {
    fn is_about(&self, snapshot: &HeapSnapshot, chain: &RootChain) -> bool {
        if let Some(class) = &self.class {
            return passes_attribute(snapshot, chain, class, |name| self.is_attribute(name));
        }
        chain.root.kind == RootKind::Module && self.is_of_module(&chain.root.name) && {
            let first = chain.steps().into_iter().next();
            let name = first.as_ref().and_then(|step| step.text.strip_prefix('.'));
            self.name.is_none() || name.is_some_and(|name| self.is_attribute(name))
        }
    }

    /// True if and only if the rule is about something that a module of that name owns.
    pub(super) fn is_of_module(&self, name: &str) -> bool {
        let is_in = |package: &String| {
            let rest = name.strip_prefix(package.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let is_meant = |module: &String| module == name || module == "*";
        self.module.as_ref().is_some_and(is_meant) || self.package.as_ref().is_some_and(is_in)
    }

    /// True if and only if the rule is about the attribute of that name.
    pub(super) fn is_attribute(&self, name: &str) -> bool {
        match &self.name {
            None => true,
            Some(pattern) => match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            },
        }
    }
}
