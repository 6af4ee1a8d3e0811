//! Colours of a terminal.

use std::fmt::Display;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// With the escape sequences of a terminal.
    Coloured,
}

/// What a piece of text is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As it comes.
    Plain,
    /// Bold.
    Strong,
    /// Dim.
    Faint,
    /// Red: there is more of it.
    More,
    /// Green: there is less of it.
    Less,
}

impl Style {
    /// With colours or without.
    pub fn of(is_coloured: bool) -> Self {
        if is_coloured {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    /// `text` as this style shows it.
    pub fn paint(self, paint: Paint, text: impl Display) -> String {
        let code = match paint {
            _ if self == Self::Plain => return text.to_string(),
            Paint::Plain => return text.to_string(),
            Paint::Strong => 1,
            Paint::Faint => 2,
            Paint::More => 31,
            Paint::Less => 32,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
