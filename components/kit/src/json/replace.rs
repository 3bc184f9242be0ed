//! Takes values out of a text without reading it anew.

use std::borrow::Cow;

use super::{Kind, Parsed, Span, push_string};

impl<'a> Parsed<'a> {
    /// Puts a string in the place of some values; every other byte stays. `values` are
    /// their [numbers](super::Node::index), rising; none lies in another.
    pub fn replace(mut self, values: &[usize], with: &str) -> Self {
        if values.is_empty() {
            return self;
        }
        let mut instead = String::new();
        push_string(&mut instead, with);
        let spans: Vec<Span> = values.iter().map(|index| self.entries[*index].span).collect();
        self.text = Cow::Owned(written(&self.text, &spans, &instead));
        for index in values {
            let entry = &mut self.entries[*index];
            (entry.kind, entry.escapes) = (Kind::String, instead.len() != with.len() + 2);
        }
        let inside = values
            .iter()
            .map(|index| Span { start: *index as u32 + 1, end: self.entries[*index].next });
        let inside: Vec<Span> = inside.collect();
        let (moves, fewer) = (Moves::of(&spans, instead.len()), Moves::of(&inside, 0));
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

fn written(text: &str, spans: &[Span], instead: &str) -> String {
    let mut out = String::with_capacity(text.len() + spans.len() * instead.len());
    let mut copied = 0;
    for span in spans {
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
    fn of(spans: &[Span], length: usize) -> Self {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mut moved = 0u32;
        let moves = spans.iter().map(|span| {
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
