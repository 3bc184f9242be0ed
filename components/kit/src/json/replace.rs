//! Takes values out of a text without reading it anew.

use std::borrow::Cow;

use super::{Kind, Parsed, Span, push_string};

impl<'a> Parsed<'a> {
    /// Puts strings in the place of some values; every other byte stays. `values` are
    /// their [numbers](super::Node::index), rising; none lies in another.
    pub fn replace(mut self, values: &[(usize, &str)]) -> Self {
        if values.is_empty() {
            return self;
        }
        let quoted = |(_, text): &(usize, &str)| {
            let mut quoted = String::with_capacity(text.len() + 2);
            push_string(&mut quoted, text);
            quoted
        };
        let instead: Vec<String> = values.iter().map(quoted).collect();
        let spans: Vec<Span> = values.iter().map(|(index, _)| self.entries[*index].span).collect();
        self.text = Cow::Owned(written(&self.text, &spans, &instead));
        for ((index, text), instead) in values.iter().zip(&instead) {
            let entry = &mut self.entries[*index];
            (entry.kind, entry.escapes) = (Kind::String, instead.len() != text.len() + 2);
        }
        let inside = values
            .iter()
            .map(|(index, _)| Span { start: *index as u32 + 1, end: self.entries[*index].next });
        let inside: Vec<Span> = inside.collect();
        let lengths = instead.iter().map(String::len);
        let moves = Moves::of(&spans, lengths);
        let fewer = Moves::of(&inside, std::iter::repeat(0));
        let (mut index, mut behind) = (0, 0);
        self.entries.retain_mut(|entry| {
            let place = index;
            index += 1;
            // What begins and ends before them all stays as it is, number and all.
            if entry.span.end < spans[0].start {
                return true;
            }
            while inside.get(behind).is_some_and(|inside| inside.end <= place) {
                behind += 1;
            }
            if inside.get(behind).is_some_and(|inside| inside.start <= place) {
                return false;
            }
            (entry.span, entry.key) = (moves.of_span(entry.span), moves.of_span(entry.key));
            (entry.parent, entry.next) = (fewer.of_place(entry.parent), fewer.of_place(entry.next));
            true
        });
        self
    }
}

fn written(text: &str, spans: &[Span], instead: &[String]) -> String {
    let added = instead.iter().map(String::len).sum::<usize>();
    let mut out = String::with_capacity(text.len() + added);
    let mut copied = 0;
    for (span, instead) in spans.iter().zip(instead) {
        out.push_str(&text[copied..span.start as usize]);
        out.push_str(instead);
        copied = span.end as usize;
    }
    out.push_str(&text[copied..]);
    out
}

/// How far what stands behind each replaced place moves, bytes or entries.
struct Moves(Vec<(u32, u32)>);

impl Moves {
    fn of(spans: &[Span], lengths: impl Iterator<Item = usize>) -> Self {
        let mut moved = 0u32;
        let moves = spans.iter().zip(lengths).map(|(span, length)| {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            // To the left as what wraps around.
            moved = moved.wrapping_add(length).wrapping_sub(span.end - span.start);
            (span.end, moved)
        });
        Self(moves.collect())
    }

    /// A place behind a replaced one goes with it; one before it stays.
    #[inline]
    fn of_place(&self, place: u32) -> u32 {
        match self.0.partition_point(|(end, _)| *end <= place) {
            0 => place,
            before => place.wrapping_add(self.0[before - 1].1),
        }
    }

    fn of_span(&self, span: Span) -> Span {
        Span { start: self.of_place(span.start), end: self.of_place(span.end) }
    }
}
