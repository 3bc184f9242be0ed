//! What both syntaxes need to build the tree.

use super::lines::Lines;
use crate::schema::{Place, Problem, Value};

/// Deepest nesting taken. A configuration needs six levels; the bound keeps
/// every walk over the tree within a small stack.
const DEEPEST: usize = 32;

/// What both syntaxes need to build the tree.
pub struct Builder<'t> {
    pub lines: &'t Lines<'t>,
    pub problems: Vec<Problem>,
}

impl<'t> Builder<'t> {
    pub fn new(lines: &'t Lines<'t>) -> Self {
        Self { lines, problems: Vec::new() }
    }

    pub fn wrong(&mut self, place: Place, path: &str, message: impl Into<String>) {
        self.problems.push(Problem { place, path: path.to_owned(), message: message.into() });
    }

    /// A number that JSON carries unchanged; a component gets its settings as JSON.
    pub fn float(&mut self, number: f64, place: &Place, path: &str) -> Value {
        // Whole numbers beyond 64 bits arrive here from YAML: 2^63, 9.2e18.
        const BEYOND_64_BITS: f64 = 9_223_372_036_854_775_808.0;
        if number.is_finite() && number.abs() < BEYOND_64_BITS {
            return Value::Float(number);
        }
        self.too_large(place, path);
        Value::Nothing
    }

    pub fn too_large(&mut self, place: &Place, path: &str) {
        let message = "the number does not fit into 64 bits; an identifier goes in quotes";
        self.wrong(place.clone(), path, message);
    }

    pub fn is_too_deep(&mut self, depth: usize, place: &Place, path: &str) -> bool {
        let too_deep = depth > DEEPEST;
        if too_deep {
            self.wrong(place.clone(), path, format!("nested deeper than {DEEPEST} levels"));
        }
        too_deep
    }
}
