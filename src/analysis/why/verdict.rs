//! What is known to be right or wrong, and so where the cause is.

use std::ops::Range;

use super::super::RootChain;
use super::Step;
use crate::graph::{NodeFlags, NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// Whether an object of a chain should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It should.
    Alive,
    /// Nothing is known.
    #[default]
    Unknown,
    /// It should be gone.
    Gone,
}

/// What somebody who has looked at an object says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It should be there, for that reason.
    Alive(String),
    /// It should be gone, for that reason.
    Gone(String),
    /// Whoever was asked had no answer: what went wrong.
    Failed(String),
}

/// What is said of an object of a chain, and by whom it is contradicted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What counts.
    pub standing: Standing,
    /// Why; empty if nothing is known.
    pub reasons: Vec<String>,
    /// Reasons for the opposite, which are overruled.
    pub conflicts: Vec<String>,
    /// What went wrong when somebody was asked.
    pub failures: Vec<String>,
}

const LEADS_TO_ALIVE: &str = "what it leads to stays";
const HELD_BY_GONE: &str = "what holds it should be";

/// What the graph alone says of the first object of a chain and of the one behind each step.
pub(super) fn findings(
    snapshot: &HeapSnapshot,
    chain: &RootChain,
    steps: &[Step],
) -> Vec<Vec<Finding>> {
    let of_root = match chain.root.kind {
        RootKind::Module => Some("a module stays"),
        RootKind::Frame => Some("its function is running"),
        _ => None,
    };
    let mut reasons = vec![of_root];
    let mut position = 0;
    for (number, step) in steps.iter().enumerate() {
        position += step.length;
        let (holder, held) = (chain.chain.nodes[position - 1], chain.chain.nodes[position]);
        // The object asked about is not what keeps itself alive.
        let is_last = number + 1 == steps.len();
        reasons.push(staying(snapshot, holder, held).filter(|_| !is_last));
    }
    let finding = |reason: Option<&str>| reason.map(|reason| Finding::Alive(reason.into()));
    let found = reasons.into_iter().map(finding);
    found.map(|finding| finding.into_iter().collect()).collect()
}

/// Why an object that `holder` refers to stays as long as the program, if it does.
pub(super) fn staying(
    snapshot: &HeapSnapshot,
    holder: NodeIndex,
    held: NodeIndex,
) -> Option<&'static str> {
    let graph = snapshot.graph();
    let is_of_module = graph.flags(holder).contains(NodeFlags::MODULE_NAMESPACE);
    if graph.flags(held).contains(NodeFlags::PROPER_MODULE) {
        Some("a module stays")
    } else if !is_of_module {
        None
    } else if graph.flags(held).contains(NodeFlags::TYPE) {
        Some("a class of a module stays")
    } else if graph.type_of(held).is_genuine("builtins.function") {
        Some("a function of a module stays")
    } else {
        None
    }
}

/// Weighs what is said of the objects of a chain, from the root to the one asked about, and gives
/// the steps among which the cause is: from the last object that should be there to the first
/// behind it that should be gone.
///
/// Who leads to something that should be there should be there too, and what is held by something
/// that should be gone should be gone too. Of an object that is said to be both, it should be there,
/// unless it is the one asked about.
pub(super) fn judge(findings: &[Vec<Finding>]) -> (Vec<Verdict>, Range<usize>) {
    let last = findings.len().saturating_sub(1);
    let mut verdicts: Vec<Verdict> = (findings.iter().enumerate())
        .map(|(number, findings)| Verdict::of(findings, number == last))
        .collect();
    let is = |standing| move |verdict: &Verdict| verdict.standing == standing;
    let alive = verdicts.iter().rposition(is(Standing::Alive));
    let start = alive.unwrap_or(0);
    let gone = verdicts[start..].iter().position(is(Standing::Gone));
    let end = gone.map_or(last, |gone| start + gone);
    for verdict in &mut verdicts[..start] {
        verdict.follow(Standing::Alive, LEADS_TO_ALIVE);
    }
    for verdict in verdicts.iter_mut().skip(end + 1) {
        verdict.follow(Standing::Gone, HELD_BY_GONE);
    }
    (verdicts, start..end)
}

impl Verdict {
    fn of(findings: &[Finding], is_asked_about: bool) -> Self {
        let (mut alive, mut gone, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for finding in findings {
            match finding {
                Finding::Alive(reason) => alive.push(reason.clone()),
                Finding::Gone(reason) => gone.push(reason.clone()),
                Finding::Failed(failure) => failures.push(failure.clone()),
            }
        }
        let is_gone = !gone.is_empty() && (alive.is_empty() || is_asked_about);
        let (standing, reasons, conflicts) = match (is_gone, alive.is_empty()) {
            (true, _) => (Standing::Gone, gone, alive),
            (false, false) => (Standing::Alive, alive, gone),
            (false, true) => (Standing::Unknown, Vec::new(), Vec::new()),
        };
        Self {
            standing,
            reasons,
            conflicts,
            failures,
        }
    }

    /// Takes the standing of an object beside it on the chain.
    fn follow(&mut self, standing: Standing, reason: &str) {
        if self.standing == standing {
            return;
        }
        self.standing = standing;
        self.conflicts = std::mem::take(&mut self.reasons);
        self.reasons = vec![reason.into()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDINGS: [Standing; 3] = [Standing::Alive, Standing::Unknown, Standing::Gone];

    fn said(standings: &[Standing]) -> Vec<Vec<Finding>> {
        let finding = |&standing: &Standing| match standing {
            Standing::Alive => vec![Finding::Alive("alive".into())],
            Standing::Unknown => Vec::new(),
            Standing::Gone => vec![Finding::Gone("gone".into())],
        };
        standings.iter().map(finding).collect()
    }

    /// All sequences of `length` standings.
    fn sequences(length: u32) -> impl Iterator<Item = Vec<Standing>> {
        (0..3_usize.pow(length)).map(move |number| {
            (0..length)
                .map(|place| STANDINGS[number / 3_usize.pow(place) % 3])
                .collect()
        })
    }

    /// The standing of each object by the rules alone: one that leads to something that should be
    /// there should be there; else, one that should be gone, or is held by such, should be gone.
    fn expected(said: &[Standing]) -> Vec<Standing> {
        let stays = |number: usize| said[number..].contains(&Standing::Alive);
        let is_gone = |number: usize| {
            (0..=number).any(|holder| !stays(holder) && said[holder] == Standing::Gone)
        };
        (0..said.len())
            .map(|number| match (stays(number), is_gone(number)) {
                (true, _) => Standing::Alive,
                (false, true) => Standing::Gone,
                (false, false) => Standing::Unknown,
            })
            .collect()
    }

    /// The references that lead from what is not known to be wrong to what is not known to be
    /// right. At least one of those is the cause.
    fn expected_suspects(standings: &[Standing]) -> Vec<usize> {
        (0..standings.len() - 1)
            .filter(|&step| {
                standings[step] != Standing::Gone && standings[step + 1] != Standing::Alive
            })
            .collect()
    }

    #[test]
    fn every_sequence_is_judged_by_the_rules() {
        for said_of in (1..=6).flat_map(sequences) {
            let (verdicts, suspects) = judge(&said(&said_of));
            let standings: Vec<Standing> = verdicts.iter().map(|found| found.standing).collect();
            assert_eq!(standings, expected(&said_of), "{said_of:?}");
            let suspects: Vec<usize> = suspects.collect();
            assert_eq!(suspects, expected_suspects(&standings), "{said_of:?}");
            for (verdict, said) in verdicts.iter().zip(&said_of) {
                let is_overruled = *said != Standing::Unknown && *said != verdict.standing;
                assert_eq!(!verdict.conflicts.is_empty(), is_overruled, "{said_of:?}");
                let is_known = verdict.standing != Standing::Unknown;
                assert_eq!(!verdict.reasons.is_empty(), is_known, "{said_of:?}");
            }
        }
    }

    #[test]
    fn what_contradicts_nothing_never_adds_a_suspect() {
        for said_of in (1..=6).flat_map(sequences) {
            let (before, suspects) = judge(&said(&said_of));
            for number in (0..said_of.len()).filter(|&n| said_of[n] == Standing::Unknown) {
                for more in [Standing::Alive, Standing::Gone] {
                    let overrules = ![more, Standing::Unknown].contains(&before[number].standing);
                    let mut said_then = said_of.clone();
                    said_then[number] = more;
                    let (_, then) = judge(&said(&said_then));
                    let is_within = then.clone().all(|step| suspects.contains(&step));
                    assert!(overrules || is_within, "{said_of:?}, then {said_then:?}");
                }
            }
        }
    }

    #[test]
    fn who_is_asked_about_and_said_to_be_both_should_be_gone() {
        let both = || vec![Finding::Alive("alive".into()), Finding::Gone("gone".into())];
        let (verdicts, suspects) = judge(&[vec![], both(), vec![], both()]);
        let standings = verdicts.iter().map(|verdict| verdict.standing);
        let [alive, unknown, gone] = STANDINGS;
        assert_eq!(standings.collect::<Vec<_>>(), [alive, alive, unknown, gone]);
        assert_eq!(suspects, 1..3);
        assert_eq!(verdicts[1].conflicts, ["gone"]);
        assert_eq!(verdicts[3].conflicts, ["alive"]);
    }

    #[test]
    fn a_failure_says_nothing_of_the_object() {
        let failed = vec![Finding::Failed("it raised".into())];
        let (verdicts, suspects) = judge(&[vec![], failed, vec![]]);
        assert_eq!(verdicts[1].standing, Standing::Unknown);
        assert_eq!(verdicts[1].failures, ["it raised"]);
        assert_eq!(suspects, 0..2);
    }
}
