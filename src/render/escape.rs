//! Text into the quoted strings and HTML-like labels of the DOT language, such that what is
//! drawn is what was given.

use graphviz_rust::dot_structures::Id;

use super::one_line::visible;

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
