//! What grows while a program does the same again and again, in words.

use std::fmt::Write;

use super::TO_STRING;
use super::compiled_holders::compiled_holders_words;
use super::number::grouped;
use super::style::{Paint, Style};
use super::why::spelled_path;
use crate::analysis::{Course, GrowingPath, GrowthReport, GrowthVerdict, Limit};
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
    let named = if report.growing.is_empty() {
        report.undecided.len().min(MOST_ENDED)
    } else {
        0
    };
    let (named, listed) = report.undecided.split_at(named);
    for row in named {
        text += "\n";
        text += &paragraph(snapshot, report, row, style);
    }
    let is_limited = |row: &&GrowingPath| is_below_limit(row);
    let (limited, ended): (Vec<_>, Vec<_>) = report.bounded.iter().partition(is_limited);
    let sections = [
        ("May have an end, or not:", listed.iter().collect()),
        ("Grew and came to an end:", ended),
        ("Grows up to a limit:", limited),
        ("Grows and is ignored:", report.ignored.iter().collect()),
    ];
    for (heading, rows) in sections {
        text += &section(heading, &rows, |row| evidence(report, row));
    }
    let remarks: Vec<&GrowingPath> = report.remarks.iter().collect();
    let remark = |row: &GrowingPath| {
        let calls = row.source.calls.iter().map(|call| format!("; {call}"));
        amount(row) + &calls.collect::<String>()
    };
    text += &section("No leak, as no memory is lost:", &remarks, remark);
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
            "\nBeside the objects {} bytes in an iteration: {}. Resident memory rose by {} bytes, the objects by {}.",
            per_iteration(besides.per_iteration),
            besides.path,
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
fn section(heading: &str, rows: &[&GrowingPath], said: impl Fn(&GrowingPath) -> String) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{heading}\n");
    for row in rows.iter().take(MOST_ENDED) {
        let words = format!("  {} ({}): {}", row.path, row.type_name, said(row));
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
    let undecided = count(&report.undecided);
    match report.verdict {
        GrowthVerdict::Leaking => format!("Leaking: {growing} still growing after {iterations}"),
        GrowthVerdict::Slowing => {
            format!("Slowing: {growing} growing ever more slowly after {iterations}")
        }
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
            format!("Undecided: {undecided} with more than before, {iterations}")
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
    let is_named = !row.source.calls.is_empty();
    let outside = row.outside.iter();
    for words in outside.flat_map(|held| compiled_holders_words(snapshot, held, true, is_named)) {
        line(words);
    }
    if row.kind == "cycles" {
        line("nothing alive leads to it: break the cycle in the program, or hold weakly".into());
    }
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
    for call in &source.calls {
        line(call.clone());
    }
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
pub(super) fn amount(row: &GrowingPath) -> String {
    let rate = per_iteration(row.per_iteration);
    let one = if rate == "+1" { "" } else { "s" };
    let what = match row.kind {
        "elements" => format!("element{one}"),
        "outside" | "cycles" => format!("object{one}"),
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

/// The first and the last numbers of a series, those that follow themselves once.
pub(super) fn series(series: &[u64]) -> String {
    let mut different = series.to_vec();
    different.dedup();
    let numbers: Vec<String> = different.iter().map(|&number| grouped(number)).collect();
    if numbers.len() <= LONGEST_SERIES {
        return numbers.join(" > ");
    }
    let (start, end) = (&numbers[..3], &numbers[numbers.len() - 2..]);
    format!("{} > … > {}", start.join(" > "), end.join(" > "))
}

/// True if it rises still, and there is a limit that it has not exceeded.
fn is_below_limit(row: &GrowingPath) -> bool {
    let now = row.series.last().copied().unwrap_or(0);
    let has_ended = matches!(row.course, Course::Saws { .. } | Course::Levelled { .. });
    !has_ended && row.limit.as_ref().is_some_and(|limit| now <= limit.most)
}

/// What speaks for the judgement on a path, in a sentence.
pub fn evidence(report: &GrowthReport, row: &GrowingPath) -> String {
    let now = row.series.last().copied().unwrap_or(0);
    if let Some(limit) = row.limit.as_ref().filter(|_| is_below_limit(row)) {
        return of_limit(limit, now);
    }
    let watched = report.watched_iterations;
    match row.course {
        Course::Steady if watched > 0 => {
            format!("goes on rising after {} more iterations", grouped(watched))
        }
        Course::Steady => format!("rises at each of {} snapshots", row.series.len()),
        Course::Slowing {
            exponent,
            is_lawful: true,
        } => format!(
            "rises ever more slowly, about n^{exponent:.1}: {} after {}, no end in sight",
            grouped(now),
            grouped(report.iterations)
        ),
        Course::Slowing { .. } => format!(
            "slows down: {} after {}, it may come to an end",
            grouped(now),
            grouped(report.iterations)
        ),
        Course::Levelled { most, since } => {
            format!(
                "no more than {} since iteration {}",
                grouped(most),
                grouped(since)
            )
        }
        Course::Saws { most, since } => format!(
            "rises and falls, never above {} since iteration {}",
            grouped(most),
            grouped(since)
        ),
        Course::ByClock => {
            "comes by the clock and not with the iterations: it may be a table of times, and \
            come to an end"
                .into()
        }
        Course::Unknown if report.moments.len() == 2 => {
            "2 snapshots cannot tell a backlog from a leak".into()
        }
        Course::Unknown => format!(
            "{} iterations cannot tell what fills up from a leak",
            grouped(report.iterations)
        ),
    }
}

/// What a limit says of a container that has not exceeded it.
fn of_limit(limit: &Limit, now: u64) -> String {
    let (most, source) = (grouped(limit.most), one_line(&limit.source));
    let now_in_words = grouped(now);
    if limit.is_believed(now) {
        return format!("has a limit of {most} ({source}), now {now_in_words}");
    }
    format!(
        "would be full after {} more, if {source} is its limit ({most}), now {now_in_words}",
        grouped(limit.most - now)
    )
}
