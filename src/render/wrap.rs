//! Long lines of a label into short rows, broken where a reader would break them.

/// How far a line may spread in a label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Characters in a row.
    pub(super) columns: usize,
    /// Rows for one line.
    pub(super) rows: usize,
}

/// Breaks `line` into rows that fit `room`; an ellipsis stands for what does not.
///
/// Rows end after a space, a `/` or another mark such as `.` if there is one in their second half.
pub(super) fn wrap(line: &str, room: Room) -> Vec<String> {
    let mut rows = Vec::new();
    let mut rest = line;
    while rows.len() + 1 < room.rows
        && let Some(end) = end_of_row(rest, room.columns)
    {
        let (row, after) = rest.split_at(end);
        rows.push(row.trim_end().to_owned());
        rest = after.trim_start();
    }
    rows.push(shorten(rest, room.columns));
    rows
}

/// `text` cut to `columns` characters, the last one an ellipsis if anything was cut off.
fn shorten(text: &str, columns: usize) -> String {
    if byte_after(text, columns).is_none() {
        return text.to_owned();
    }
    let end = end_of_row(text, columns.saturating_sub(1)).unwrap_or(0);
    format!("{}…", text[..end].trim_end())
}

/// Where the first row of at most `columns` characters ends; nothing if `text` fits whole.
fn end_of_row(text: &str, columns: usize) -> Option<usize> {
    let limit = byte_after(text, columns)?;
    let row = &text[..limit];
    let earliest = byte_after(text, columns / 2).unwrap_or(0);
    // A space just after the row is as good a place as one in it.
    if text[limit..].starts_with(' ') {
        return Some(limit);
    }
    let after_mark = |marks: &[char]| {
        let at = row.rfind(marks)?;
        let end = at + row[at..].chars().next().map_or(0, char::len_utf8);
        (end > earliest).then_some(end)
    };
    // Rather between folders than before the number of a line.
    let end = after_mark(&[' '])
        .or_else(|| after_mark(&['/', '\\']))
        .or_else(|| after_mark(&['.', ',', '_', '-', ':', '=']));
    Some(end.unwrap_or(limit))
}

/// The byte at which character number `count` starts; nothing if there is none.
fn byte_after(text: &str, count: usize) -> Option<usize> {
    text.char_indices().nth(count).map(|(at, _)| at)
}
