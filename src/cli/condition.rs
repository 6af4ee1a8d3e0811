//! What `--fail-on` asks about: `growth`, `count(Session)>100`, `bytes>=1GiB`.

use std::fmt;
use std::str::FromStr;

use crate::analysis::{HeapDiff, Histogram, TypeChange, TypePattern};

/// Something that, if it is so, makes the command end with exit code 1.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// As it was typed.
    text: String,
    /// The types it is about; all if `None`.
    pattern: Option<TypePattern>,
    question: Question,
}

#[derive(Debug, Clone, Copy)]
enum Question {
    /// There is a type with more objects than before.
    Growth,
    /// Objects or bytes, compared with a number.
    Compare(Measure, Relation, i128),
}

#[derive(Debug, Clone, Copy)]
enum Measure {
    Count,
    Bytes,
}

#[derive(Debug, Clone, Copy)]
enum Relation {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    Different,
}

/// Longer signs before those that they begin with.
const RELATIONS: [(&str, Relation); 6] = [
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    ("==", Relation::Equal),
    ("!=", Relation::Different),
    (">", Relation::More),
    ("<", Relation::Less),
];

const UNITS: [(&str, i128); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_alphabetic());
        let (word, rest) = trimmed.split_at(end.unwrap_or(trimmed.len()));
        let (pattern, rest) = match rest.trim_start().strip_prefix('(') {
            None => (None, rest),
            Some(inside) => {
                let (pattern, rest) = inside.split_once(')').ok_or("a closing `)` is missing")?;
                (Some(TypePattern::new(pattern.trim())), rest)
            }
        };
        let rest = rest.trim();
        let question = match word {
            "growth" if rest.is_empty() => Question::Growth,
            "count" => comparison(Measure::Count, rest)?,
            "bytes" => comparison(Measure::Bytes, rest)?,
            _ => return Err("write growth, count(TYPE)>NUMBER or bytes(TYPE)>NUMBER".into()),
        };
        Ok(Self {
            text: trimmed.to_owned(),
            pattern,
            question,
        })
    }
}

fn comparison(measure: Measure, rest: &str) -> Result<Question, String> {
    let relation = RELATIONS
        .iter()
        .find_map(|(sign, relation)| Some((relation, rest.strip_prefix(sign)?)));
    let Some((&relation, number)) = relation else {
        return Err("after it comes one of > >= < <= == != and a number".into());
    };
    Ok(Question::Compare(measure, relation, number_in(number)?))
}

/// A number with or without a unit.
fn number_in(text: &str) -> Result<i128, String> {
    let number = text.trim();
    let with_unit = UNITS
        .iter()
        .find_map(|(unit, size)| Some((number.strip_suffix(unit)?.trim_end(), *size)));
    let (digits, size) = with_unit.unwrap_or((number, 1));
    let digits = digits.replace('_', "");
    let number: i64 = digits
        .parse()
        .map_err(|_| format!("`{number}` is no number such as 1000, 1_000 or 10MiB"))?;
    Ok(i128::from(number) * size)
}

/// A number of bytes, such as 100KiB, as an option takes it.
pub(super) fn byte_count(text: &str) -> Result<u64, String> {
    let number = number_in(text)?;
    u64::try_from(number).map_err(|_| format!("`{text}` is no number of bytes"))
}

impl Condition {
    /// As `from_str`, for a command that sees one heap only.
    pub(super) fn of_one_heap(text: &str) -> Result<Self, String> {
        let condition: Self = text.parse()?;
        match condition.question {
            Question::Growth => Err("growth is between two snapshots: ask `heapgraph diff`".into()),
            Question::Compare(..) => Ok(condition),
        }
    }

    /// What is found in one heap, in words, if the condition is true.
    pub(super) fn find_in(&self, histogram: &Histogram) -> Option<String> {
        let types = histogram.types.iter();
        let types = types.filter(|row| self.is_about(&row.type_name));
        self.found(types.map(|row| (i128::from(row.tally.count), i128::from(row.tally.bytes))))
    }

    /// What is found in the difference of two heaps, in words, if the condition is true.
    /// Numbers are those of the change.
    pub(super) fn find_in_change(&self, diff: &HeapDiff) -> Option<String> {
        let changes = diff.changes.iter();
        let changes = changes.filter(|change| self.is_about(&change.type_name));
        match self.question {
            Question::Growth => self.growth(changes.filter(|change| change.count_change() > 0)),
            Question::Compare(..) => {
                self.found(changes.map(|change| (change.count_change(), change.bytes_change())))
            }
        }
    }

    fn growth<'d>(&self, grown: impl Iterator<Item = &'d TypeChange>) -> Option<String> {
        let mut grown: Vec<&TypeChange> = grown.collect();
        grown.sort_by_key(|change| (-change.count_change(), &change.type_name));
        let most = grown.first()?;
        let types = if grown.len() == 1 {
            "type has"
        } else {
            "types have"
        };
        Some(format!(
            "{self} is true: {} {types} more objects, {} the most (+{})",
            grown.len(),
            most.type_name,
            most.count_change()
        ))
    }

    fn found(&self, tallies: impl Iterator<Item = (i128, i128)>) -> Option<String> {
        let Question::Compare(measure, relation, limit) = self.question else {
            return None;
        };
        let values = tallies.map(|(count, bytes)| match measure {
            Measure::Count => count,
            Measure::Bytes => bytes,
        });
        let value: i128 = values.sum();
        let is_so = match relation {
            Relation::More => value > limit,
            Relation::AtLeast => value >= limit,
            Relation::Less => value < limit,
            Relation::AtMost => value <= limit,
            Relation::Equal => value == limit,
            Relation::Different => value != limit,
        };
        is_so.then(|| format!("{self} is true: it is {value}"))
    }

    fn is_about(&self, type_name: &str) -> bool {
        let pattern = self.pattern.as_ref();
        pattern.is_none_or(|pattern| pattern.matches(type_name))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
