//! SCIM filters: what they mean (RFC 7644, 3.4.2.2).
//!
//! The invariant: a filter that was accepted can be answered for every row; a
//! comparison that makes no sense for an attribute is refused when it is read.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::schema::{Attribute, Kind};
use super::view::View;

/// A filter, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Present(Attribute),
    Compare { attribute: Attribute, operator: Operator, operand: Operand },
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    pub(super) fn find(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "co" => Self::Contains,
            "sw" => Self::StartsWith,
            "ew" => Self::EndsWith,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }

    fn of_parts(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    fn of_order(self) -> bool {
        !self.of_parts() && !matches!(self, Self::Equal | Self::NotEqual)
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Contains | Self::StartsWith | Self::EndsWith => false,
        }
    }
}

/// What a value is compared with, in the attribute's own terms.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// Folded to lower case unless case matters.
    Text {
        text: String,
        exact: bool,
    },
    Time(DateTime<Utc>),
    Integer(i64),
    Boolean(bool),
    Null,
}

impl Filter {
    /// A comparison, if it makes sense for the attribute.
    pub(super) fn compare(
        attribute: Attribute,
        operator: Operator,
        literal: &Value,
    ) -> Result<Self, String> {
        let wrong = |expected: &str| {
            Err(format!("'{}' cannot be compared with {literal}: {expected}", attribute.name))
        };
        let operand = match (attribute.kind, literal) {
            (_, Value::Null) if !operator.of_order() && !operator.of_parts() => Operand::Null,
            (Kind::Text, Value::String(text)) => {
                Operand::Text { text: text.to_lowercase(), exact: false }
            }
            (Kind::ExactText, Value::String(text)) => {
                Operand::Text { text: text.clone(), exact: true }
            }
            (Kind::Time, Value::String(text)) if !operator.of_parts() => {
                match DateTime::parse_from_rfc3339(text) {
                    Ok(time) => Operand::Time(time.to_utc()),
                    Err(_) => return wrong("expected a date-time such as 2018-06-01T00:00:00Z"),
                }
            }
            (Kind::Integer, Value::Number(number)) if !operator.of_parts() => {
                match number.as_i64() {
                    Some(number) => Operand::Integer(number),
                    None => return wrong("expected an integer"),
                }
            }
            (Kind::Boolean, Value::Bool(truth)) if !operator.of_parts() && !operator.of_order() => {
                Operand::Boolean(*truth)
            }
            (Kind::Complex(_), _) => return wrong("name a part of it"),
            _ => return wrong("operator or value does not fit the attribute's type"),
        };
        Ok(Self::Compare { attribute, operator, operand })
    }

    pub(super) fn matches(&self, row: &View<'_>) -> bool {
        match self {
            Self::And(one, other) => one.matches(row) && other.matches(row),
            Self::Or(one, other) => one.matches(row) || other.matches(row),
            Self::Not(filter) => !filter.matches(row),
            Self::Present(attribute) => row.value(attribute).is_some_and(|value| !value.is_null()),
            Self::Compare { attribute, operator, operand } => {
                compare(row, attribute, *operator, operand)
            }
        }
    }
}

fn compare(row: &View<'_>, attribute: &Attribute, operator: Operator, operand: &Operand) -> bool {
    // What is not there differs from everything and has no order.
    let absent = operator == Operator::NotEqual;
    match operand {
        Operand::Time(operand) => {
            row.time(attribute).map_or(absent, |time| operator.holds(time.cmp(operand)))
        }
        Operand::Text { text, exact } => match row.value(attribute).and_then(Value::as_str) {
            None => absent,
            Some(value) if *exact => compare_text(value, operator, text),
            Some(value) => compare_text(&value.to_lowercase(), operator, text),
        },
        Operand::Integer(operand) => row
            .value(attribute)
            .and_then(Value::as_i64)
            .map_or(absent, |value| operator.holds(value.cmp(operand))),
        Operand::Boolean(operand) => row
            .value(attribute)
            .and_then(Value::as_bool)
            .map_or(absent, |value| operator.holds(value.cmp(operand))),
        Operand::Null => {
            let absent = row.value(attribute).is_none_or(Value::is_null);
            absent == (operator == Operator::Equal)
        }
    }
}

fn compare_text(value: &str, operator: Operator, operand: &str) -> bool {
    match operator {
        Operator::Contains => value.contains(operand),
        Operator::StartsWith => value.starts_with(operand),
        Operator::EndsWith => value.ends_with(operand),
        _ => operator.holds(value.cmp(operand)),
    }
}
