//! From offsets to places. Invariant: whatever it is asked, the place it gives
//! is in the file.

use std::path::Path;
use std::sync::Arc;

use crate::schema::Place;

/// Turns offsets and markers into places.
pub struct Lines<'t> {
    pub text: &'t str,
    file: Arc<str>,
    /// Offset of each line's first byte; at least one.
    starts: Vec<usize>,
    /// Characters in each line, as a file of one huge line is asked about often.
    lengths: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t str, file: &Path) -> Self {
        let after_breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        let mut starts: Vec<usize> = std::iter::once(0).chain(after_breaks).collect();
        // A final line break ends the last line and starts none.
        if starts.len() > 1 && starts.last() == Some(&text.len()) {
            starts.pop();
        }
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let characters = |(start, end): (&usize, usize)| {
            text[*start..end].trim_end_matches(['\r', '\n']).chars().count()
        };
        let lengths = starts.iter().zip(ends).map(characters).collect();
        Self { text, file: file.display().to_string().into(), starts, lengths }
    }

    /// The place of a byte offset; one past the end is the end.
    pub fn at(&self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = &self.text[self.starts[line - 1]..offset];
        self.place(line, before.chars().count() + 1)
    }

    /// A place counted by someone else, brought back into the file.
    pub fn place(&self, line: usize, column: usize) -> Place {
        let line = line.clamp(1, self.starts.len());
        let column = column.clamp(1, self.lengths[line - 1] + 1);
        Place { file: Arc::clone(&self.file), line, column }
    }

    /// The text of a line that exists, without its line break.
    fn line(&self, line: usize) -> &'t str {
        let rest = &self.text[self.starts[line - 1]..];
        rest.lines().next().unwrap_or_default()
    }

    /// The plain key that is written at a place, if there is one.
    fn key_at(&self, place: &Place) -> Option<String> {
        let is_key =
            |character: &char| character.is_ascii_alphanumeric() || "-_".contains(*character);
        let characters = self.line(place.line).chars().skip(place.column - 1);
        let key: String = characters.take_while(is_key).collect();
        (!key.is_empty()).then_some(key)
    }

    pub fn duplicate(&self, place: &Place) -> String {
        match self.key_at(place) {
            Some(key) => format!("duplicate key {key:?}; remove one of the two"),
            None => "duplicate key; remove one of the two".to_owned(),
        }
    }
}
