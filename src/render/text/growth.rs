//! What grows while a program does the same again and again, in words.

use std::fmt::Write;

use super::TO_STRING;
use super::number::grouped;
use super::style::{Paint, Style};
use super::why::spelled_path;
use crate::analysis::{Course, GrowingPath, GrowthReport, GrowthVerdict};
use crate::render::one_line;
use crate::snapshot::HeapSnapshot;

/// Numbers of a series that are written; in the middle of more are dots.
const LONGEST_SERIES: usize = 6;
/// Types of elements that are named.
const MOST_TYPES: usize = 4;
/// Paths named that grow with another.
const MOST_ALSO: usize = 4;
/// Paths that ended, or are ignored, and are named.
const MOST_ENDED: usize = 10;

/// The verdict, then a paragraph for everything that grows, then what came to an end.
pub fn growth_text(snapshot: &HeapSnapshot, report: &GrowthReport, style: Style) -> String {
    let strong = |text: &str| style.paint(Paint::Strong, one_line(text));
    let mut text = strong(&headline(report));
    text.push('\n');
    for row in &report.growing {
        text += "\n";
        text += &paragraph(snapshot, report, row, style);
    }
    let is_limited = |row: &&GrowingPath| has_limit_ahead(row);
    let (limited, ended): (Vec<_>, Vec<_>) = report.bounded.iter().partition(is_limited);
    let sections = [
        ("Grew and came to an end:", ended),
        ("Grows up to a limit:", limited),
        ("Grows and is ignored:", report.ignored.iter().collect()),
    ];
    for (heading, rows) in sections {
        text += &section(report, heading, &rows);
    }
    if let Some(garbage) = report.garbage {
        writeln!(
            text,
            "\nA collection frees {} bytes in {} objects that only hold each other.",
            grouped(garbage.bytes),
            grouped(garbage.count)
        )
        .expect(TO_STRING);
    }
    if let Some(besides) = report.besides {
        writeln!(
            text,
            "\nResident memory rose by {} bytes, the objects of the heap by {} bytes: mend what grows, and look again.",
            grouped(besides.resident),
            grouped(besides.objects)
        )
        .expect(TO_STRING);
    }
    if !report.missing.is_empty() {
        text += "\nTo be surer:\n";
        for missing in &report.missing {
            writeln!(text, "  {}", one_line(missing)).expect(TO_STRING);
        }
    }
    text
}

/// A heading, and a line for each of the rows below it, if there are any.
fn section(report: &GrowthReport, heading: &str, rows: &[&GrowingPath]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{heading}\n");
    for row in rows.iter().take(MOST_ENDED) {
        let words = format!(
            "  {} ({}): {}",
            row.path,
            row.type_name,
            evidence(report, row)
        );
        writeln!(text, "{}", one_line(&words)).expect(TO_STRING);
    }
    let more = rows.len().saturating_sub(MOST_ENDED);
    if more > 0 {
        writeln!(text, "  … {} more", grouped(more as u64)).expect(TO_STRING);
    }
    text
}

/// The verdict in a sentence.
pub fn headline(report: &GrowthReport) -> String {
    let iterations = match report.iterations {
        1 => "1 iteration".into(),
        count => format!("{} iterations", grouped(count)),
    };
    let count = |rows: &[GrowingPath]| match rows.len() {
        1 => "1 place".into(),
        count => format!("{} places", grouped(count as u64)),
    };
    let (growing, bounded) = (count(&report.growing), count(&report.bounded));
    match report.verdict {
        GrowthVerdict::Leaking => format!("Leaking: {growing} still growing after {iterations}"),
        GrowthVerdict::Native => {
            format!("Native growth: memory rises that no Python object explains, {iterations}")
        }
        GrowthVerdict::Bounded => {
            format!("Bounded: what grew in {bounded} has an end, {iterations}")
        }
        GrowthVerdict::Garbage => {
            format!("Garbage awaiting the collector: nothing else grows, {iterations}")
        }
        GrowthVerdict::Draining => format!("Still draining: less at every snapshot, {iterations}"),
        GrowthVerdict::WarmUp => format!("Warm-up: it grew once and not again, {iterations}"),
        GrowthVerdict::Undecided => {
            format!("Undecided: {growing} with more than before, {iterations}")
        }
        GrowthVerdict::Nothing => format!("Nothing grows, {iterations}"),
    }
}

fn paragraph(
    snapshot: &HeapSnapshot,
    report: &GrowthReport,
    row: &GrowingPath,
    style: Style,
) -> String {
    let mut text = format!(
        "{}  {}\n",
        style.paint(Paint::Strong, one_line(&row.path)),
        one_line(&row.type_name)
    );
    let mut line = |words: String| {
        writeln!(text, "    {}", one_line(&words)).expect(TO_STRING);
    };
    line(format!("{} ({})", amount(row), series(&row.series)));
    if !row.elements.is_empty() {
        let types = row.elements.iter().take(MOST_TYPES);
        let types: Vec<String> = types
            .map(|(name, rate)| format!("{name} {}", per_iteration(*rate)))
            .collect();
        line(format!("of these: {}", types.join(", ")));
    }
    line(evidence(report, row));
    if row.share.bytes > 0 {
        line(format!(
            "keeps {} bytes alive, {} bytes of it alone",
            grouped(row.share.bytes),
            grouped(row.share.exclusive.bytes)
        ));
    }
    if let Some(chain) = &row.chain {
        let path = spelled_path(snapshot, chain, &chain.steps());
        if path != row.path {
            line(format!("most of it in {path}"));
        }
    }
    for also in row.also.iter().take(MOST_ALSO) {
        line(format!("with it grows {also}"));
    }
    let more = row.also.len().saturating_sub(MOST_ALSO);
    if more > 0 {
        line(format!("and {} more", grouped(more as u64)));
    }
    let source = &row.source;
    if let Some(location) = &source.location {
        line(format!("defined at {location}"));
    }
    for place in &source.inserted {
        line(format!("grows at {place}"));
    }
    for place in &source.allocated {
        line(format!("allocated at {place}"));
    }
    line(format!("fingerprint {}", row.fingerprint));
    text
}

/// How much more there is in an iteration.
fn amount(row: &GrowingPath) -> String {
    let rate = per_iteration(row.per_iteration);
    let one = if rate == "+1" { "" } else { "s" };
    let what = match row.kind {
        "elements" => format!("element{one}"),
        "outside" => format!("object{one}"),
        "references" => format!("reference{one} that nothing in the heap explains"),
        "blocks" => format!("block{one}"),
        _ => format!("byte{one}"),
    };
    let with = match row.kind {
        "bytes" | "native" | "blocks" => String::new(),
        _ => format!(" and {} bytes", per_iteration(row.bytes_per_iteration)),
    };
    format!("{rate} {what}{with} in an iteration")
}

fn per_iteration(rate: f64) -> String {
    let rounded = (rate * 100.0).round() / 100.0;
    if rounded.abs() >= 100.0 || rounded.fract() == 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a rate of objects or bytes"
        )]
        let whole = rounded.round() as i128;
        super::number::signed(whole)
    } else {
        format!("{rounded:+}")
    }
}

fn series(series: &[u64]) -> String {
    let numbers: Vec<String> = series.iter().map(|&number| grouped(number)).collect();
    if numbers.len() <= LONGEST_SERIES {
        return numbers.join(" > ");
    }
    let (start, end) = (&numbers[..3], &numbers[numbers.len() - 2..]);
    format!("{} > … > {}", start.join(" > "), end.join(" > "))
}

/// True if it rises still, and would end at a limit that it names.
fn has_limit_ahead(row: &GrowingPath) -> bool {
    let now = row.series.last().copied().unwrap_or(0);
    let has_ended = matches!(row.course, Course::Saws { .. } | Course::Levelled { .. });
    !has_ended && row.limit.as_ref().is_some_and(|(limit, _)| now <= *limit)
}

/// What speaks for the judgement on a path, in a sentence.
pub fn evidence(report: &GrowthReport, row: &GrowingPath) -> String {
    let watched = report.watched_iterations;
    if let Some((limit, from)) = row.limit.as_ref().filter(|_| has_limit_ahead(row)) {
        let now = row.series.last().copied().unwrap_or(0);
        return format!(
            "has a limit of {} ({}), now {}",
            grouped(*limit),
            one_line(from),
            grouped(now)
        );
    }
    match row.course {
        Course::Steady if watched > 0 => {
            format!("goes on rising after {} more iterations", grouped(watched))
        }
        Course::Steady => format!("rises at each of {} snapshots", row.series.len()),
        Course::Levelled { most, since } if since == report.iterations => {
            format!("rises more and more slowly, {} at the end", grouped(most))
        }
        Course::Levelled { most, since } => {
            format!(
                "no more than {} since iteration {}",
                grouped(most),
                grouped(since)
            )
        }
        Course::Saws { most, since } if since == report.iterations => {
            format!("rises and falls, {} at most", grouped(most))
        }
        Course::Saws { most, since } => format!(
            "rises and falls, never above {} since iteration {}",
            grouped(most),
            grouped(since)
        ),
        Course::Unknown => "2 snapshots cannot tell a backlog from a leak".into(),
    }
}
