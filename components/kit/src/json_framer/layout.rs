//! What stands around rows, and how it is known.

use super::state::Wrapper;
use crate::json::Members;

/// Rows in several wrappers at once: objects that hold a list, a row, or such an object
/// in a member of one of these names, and lists of them.
#[derive(Debug)]
pub struct Wrapping {
    /// Members that hold rows, in any case.
    pub names: &'static [&'static str],
    /// Members only a row has: an object that shows one first is no wrapper.
    pub row_members: &'static [&'static str],
    /// Most wrappers that are looked through, lists among them.
    pub deepest: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    /// Nothing but a top-level array stands around records.
    Records,
    /// The list in that member.
    List(&'static str),
    Wrapped(&'static Wrapping),
}

impl Layout {
    /// Whether an object in these wrappers may be another one.
    pub(super) fn may_wrap(self, around: &[Wrapper]) -> bool {
        match self {
            Self::Records => false,
            Self::List(_) => !around.iter().any(|one| matches!(one, Wrapper::Object { .. })),
            Self::Wrapped(wrapping) => around.len() < wrapping.deepest,
        }
    }

    /// Whether a member of that name holds rows.
    pub(super) fn is_list(self, key: &[u8]) -> bool {
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        match self {
            Self::Records => false,
            Self::List(name) => is(name),
            Self::Wrapped(wrapping) => wrapping.names.iter().any(|name| is(name)),
        }
    }

    /// Whether only a row has a member of that name.
    pub(super) fn is_of_rows(self, key: &[u8]) -> bool {
        match self {
            Self::Wrapped(wrapping) => {
                wrapping.row_members.iter().any(|name| name.as_bytes() == key)
            }
            _ => false,
        }
    }

    /// Whether a member that holds rows may hold anything but a list, and its object
    /// nothing that is no JSON.
    pub(super) fn is_strict(self) -> bool {
        matches!(self, Self::Wrapped(_))
    }

    /// Whether a value is how serializers write a list of nothing; `is_open` if it is an
    /// object that shows no member of a row. In a list every element counts.
    pub(super) fn is_nothing(self, bytes: &[u8], is_open: bool, around: Option<&Wrapper>) -> bool {
        match (self, around) {
            (Self::Records | Self::List(_), _) | (_, Some(Wrapper::Array)) => false,
            _ if is_open => Members::of(bytes).all(|member| {
                member.is_ok_and(|(key, _)| key.starts_with(['@', '#']) || key.starts_with("xmlns"))
            }),
            (_, None) => false,
            (_, Some(Wrapper::Object { .. })) => {
                matches!(bytes.trim_ascii(), b"" | b"null" | b"\"\"")
            }
        }
    }
}
