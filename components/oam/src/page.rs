//! A page being read, and how the one before it looked: a service that ignores
//! the page number answers with the same rows again and again.

/// A page being read.
#[derive(Debug)]
pub struct Page {
    /// Rows met for the first time.
    pub new_rows: u64,
    /// Short keys of the rows, for the page that follows.
    pub keys: Vec<u64>,
    /// Row by row the same as the page before so far. Such rows are held back:
    /// those without an id would look new only for being met twice.
    pub is_repeating: bool,
}

impl Page {
    /// A page of which nothing was read.
    pub fn new(may_repeat: bool) -> Self {
        Self { new_rows: 0, keys: Vec::new(), is_repeating: may_repeat }
    }
}
