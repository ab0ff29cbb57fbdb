//! What was found out or assumed about a file, told as a key and what stands in its text: who shows it has the words.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

type Name = Cow<'static, str>;

/// A text's key, and the values in it. Keys begin with `note-`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Of the text.
    pub key: Name,
    /// By their names in the text.
    pub values: Vec<(Name, Value)>,
}

/// What stands in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A number of things.
    Count(usize),
    /// The same in every language.
    Text(String),
    /// A text of its own.
    Note(Note),
    /// Several, with this between them.
    List(Vec<Value>, Name),
}

impl Note {
    /// Without values.
    pub(super) fn new(key: &'static str) -> Self {
        Self {
            key: key.into(),
            values: Vec::new(),
        }
    }

    /// With one value more.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }
}

impl Value {
    pub(super) fn list(
        values: impl IntoIterator<Item = impl Into<Value>>,
        between: &'static str,
    ) -> Self {
        Self::List(values.into_iter().map(Into::into).collect(), between.into())
    }
}

impl From<Note> for Value {
    fn from(note: Note) -> Self {
        Self::Note(note)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}
