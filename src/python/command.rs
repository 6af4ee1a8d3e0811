//! The command `heapgraph` inside an interpreter.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use pyo3::prelude::*;

use crate::capture;
use crate::cli::{self, Outcome, Program, Stream};

/// A program that the command is to run, and when snapshots are to be saved.
#[pyclass(frozen, module = "heapgraph._core")]
pub(super) struct ProgramToRun(Program);

#[pymethods]
impl ProgramToRun {
    /// Whether the first of `words` names a module, not a file.
    #[getter]
    fn is_module(&self) -> bool {
        self.0.is_module
    }

    /// The program and its arguments.
    #[getter]
    fn words(&self) -> Vec<OsString> {
        self.0.words.clone()
    }

    /// The name of the file to write, with `{pid}` and `{n}` in it.
    #[getter]
    fn output(&self) -> OsString {
        self.0.output.clone()
    }

    /// Names of signals at which to save.
    #[getter]
    fn signals(&self) -> Vec<String> {
        self.0.signals.clone()
    }

    /// Seconds between two snapshots.
    #[getter]
    fn every(&self) -> Option<f64> {
        self.0.every.map(|time| time.as_secs_f64())
    }

    /// Whether to record the names of references.
    #[getter]
    fn names(&self) -> bool {
        self.0.names
    }

    /// Whether to record the keys of dicts that may be data.
    #[getter]
    fn keys(&self) -> bool {
        self.0.keys
    }

    /// Whether to record what strings, bytes and numbers say.
    #[getter]
    fn values(&self) -> bool {
        self.0.values
    }

    /// Whether the histogram is to be JSON.
    #[getter]
    fn is_json(&self) -> bool {
        self.0.is_json
    }
}

/// Carries out the command in `args`, the first of which is the name of the command itself.
/// Answers go to the process's standard output, or to its error output if `to_stderr`. Returns the
/// exit code, or the program that is to be run.
///
/// The interpreter is released meanwhile.
#[pyfunction]
pub(super) fn command(py: Python<'_>, args: Vec<OsString>, to_stderr: bool) -> PyResult<Py<PyAny>> {
    let outcome = py.detach(|| {
        let (mut stdout, mut stderr, mut answers) = (io::stdout(), io::stderr(), io::stderr());
        let are_terminals = (stdout.is_terminal(), stderr.is_terminal());
        let answers = if to_stderr {
            Stream {
                writer: &mut answers,
                is_terminal: are_terminals.1,
            }
        } else {
            Stream {
                writer: &mut stdout,
                is_terminal: are_terminals.0,
            }
        };
        let errors = Stream {
            writer: &mut stderr,
            is_terminal: are_terminals.1,
        };
        cli::run(args, answers, errors)
    });
    match outcome {
        Outcome::Exit(code) => Ok(code.into_pyobject(py)?.into_any().unbind()),
        Outcome::Run(program) => {
            capture::announce_program(py)?;
            let program = Bound::new(py, ProgramToRun(program))?.into_any();
            // It is not in the heaps that are saved.
            capture::untrack(&program);
            Ok(program.unbind())
        }
    }
}
