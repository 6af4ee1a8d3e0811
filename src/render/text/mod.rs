//! Answers as text for a terminal. What comes from a heap stands in one line, with its control
//! characters spelled out.

mod chains;
mod compiled_holders;
mod cycles;
mod growth;
mod growth_processes;
mod hints;
mod new_objects;
mod number;
mod objects;
mod retained;
mod style;
mod summary;
mod suspects;
mod table;
mod tree;
mod types;
mod uncollectable;
mod why;

pub use chains::{chain_path, chain_words, root_chain_text};
pub use compiled_holders::{candidate_words, compiled_holders_words};
pub use cycles::{cycles_text, garbage_text};
pub use growth::{evidence, growth_text, headline as growth_headline};
pub use growth_processes::{growth_of_processes_text, headline as growth_of_processes_headline};
pub use hints::hint_sentences;
pub use new_objects::{example_spelled, new_objects_text};
pub use number::grouped;
pub(super) use number::utc;
pub use objects::objects_text;
pub use retained::{owners_text, retained_by_type_text, retained_instances_text, retained_text};
pub use style::{Paint, Style};
pub use summary::{TOP_TYPES, summary_text};
pub use suspects::{sentences, suspects_text};
pub use tree::neighbourhood_text;
pub use types::{diff_text, leak_words, types_text, unexplained_text};
pub use uncollectable::uncollectable_words;
pub use why::{chain_spelled, spelled_path, why_text};

/// Why writing is expected to work.
const TO_STRING: &str = "writing to a string does not fail";
