//! `docs/mapping.md`: what each kind of record becomes, for whoever writes a
//! detection.
//!
//! The page is made of the guests' own tables, and of what the real components and
//! the real renderings make of one record for each of their rows; so it can say
//! nothing that is not so. It is written by `cargo xtask mapping`.

mod page;
mod specimen;

use crate::support::repository;

/// Set this to write the page anew; the diff is then the change to review.
const REGENERATE: &str = "SIGNON_REGENERATE_GOLDEN";

#[test]
fn the_page_about_the_mapping_says_what_the_tables_say() {
    let page = page::write();
    let path = repository("docs/mapping.md");
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, found) in page.lines().zip(found.lines()) {
        assert_eq!(line, found, "docs/mapping.md: if this is meant, run cargo xtask mapping");
    }
    assert_eq!(page.len(), found.len(), "docs/mapping.md is older: run cargo xtask mapping");
}
