//! Slips of the pen, and what was likely meant.

/// Longest piece of a value shown in a message, in characters: enough to find
/// it, too short to flood a terminal.
const LONGEST_QUOTE: usize = 60;

/// A text in quotes, on one line, not too long.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The known word that was most likely meant.
pub fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    known.iter().copied().find(|known| is_near(known, written))
}

/// Whether two words are the same but for case and `-` for `_`, or but for one
/// slip: a letter changed, left out, added, or two swapped.
pub fn is_near(known: &str, written: &str) -> bool {
    // Every word known here is short; a value may be megabytes.
    if written.len() > 4 * known.len() + 4 {
        return false;
    }
    let (a, b) = (plain(known), plain(written));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - tail], &b[..b.len() - tail]) {
        ([], [] | [_]) | ([_], [] | [_]) => true,
        ([x, y], [u, v]) => x == v && y == u,
        _ => false,
    }
}

fn plain(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for near in ["regoins", "region", "regionss", "regiqns", "Regions", "REGIONS", "regions"] {
            assert!(is_near("regions", near), "{near}");
        }
        for far in ["realm", "regoin", "", "regions_of_the_world"] {
            assert!(!is_near("regions", far), "{far}");
        }
        assert!(is_near("oci_audit", "oci-audit"));
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(quoted("a\nb"), r#""a\nb""#);
        assert_eq!(quoted(&"ä".repeat(61)), format!("\"{}\"…", "ä".repeat(60)));
    }

    proptest! {
        #[test]
        fn nearness_is_mutual(a in "[a-c_-]{0,6}", b in "[a-c_-]{0,6}") {
            prop_assert_eq!(is_near(&a, &b), is_near(&b, &a));
        }
    }
}
