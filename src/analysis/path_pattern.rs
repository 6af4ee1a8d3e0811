//! Which paths of names are meant by a pattern.

use std::fmt;

use super::wildcard::matches_whole;

/// A path of names as a user writes it: one that was printed, or one with wildcards, `app.cache*`.
///
/// `*` stands for any characters and `?` for one; every other character, brackets among them, stands
/// for itself. A pattern matches a path if it matches all of it: what is below a path is meant by a
/// `*` at the end.
///
/// Keys and positions are not compared, as the paths of what grows have none: `users['ann'][3]` and
/// `users[x][x]` mean the same, as patterns and as paths. Nor are the two spellings of a name told apart
/// that has characters without a glyph: `\u200b` is the character as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    /// What the text says, and what it says where a printed path was escaped.
    spellings: Vec<Spelling>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Spelling {
    text: String,
    generic: String,
}

impl PathPattern {
    /// A pattern, as it is written.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let spelling = |text: String| Spelling {
            generic: generic_path(&text),
            text,
        };
        let unescaped = unescaped(&text).filter(|unescaped| *unescaped != text);
        Self {
            spellings: [Some(text.clone()), unescaped]
                .into_iter()
                .flatten()
                .map(spelling)
                .collect(),
            text,
        }
    }

    /// True if and only if the pattern means `path`, in whichever way its keys are spelled.
    pub fn matches(&self, path: &str) -> bool {
        let generic = generic_path(path);
        self.spellings.iter().any(|spelling| {
            matches_whole(&spelling.text, path) || matches_whole(&spelling.generic, &generic)
        })
    }
}

impl From<String> for PathPattern {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How a path begins a step to a key, and to an element that has no position.
const KEY_OBJECT: &str = "<key ";
const SET_ELEMENT: &str = "<set element>";
/// How a context variable is spelled where it is a key.
const CONTEXT_VARIABLE: &str = "<ContextVar '";

/// A path with `[x]` for every key, position and element of a set, and `<key>` for every step to a key
/// itself: as the paths of what grows have them. Context variables keep their names: `[request]`.
pub fn generic_path(path: &str) -> String {
    let mut generic = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(SET_ELEMENT) {
            generic += "[x]";
            rest = after;
        } else if let Some((key, after)) = rest.strip_prefix('[').and_then(|r| until(r, ']')) {
            match name_of_context_variable(key) {
                Some(name) => {
                    generic.push('[');
                    generic += name;
                    generic.push(']');
                }
                None => generic += "[x]",
            }
            rest = after;
        } else if let Some((_, after)) = rest.strip_prefix(KEY_OBJECT).and_then(|r| until(r, '>')) {
            generic += "<key>";
            rest = after;
        } else {
            generic.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    generic
}

/// Keys that are spelled as a name is, and stand for a value.
const CONSTANTS: [&str; 7] = ["True", "False", "None", "inf", "nan", "infj", "nanj"];

/// The name of a context variable that is a key, in either spelling.
fn name_of_context_variable(key: &str) -> Option<&str> {
    let name = key
        .strip_prefix(CONTEXT_VARIABLE)
        .and_then(|name| name.strip_suffix("'>"));
    let is_constant = CONSTANTS.contains(&key);
    let mut characters = key.chars();
    let is_start = |first: char| first.is_alphabetic() || first == '_';
    let is_identifier = characters.next().is_some_and(is_start)
        && characters.all(|c| c.is_alphanumeric() || c == '_');
    name.or_else(|| (is_identifier && !is_constant).then_some(key))
}

/// What is before the bracket that closes what was opened before `text`, and what is after it. In a
/// text in quotes, and in brackets of their own, it closes nothing, unless that one never ends: a long
/// key was cut.
fn until(text: &str, close: char) -> Option<(&str, &str)> {
    let at = closing(text, close).or_else(|| text.find(close))?;
    Some((&text[..at], &text[at + close.len_utf8()..]))
}

fn closing(text: &str, close: char) -> Option<usize> {
    let open = if close == ']' { '[' } else { '<' };
    let mut depth = 0_usize;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' | '"' => loop {
                match characters.next()?.1 {
                    '\\' => drop(characters.next()),
                    other if other == character => break,
                    _ => {}
                }
            },
            _ if character == close && depth == 0 => return Some(at),
            _ if character == close => depth -= 1,
            _ if character == open => depth += 1,
            _ => {}
        }
    }
    None
}

/// A text in which every escape that stands for a character without a glyph is that character; `None`
/// if there is none.
fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain += &rest[..at];
        let escape = &rest[at..];
        let (character, length) = escaped_character(escape).unwrap_or(('\\', 1));
        plain.push(character);
        rest = &escape[length..];
    }
    plain += rest;
    (plain != text).then_some(plain)
}

/// The character that an escape at the start of `text` stands for, and the length of the escape.
fn escaped_character(text: &str) -> Option<(char, usize)> {
    let digits = match text.as_bytes().get(1)? {
        b't' => return Some(('\t', 2)),
        b'r' => return Some(('\r', 2)),
        b'n' => return Some(('\n', 2)),
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let code_point = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
    Some((char::from_u32(code_point)?, 2 + digits))
}

#[cfg(test)]
mod tests {
    use super::{PathPattern, generic_path};

    fn matches(pattern: &str, path: &str) -> bool {
        PathPattern::new(pattern).matches(path)
    }

    /// What growth and block checks print; each has to mean itself.
    const PRINTED: [&str; 16] = [
        "app.sessions",
        "app.users[x].messages",
        "app.users['ann'][3]",
        "app.pages['it]s'][('a', 1)]",
        r#"app.users["o'neil"].tags<set element>"#,
        "app.users[b'\\'x]'].name",
        "app.cache[<class app.Page[int]>]",
        "app.cache[<str>]<key>",
        "app.cache<key 'a>b'>",
        "<frame main><local rows>[x]",
        "<frame run><closure seen>[2]",
        "<held from outside>",
        "<context of a thread>[<ContextVar 'request'>]",
        "app.Größe['会话'].名",
        "app.head(.next)×1,204",
        "app.cache['a long ke…",
    ];

    #[test]
    fn a_printed_path_is_a_pattern_that_means_it_and_no_other() {
        for path in PRINTED {
            assert!(matches(path, path), "{path}");
            assert!(matches(path, &generic_path(path)), "{path}");
            assert!(matches(&generic_path(path), path), "{path}");
            assert!(matches(&format!("{path}*"), &format!("{path}.below")));
            assert!(!matches(path, &format!("{path}.below")), "{path}");
            assert!(!matches(path, &format!("more.{path}")), "{path}");
            for other in PRINTED.iter().filter(|&&other| other != path) {
                assert!(!matches(path, other), "{path} {other}");
            }
        }
    }

    #[test]
    fn a_pattern_means_the_whole_path() {
        for pattern in ["log", "lo*", "?og", "api.log", "shop.audit.log", ""] {
            assert!(!matches(pattern, "shop.api.log"), "{pattern}");
        }
        for pattern in ["*log", "shop.*", "shop.api.lo?", "*", "shop*log"] {
            assert!(matches(pattern, "shop.api.log"), "{pattern}");
        }
        assert!(!matches("shop.[al]pi", "shop.api"));
        assert!(!matches("shop.api.*", "shop.api"));
    }

    #[test]
    fn keys_and_positions_are_not_compared() {
        for pattern in ["users[x][x]", "users['ann'][3]", "users['bob']['it]s']"] {
            for path in ["users[x][x]", "users['ann'][3]", "users[\"o'neil\"][0]"] {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            assert!(!matches(pattern, "users[x]"), "{pattern}");
        }
        assert!(matches("users[*].log", "users['ann'].log"));
        assert!(matches("users['a*", "users['ann'].log"));
        assert!(matches("seen[x]", "seen<set element>"));
        assert!(matches("cache<key>", "cache<key (1, 'a')>"));
        assert!(matches("<context>[user]", "<context>[<ContextVar 'user'>]"));
        assert!(!matches("<context>[user]", "<context>[request]"));
        assert!(matches("flags[True]", "flags[None]"));
        assert!(matches("prices[inf]", "prices[nan]") && matches("roots[infj]", "roots[nanj]"));
    }

    #[test]
    fn a_path_is_known_by_the_escapes_that_it_was_printed_with() {
        for (printed, path) in [
            (r"app.a\tb", "app.a\tb"),
            (r"app.a\u200bb*", "app.a\u{200b}b.more"),
            (r"app.\x07", "app.\x07"),
            (r"app.\U000e0001", "app.\u{e0001}"),
            (r"app.a\tb", r"app.a\tb"),
            (r"app.\q\", r"app.\q\"),
            (r"app.\u12", r"app.\u12"),
        ] {
            assert!(matches(printed, path), "{printed}");
        }
    }
}
