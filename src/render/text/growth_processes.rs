//! What grows in several processes, in words.

use std::fmt::Write;

use super::TO_STRING;
use super::growth::{amount, headline as growth_headline, series};
use super::number::utc;
use super::style::{Paint, Style};
use crate::analysis::{GrowthVerdict, ProcessReports};
use crate::render::one_line;
use crate::snapshot::ProcessId;

/// Processes that are named below a path.
const MOST_PROCESSES: usize = 10;
/// Paths that are named with their processes.
const MOST_PATHS: usize = 10;

/// The verdict, then every path with the processes in which it grows, then the report on each process:
/// `texts` are these, as [`growth_text`](super::growth_text) has written them. What is the same in
/// several processes is explained once.
pub fn growth_of_processes_text(
    reports: &ProcessReports<'_>,
    texts: &[String],
    style: Style,
) -> String {
    let strong = |text: &str| style.paint(Paint::Strong, one_line(text));
    let mut text = strong(&headline(reports)) + "\n";
    let paths = reports.paths();
    for path in paths.iter().take(MOST_PATHS) {
        let [(_, first), ..] = &path.rows[..] else {
            continue;
        };
        writeln!(
            text,
            "\n{}  {}",
            strong(&first.path),
            one_line(&first.type_name)
        )
        .expect(TO_STRING);
        for &(position, row) in path.rows.iter().take(MOST_PROCESSES) {
            let process = process_words(reports, position);
            let words = format!("{process}: {} ({})", amount(row), series(&row.series));
            writeln!(text, "    {}", one_line(&words)).expect(TO_STRING);
        }
        let more = path.rows.len().saturating_sub(MOST_PROCESSES);
        if more > 0 {
            writeln!(text, "    and in {more} more processes").expect(TO_STRING);
        }
    }
    let more = paths.len().saturating_sub(MOST_PATHS);
    if more > 0 {
        writeln!(text, "\nand {more} more places").expect(TO_STRING);
    }
    for (position, (&(_, report), own)) in reports.processes.iter().zip(texts).enumerate() {
        let name = strong(&capitalised(&process_words(reports, position)));
        match reports.first_alike(position) {
            Some(alike) => writeln!(
                text,
                "\n{name}: {}, as in {}",
                growth_headline(report),
                process_words(reports, alike)
            )
            .expect(TO_STRING),
            None => write!(text, "\n{name}: {own}").expect(TO_STRING),
        }
    }
    if !reports.missing.is_empty() {
        text += "\nTo be surer:\n";
        for missing in &reports.missing {
            writeln!(text, "  {}", one_line(missing)).expect(TO_STRING);
        }
    }
    text
}

/// The verdict on all processes in a sentence.
pub fn headline(reports: &ProcessReports<'_>) -> String {
    let (verdict, all) = (reports.verdict(), reports.processes.len());
    match verdict {
        GrowthVerdict::Nothing => format!("Nothing grows in {all} processes"),
        verdict => format!(
            "{}: {} of {all} processes",
            capitalised(verdict.word()),
            reports.count()
        ),
    }
}

/// The process at a position by its number, and by its time where several have that number.
fn process_words(reports: &ProcessReports<'_>, position: usize) -> String {
    let Some(process) = reports.processes[position].0 else {
        return "an unknown process".into();
    };
    let others = reports.processes.iter().filter_map(|&(other, _)| other);
    let has_its_number = |other: &ProcessId| other.pid == process.pid;
    let is_told = others.filter(has_its_number).count() == 1;
    match process.first_captured_at.filter(|_| !is_told) {
        Some(time) => format!("process {} since {}", process.pid, utc(time)),
        None => format!("process {}", process.pid),
    }
}

fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
