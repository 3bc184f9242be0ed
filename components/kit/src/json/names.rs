//! Finds members by name without going through all of their siblings.
//!
//! A mapping asks for some sixty fields of a record with a hundred values: a table of
//! names, made once a record, is quicker than looking through lists each time.

use super::{Kind, Node, Parsed};

/// Which value a container has under a name.
#[derive(Debug)]
pub(crate) struct Names<'d> {
    root: Node<'d>,
    /// Open addressing: numbers of members, at least half of the places [`FREE`].
    places: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl<'d> Names<'d> {
    pub(crate) fn of(parsed: &'d Parsed<'_>) -> Self {
        let root = parsed.root();
        let places = vec![FREE; (root.next() * 2).next_power_of_two()];
        let mut names = Self { root, places };
        for node in parsed.nodes() {
            if let Some(parent) = node.parent().filter(|parent| parent.kind() == Kind::Object) {
                let key = node.key();
                let place = names.place(parent, &key);
                // Of duplicates the last counts.
                names.places[place] = node.index() as u32;
            }
        }
        names
    }

    /// The member of that name; of duplicates the last, as most parsers do.
    pub(crate) fn get(&self, parent: Node<'d>, name: &str) -> Option<Node<'d>> {
        let found = self.places[self.place(parent, name)];
        (found != FREE).then(|| self.root.at(found))
    }

    /// Where a member is, or would be.
    #[inline]
    fn place(&self, parent: Node<'_>, name: &str) -> usize {
        let mask = self.places.len() - 1;
        let mut place = hash(parent.index(), name) & mask;
        while self.places[place] != FREE {
            let node = self.root.at(self.places[place]);
            if node.entry().parent as usize == parent.index() && node.is_named(name) {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }
}

/// Names differ in length, at their beginning or at their end; those that do not only
/// meet in neighbouring places. Whoever writes such names gains a slow record, no more:
/// there are as many comparisons as in going through the list.
#[inline]
fn hash(parent: usize, name: &str) -> usize {
    let bytes = name.as_bytes();
    let word = |bytes: Option<&[u8; 8]>| u64::from_le_bytes(*bytes.unwrap_or(&[0; 8]));
    let (start, end) = match bytes.len() {
        8.. => (word(bytes.first_chunk()), word(bytes.last_chunk())),
        _ => (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    };
    // Any odd number whose bits are well spread serves.
    let spread = |word: u64| word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = spread(start ^ spread(end ^ ((parent as u64) << 8) ^ bytes.len() as u64));
    (mixed >> 32) as usize
}
