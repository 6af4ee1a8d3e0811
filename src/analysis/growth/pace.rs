//! Whether what comes slowly comes with the iterations or by the clock.

use super::thresholds::{CERTAINTY, FAST_TURNS_WIN};

/// What makes something come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The scenario.
    Iterations,
    /// Time that passes.
    Clock,
}

/// What has come to one container while fast and slow iterations took turns, each for as long.
///
/// What comes with the iterations comes in the fast turns, what comes by the clock in either. Pairs of turns
/// are counted and not elements: these may come in bursts. Decides by the sequential probability ratio test
/// (A. Wald, Sequential Tests of Statistical Hypotheses, 1945).
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    amount: u64,
    /// What came in the last fast turn.
    fast: u64,
    /// Pairs with more in the fast turn.
    more_in_fast: u32,
    /// Pairs with as much in the slow turn, or more.
    more_in_slow: u32,
}

impl Pace {
    /// The first turn begins, with so much in the container. It is a fast one.
    pub fn new(amount: u64) -> Self {
        Self {
            amount,
            ..Self::default()
        }
    }

    /// A turn ends with so much.
    pub fn end_turn(&mut self, amount: u64, is_slow: bool) {
        let came = amount.saturating_sub(self.amount);
        self.amount = amount;
        if !is_slow {
            self.fast = came;
        } else if self.fast > came {
            self.more_in_fast += 1;
        } else if came > 0 {
            self.more_in_slow += 1;
        }
    }

    /// What makes it come, if that is certain by now.
    pub fn cause(&self) -> Option<Cause> {
        let by_iterations = f64::from(self.more_in_fast) * (FAST_TURNS_WIN / 0.5).ln()
            + f64::from(self.more_in_slow) * ((1.0 - FAST_TURNS_WIN) / 0.5).ln();
        let certain = CERTAINTY.ln();
        if by_iterations >= certain {
            Some(Cause::Iterations)
        } else if by_iterations <= -certain {
            Some(Cause::Clock)
        } else {
            None
        }
    }
}
