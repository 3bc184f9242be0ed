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

/// Places looked at for a name. A table half empty needs three; whoever writes thousands
/// of names with one hash gains a look through a list, not through all pairs of them.
const MOST_LOOKS: usize = 32;

impl<'d> Names<'d> {
    pub(crate) fn of(parsed: &'d Parsed<'_>) -> Self {
        let root = parsed.root();
        let places = vec![FREE; (root.next() * 2).next_power_of_two()];
        let mut names = Self { root, places };
        for node in parsed.nodes() {
            if let Some(parent) = node.parent().filter(|parent| parent.kind() == Kind::Object) {
                let key = node.key();
                // Of duplicates the last counts. Without a place it stands in the list only.
                if let Some(place) = names.place(parent, &key) {
                    names.places[place] = node.index() as u32;
                }
            }
        }
        names
    }

    /// The member of that name; of duplicates the last, as most parsers do.
    pub(crate) fn get(&self, parent: Node<'d>, name: &str) -> Option<Node<'d>> {
        match self.place(parent, name).map(|place| self.places[place]) {
            Some(FREE) => None,
            Some(found) => Some(self.root.at(found)),
            None => parent.get(name),
        }
    }

    /// Where a member is, or would be; `None` where there is no room for its name.
    #[inline]
    fn place(&self, parent: Node<'_>, name: &str) -> Option<usize> {
        let mask = self.places.len() - 1;
        let first = hash(parent.index(), name);
        let mut places = (0..MOST_LOOKS).map(|look| (first + look) & mask);
        places.find(|place| {
            let found = self.places[*place];
            found == FREE || {
                let node = self.root.at(found);
                node.entry().parent as usize == parent.index() && node.is_named(name)
            }
        })
    }
}

/// Names differ in length, at their beginning or at their end; those that do not meet in
/// neighbouring places.
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
