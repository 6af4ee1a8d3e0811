//! The command `heapgraph` without Python.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, ExitCode, Stdio};

use heapgraph::cli::{self, Outcome, Stream};

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let streams = [stdout.is_terminal(), stderr.is_terminal()];
    let outcome = cli::run(
        args.iter().cloned(),
        Stream {
            writer: &mut stdout,
            is_terminal: streams[0],
        },
        Stream {
            writer: &mut stderr,
            is_terminal: streams[1],
        },
    );
    match outcome {
        Outcome::Exit(code) => ExitCode::from(code),
        Outcome::Run(_) => hand_over(&args[1..]),
    }
}

/// Lets a Python that has heapgraph do what only Python can.
fn hand_over(args: &[OsString]) -> ExitCode {
    let Some(python) = ["python3", "python"]
        .into_iter()
        .find(|name| has_package(name))
    else {
        let message = "heapgraph: no Python on PATH has heapgraph, and `run` needs one: \
                       install the package with `pip install heapgraph`, in the environment of \
                       the program";
        // Where nobody listens any more there is nobody to tell.
        let _ = writeln!(io::stderr(), "{message}");
        return ExitCode::from(2);
    };
    let mut command = Command::new(python);
    command.args(["-m", "heapgraph"]).args(args);
    let error = replace_process(&mut command);
    let _ = writeln!(io::stderr(), "heapgraph: cannot start {python}: {error}");
    ExitCode::from(2)
}

/// True if and only if that interpreter can be started and has the command.
fn has_package(python: &str) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import heapgraph.__main__"]);
    let streams = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    streams.status().is_ok_and(|status| status.success())
}

/// Becomes the other program, so that signals and the exit code are its own; returns only if that
/// fails.
fn replace_process(command: &mut Command) -> io::Error {
    #[cfg(unix)]
    {
        std::os::unix::process::CommandExt::exec(command)
    }
    #[cfg(not(unix))]
    {
        let _ = command;
        io::Error::new(
            io::ErrorKind::Unsupported,
            "start it with `python -m heapgraph run`",
        )
    }
}
