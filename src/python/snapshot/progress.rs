//! Telling a user at a terminal that something takes a while.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Nothing is said of what takes less.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);

/// A line on the error output that says what is going on, from the second second on until this is
/// dropped; none unless that is a terminal. Needs no interpreter.
pub(super) struct Progress {
    /// The line ends when this is gone.
    ending: Option<Sender<()>>,
    line: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn start(what: &'static str) -> Self {
        let mut progress = Self {
            ending: None,
            line: None,
        };
        if io::stderr().is_terminal() {
            let (ending, ended) = channel();
            progress.ending = Some(ending);
            let started = Instant::now();
            progress.line = thread::Builder::new()
                .spawn(move || {
                    let mut pause = PATIENCE;
                    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                        write(&format!(
                            "heapgraph: {what}, {} s",
                            started.elapsed().as_secs()
                        ));
                        pause = TICK;
                    }
                    if started.elapsed() >= PATIENCE {
                        write("");
                    }
                })
                .ok();
        }
        progress
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ending.take();
        if let Some(line) = self.line.take() {
            // It only writes, and what it could not write is no loss.
            let _ = line.join();
        }
    }
}

/// Replaces the line.
fn write(line: &str) {
    let mut out = io::stderr().lock();
    let _ = write!(out, "\r\x1b[K{line}").and_then(|()| out.flush());
}
