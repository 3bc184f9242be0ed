//! Tells most names that are no secrets' by a look at three letters at a time.
//!
//! Invariant: every name that the [terms](super::secret_terms) make a secret has one of the
//! [`SEEDS`] in its letters. That each word has one is checked when this is compiled.

use super::secret_terms::{STRONG, WORDS};

/// Three letters of each word: of those it has, the ones that are rare in other names.
const SEEDS: [&[u8; 3]; 34] = [
    b"aml", b"ays", b"bea", b"bss", b"cke", b"cod", b"ecr", b"ede", b"eds", b"eed", b"hma", b"hps",
    b"icl", b"jse", b"jwt", b"key", b"mne", b"nst", b"nsw", b"oki", b"otp", b"pas", b"pcp", b"pin",
    b"rif", b"riz", b"sid", b"sig", b"sse", b"srf", b"swd", b"tgt", b"tok", b"xau",
];

/// The word of two letters, and the name that is a secret's by itself only.
const PW: u32 = packed(b"pw");
const AUTH: u32 = packed(b"auth");

/// Two letters, five bits each.
const PAIR: u32 = (1 << 10) - 1;

/// For each pair of letters, where the letters behind it are in [`THIRDS`]; 0 for most.
static ROWS: [u8; PAIR as usize + 1] = TABLES.0;
static THIRDS: [u32; 40] = TABLES.1;

const TABLES: ([u8; PAIR as usize + 1], [u32; 40]) = {
    let (mut rows, mut thirds) = ([0; PAIR as usize + 1], [0; 40]);
    // Whatever follows.
    rows[PW as usize] = 1;
    thirds[1] = u32::MAX;
    let mut used = 2;
    let mut at = 0;
    while at < SEEDS.len() {
        let seed = SEEDS[at];
        let pair = (packed(seed) >> 5) as usize;
        if rows[pair] == 0 {
            rows[pair] = used;
            used += 1;
        }
        thirds[rows[pair] as usize] |= 1 << (seed[2] & 31);
        at += 1;
    }
    (rows, thirds)
};

const fn packed(letters: &[u8]) -> u32 {
    let (mut packed, mut at) = (0, 0);
    while at < letters.len() {
        packed = packed << 5 | (letters[at] & 31) as u32;
        at += 1;
    }
    packed
}

/// Letters by their place in the alphabet, 0 for what stands between them, and [`ESCAPE`].
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut at = 0;
    while at < letters.len() {
        letters[at] = match at as u8 {
            letter @ (b'A'..=b'Z' | b'a'..=b'z') => letter & 31,
            b'%' | b'\\' | b'&' | 0x80.. => ESCAPE,
            _ => 0,
        };
        at += 1;
    }
    letters
};

/// What has to be decoded before it can be told.
const ESCAPE: u8 = 0xff;

/// Whether a name may be a secret's.
pub fn may_be_secret(name: &[u8]) -> bool {
    let mut letters = 0u32;
    for (at, byte) in name.iter().enumerate() {
        let letter = LETTERS[usize::from(*byte)];
        if letter == 0 {
            continue;
        }
        let row = ROWS[(letters & PAIR) as usize];
        if letter == ESCAPE {
            return true;
        }
        if row != 0 && THIRDS[usize::from(row)] >> letter & 1 == 1 && !is_sign(&name[at..]) {
            return true;
        }
        letters = letters << 5 | u32::from(letter);
    }
    letters & PAIR == PW || letters == AUTH
}

/// Whether this is the `gn` of `sign`, which is in many names: no word ends before the `n`,
/// and neither `signature` nor a `new` begins there.
#[inline]
fn is_sign(rest: &[u8]) -> bool {
    let is_other = |next: &u8| next.is_ascii_alphabetic() && !b"AEae".contains(next);
    rest.starts_with(b"gn") && rest.get(2).is_none_or(is_other)
}

/// Whether there is a seed in a word, `code` and `otp` among them: names are secrets' by
/// those, too.
const fn has_seed(word: &[u8]) -> bool {
    let (mut letters, mut at) = (0, 0);
    while at < word.len() {
        letters = letters << 5 | (word[at] & 31) as u32;
        let row = TABLES.0[(letters >> 5 & PAIR) as usize];
        if letters & PAIR == PW || (row != 0 && TABLES.1[row as usize] >> (letters & 31) & 1 == 1) {
            return true;
        }
        at += 1;
    }
    false
}

const _: () = {
    assert!(has_seed(b"code") && has_seed(b"otp"));
    let mut at = 0;
    while at < STRONG.len() {
        assert!(has_seed(STRONG[at].as_bytes()), "a word without a seed");
        at += 1;
    }
    at = 0;
    while at < WORDS.len() {
        assert!(has_seed(WORDS[at].as_bytes()), "a word without a seed");
        at += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_seeds() {
        for name in [
            "p_w",
            "PW",
            "xpw",
            "auth",
            "AUTH",
            "t.o.k",
            "smsCode",
            "x%41",
            "caf\u{e9}",
            "sigN",
            "signature",
            "SIGN",
            "signew",
        ] {
            assert!(may_be_secret(name.as_bytes()), "{name}");
        }
        for name in [
            "",
            "p",
            "authn",
            "IdentitySignOn",
            "design",
            "xauth2user",
            "urn",
            "https",
            "to k",
            "userAgent",
        ] {
            let expected = name == "to k" || name == "xauth2user";
            assert_eq!(may_be_secret(name.as_bytes()), expected, "{name}");
        }
    }
}
