//! What is said of a source's settings by those who see what variables put into them.
//!
//! Invariant: a text that holds a variable is shown as that variable, whoever speaks of it.

use super::{ComponentRef, SourceConfig};
use crate::contract::Finding;

impl SourceConfig {
    /// The variables in the text at a JSON pointer, below it or around it, as they are
    /// written.
    fn variables_at(&self, pointer: &str) -> Option<&str> {
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let at = |known: &str| holds(known, pointer) || holds(pointer, known);
        self.variables.iter().find(|(known, _)| at(known)).map(|(_, names)| names.as_str())
    }

    /// A text at a JSON pointer as it may be shown.
    pub(super) fn shown_of(&self, pointer: &str, text: &str) -> String {
        match self.variables_at(pointer) {
            Some(variables) => format!("the text of {variables}"),
            None => format!("{text:?}"),
        }
    }

    /// What the component said of its settings, without what variables put into them. A
    /// component that somebody else wrote may write a value in any way it likes: what it
    /// says of the very text that holds one is not shown, nor is what holds a value that is
    /// too short to be told from other words.
    pub fn finding(&self, finding: Finding) -> Finding {
        let said = format!("{} {}", finding.problem, finding.fix);
        let of_a_file = matches!(self.component, ComponentRef::File(_));
        let withheld = self
            .variables_at(&finding.path)
            .filter(|_| of_a_file && !finding.path.is_empty())
            .or_else(|| self.hidden.too_short_in(&said).filter(|_| !self.variables.is_empty()));
        let (problem, fix) = match withheld {
            Some(variables) => (
                "the component's words may hold the value of a variable and are not shown".into(),
                format!("look at the value of {variables}"),
            ),
            None => (
                self.hidden.shown(&finding.problem).into_owned(),
                self.hidden.shown(&finding.fix).into_owned(),
            ),
        };
        Finding { path: self.hidden.shown(&finding.path).into_owned(), problem, fix, ..finding }
    }
}
