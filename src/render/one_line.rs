//! Names into text that shows what they are: no name can move the cursor, reorder, hide or fake a line.
//!
//! This is the only place that decides so, for the text of the command, of Python and of pictures alike.

use std::{borrow::Cow, fmt::Write};

/// `text` in one line, in which every character that has no glyph of its own is written as Python
/// would escape it: control characters, marks of direction, breaks of lines, and what is drawn as
/// nothing. Letters, accents and emoji of all scripts stay.
///
/// ```
/// use heapgraph::render::one_line;
///
/// assert_eq!(one_line("\x1b[2J\u{202e}T\nFound: nothing"), r"\x1b[2J\u202eT\nFound: nothing");
/// assert_eq!(one_line("会话 Größe 👩\u{200d}🚀"), "会话 Größe 👩\u{200d}🚀");
/// ```
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, false)
}

/// As [`one_line`], but newlines stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, true)
}

/// True if and only if the character stands for itself wherever it is.
pub(super) fn is_always_plain(character: char) -> bool {
    is_plain(character, None)
}

fn escaped(text: &str, newlines_stay: bool) -> Cow<'_, str> {
    let is_kept =
        |character, before| is_plain(character, before) || (newlines_stay && character == '\n');
    let mut before = None;
    let is_clean = text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control());
    if is_clean || text.chars().all(|c| is_kept(c, before.replace(c))) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut before = None;
    for character in text.chars() {
        if is_kept(character, before) {
            shown.push(character);
            before = Some(character);
        } else {
            push_escape(&mut shown, character);
            before = None;
        }
    }
    Cow::Owned(shown)
}

fn push_escape(shown: &mut String, character: char) {
    let written = match (character, u32::from(character)) {
        ('\t', _) => write!(shown, "\\t"),
        ('\r', _) => write!(shown, "\\r"),
        ('\n', _) => write!(shown, "\\n"),
        (_, code_point @ ..=0xff) => write!(shown, "\\x{code_point:02x}"),
        (_, code_point @ ..=0xffff) => write!(shown, "\\u{code_point:04x}"),
        (_, code_point) => write!(shown, "\\U{code_point:08x}"),
    };
    written.expect("writing to a string does not fail");
}

/// True if and only if the character stands for itself after the one before it.
fn is_plain(character: char, before: Option<char>) -> bool {
    if joins(character) {
        // After a letter of ASCII they mean nothing, and two names would look alike.
        return before.is_some_and(|before| !before.is_ascii());
    }
    !character.is_control()
        && !reorders_or_ends_a_line(character)
        && !is_no_text(character)
        && !is_drawn_as_nothing(character)
}

/// Joiners and variation selectors, which belong to the spelling of many scripts and of emoji.
fn joins(character: char) -> bool {
    matches!(
        character,
        '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

fn reorders_or_ends_a_line(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// What XML forbids, and annotations, which terminals draw as they like.
fn is_no_text(character: char) -> bool {
    matches!(character, '\u{fffe}' | '\u{ffff}' | '\u{fff9}'..='\u{fffb}')
}

/// What else is a `Default_Ignorable_Code_Point` of Unicode 16.
fn is_drawn_as_nothing(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}
