//! Formats that only an installed Graphviz can draw.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use super::{dot::to_dot, error::RenderError, view::View};

/// How long `dot` may take. Layout time grows fast with the graph, and nobody should have to
/// guess whether it will ever end.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// How long the output may lag behind the end of the program.
const TIME_FOR_OUTPUT: Duration = Duration::from_secs(10);

const TIME_BETWEEN_LOOKS: Duration = Duration::from_millis(10);
const LONGEST_MESSAGE: usize = 300;

/// Draws `view` with the installed program `dot`, in any format that it knows, such as `pdf`.
///
/// # Errors
///
/// [`RenderError::DotMissing`] if there is no `dot`, [`RenderError::DotFailed`] if it does not
/// know the format or draws nothing, [`RenderError::DotTimedOut`] if it takes longer than two
/// minutes, [`RenderError::DotNotRun`] if the operating system refuses.
pub fn to_format(view: &View, format: &str) -> Result<Vec<u8>, RenderError> {
    Dot {
        program: "dot".into(),
        time_limit: TIME_LIMIT,
    }
    .draw(&to_dot(view), format)
}

/// The program that draws.
///
/// `graphviz_rust::exec` would call it as well, but it can not tell a missing program from a
/// missing folder for its own temporary file, takes an empty picture for success and waits
/// without a limit.
struct Dot {
    program: OsString,
    time_limit: Duration,
}

impl Dot {
    fn draw(&self, source: &str, format: &str) -> Result<Vec<u8>, RenderError> {
        let not_run = |source| RenderError::DotNotRun {
            format: format.to_owned(),
            source,
        };
        let mut child = self.start(format).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => RenderError::DotMissing {
                format: format.to_owned(),
            },
            _ => not_run(source),
        })?;
        feed(&mut child, source);
        let picture = child.stdout.take().map(read_aside);
        let messages = child.stderr.take().map(read_aside);
        let Some(status) = self.wait(&mut child).map_err(not_run)? else {
            return Err(RenderError::DotTimedOut {
                format: format.to_owned(),
                limit: self.time_limit,
            });
        };
        let picture = collect(picture).map_err(not_run)?;
        if status.success() && !picture.is_empty() {
            return Ok(picture);
        }
        Err(RenderError::DotFailed {
            format: format.to_owned(),
            status: status.to_string(),
            message: in_short(&collect(messages).map_err(not_run)?),
        })
    }

    fn start(&self, format: &str) -> io::Result<Child> {
        Command::new(&self.program)
            .arg(format!("-T{format}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// How the child ended; nothing if it had to be stopped.
    fn wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + self.time_limit;
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(TIME_BETWEEN_LOOKS);
        }
        child.kill()?;
        child.wait()?;
        Ok(None)
    }
}

/// Writes `source` to the child without waiting for it to read: it may stop in the middle.
fn feed(child: &mut Child, source: &str) {
    let Some(mut stdin) = child.stdin.take() else {
        return;
    };
    let source = source.to_owned();
    // A child that does not read its input says so by how it ends, so the error is not needed.
    thread::spawn(move || stdin.write_all(source.as_bytes()));
}

/// Reads a stream to its end on a thread of its own, so that no stream fills up while another is
/// read. The thread is not joined: a program that the child left behind could keep the stream
/// open after the child was stopped.
fn read_aside(mut stream: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more once the time is up.
        let _ = sender.send(read);
    });
    receiver
}

fn collect(stream: Option<Receiver<io::Result<Vec<u8>>>>) -> io::Result<Vec<u8>> {
    let Some(receiver) = stream else {
        return Ok(Vec::new());
    };
    receiver
        .recv_timeout(TIME_FOR_OUTPUT)
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// The start of what a program wrote to its error output, on one line.
fn in_short(messages: &[u8]) -> String {
    let text = String::from_utf8_lossy(messages);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_MESSAGE) {
        None if words.is_empty() => "it gave no reason".to_owned(),
        None => words,
        Some((end, _)) => format!("{}…", &words[..end]),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::*;

    /// One test at a time writes a program and runs it: a child that is forked meanwhile has the program
    /// open for writing, and what is so cannot be run (`ETXTBSY`).
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A program in `folder` that runs `script` in place of `dot`.
    fn stand_in(folder: &Path, script: &str) -> Dot {
        let program = folder.join("dot");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Dot {
            program: program.into(),
            time_limit: Duration::from_secs(20),
        }
    }

    #[test]
    fn the_picture_is_what_the_program_writes() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let dot = stand_in(folder.path(), "echo \"$1\"; cat");
        let picture = dot.draw("digraph {}", "pdf").unwrap();
        assert_eq!(picture, b"-Tpdf\ndigraph {}");
    }

    #[test]
    fn a_large_source_and_a_large_picture_pass_at_the_same_time() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let dot = stand_in(folder.path(), "cat; cat /dev/null >&2");
        let source = "x".repeat(3_000_000);
        assert_eq!(dot.draw(&source, "pdf").unwrap().len(), source.len());
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_own_words() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let dot = stand_in(
            folder.path(),
            "echo 'Format: \"xyz\"\nnot recognized' >&2; exit 1",
        );
        let error = dot.draw("digraph {}", "xyz").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`dot` could not draw xyz (exit status: 1): Format: \"xyz\" not recognized"
        );
    }

    #[test]
    fn an_empty_picture_is_an_error_whatever_the_status() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let error = stand_in(folder.path(), "exit 0")
            .draw("digraph {}", "pdf")
            .unwrap_err();
        assert!(matches!(error, RenderError::DotFailed { .. }), "{error}");
        assert!(error.to_string().ends_with("it gave no reason"), "{error}");
    }

    #[test]
    fn a_program_that_does_not_end_is_stopped() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let dot = Dot {
            time_limit: Duration::from_millis(200),
            ..stand_in(folder.path(), "exec sleep 600")
        };
        let start = Instant::now();
        let error = dot.draw("digraph {}", "pdf").unwrap_err();
        assert!(matches!(error, RenderError::DotTimedOut { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_missing_program_is_named_with_the_endings_that_work() {
        let dot = Dot {
            program: "/nowhere/dot".into(),
            time_limit: TIME_LIMIT,
        };
        let error = dot.draw("digraph {}", "pdf").unwrap_err().to_string();
        assert!(error.contains("install Graphviz"), "{error}");
        assert!(error.contains(".dot"), "{error}");
    }
}
