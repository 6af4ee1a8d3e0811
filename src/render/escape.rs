//! Text into the quoted strings and HTML-like labels of the DOT language, such that what is
//! drawn is what was given.

use std::{borrow::Cow, fmt::Write};

use graphviz_rust::dot_structures::Id;

/// `text` with each character that has no glyph of its own written as Python would escape it.
/// Newlines stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            c if is_invisible(c) => push_code_point(&mut shown, c),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], with newlines spelled too.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        text if text.contains('\n') => Cow::Owned(text.replace('\n', "\\n")),
        text => text,
    }
}

fn push_code_point(shown: &mut String, character: char) {
    let code_point = u32::from(character);
    let written = if code_point <= 0xff {
        write!(shown, "\\x{code_point:02x}")
    } else {
        write!(shown, "\\u{code_point:04x}")
    };
    written.expect("writing to a string does not fail");
}

/// Control characters, the two code points that XML forbids, and the marks that reorder text or
/// end a line in a browser.
fn is_invisible(character: char) -> bool {
    let reorders_or_ends_a_line = matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let is_no_text = matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    (character.is_control() && character != '\n') || reorders_or_ends_a_line || is_no_text
}

/// A quoted string that Graphviz draws as `text`: no `\N`, `\l` or `&amp;` in it has a meaning.
pub(super) fn quoted(text: &str) -> Id {
    quote(text, "\\\\")
}

/// The same for a tooltip, in which Graphviz resolves backslashes twice.
pub(super) fn quoted_tooltip(text: &str) -> Id {
    quote(text, "\\\\\\\\")
}

/// Characters of a quoted string in one line of the source: Graphviz reads no more than 16 KB of
/// a string at a time, and a character is at most 4 bytes.
const LONGEST_LINE: usize = 4000;

fn quote(text: &str, backslash: &str) -> Id {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (count, (at, character)) in text.char_indices().enumerate() {
        if count > 0 && count % LONGEST_LINE == 0 {
            // The string goes on in the next line.
            out.push_str("\\\n");
        }
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str(backslash),
            '\n' => out.push_str("\\n"),
            // Graphviz replaces entities in labels; a lone ampersand stays, so that a file name
            // or link in another attribute keeps it.
            '&' if starts_entity(&text[at + 1..]) => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out.push('"');
    Id::Escaped(out)
}

/// True if `rest`, the text after an ampersand, reads as the rest of an entity.
fn starts_entity(rest: &str) -> bool {
    let name = rest.strip_prefix('#').unwrap_or(rest);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric());
    end.is_some_and(|end| end > 0 && name[end..].starts_with(';'))
}

/// A quoted label for a node of shape `record`, where braces, bars and angle brackets would
/// otherwise divide it into fields.
pub(super) fn quoted_record(text: &str) -> Id {
    let Id::Escaped(plain) = quoted(text) else {
        unreachable!("`quoted` returns a quoted string")
    };
    let mut out = String::with_capacity(plain.len());
    for character in plain.chars() {
        if matches!(character, '{' | '}' | '|' | '<' | '>') {
            out.push('\\');
        }
        out.push(character);
    }
    Id::Escaped(out)
}

/// One row of an HTML-like label, drawn as `row`.
pub(super) fn html(row: &str) -> String {
    if row.trim().is_empty() {
        // A row of blanks only is a syntax error in an HTML-like label.
        return "&#160;".to_owned();
    }
    let mut out = String::with_capacity(row.len());
    for character in row.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Also here `\N` and its like would be replaced.
            '\\' => out.push_str("\\\\"),
            c => out.push(c),
        }
    }
    out
}
