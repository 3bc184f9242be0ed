//! Laws of reading what somebody saved.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Hands out few bytes at once, as a pipe may.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(buffer.len());
        let (read, rest) = self.0.split_at(length);
        buffer[..length].copy_from_slice(read);
        self.0 = rest;
        Ok(length)
    }
}

fn read(bytes: &[u8], piece: usize) -> (Vec<u8>, Vec<String>) {
    let mut payload = Payload::new(Pieces(bytes, piece));
    let (mut all, mut errors, mut buffer) = (Vec::new(), Vec::new(), [0; 61]);
    loop {
        match payload.read(&mut buffer) {
            Ok(0) => return (all, errors),
            Ok(read) => all.extend_from_slice(&buffer[..read]),
            Err(error) => errors.push(error.to_string()),
        }
    }
}

proptest! {
    #[test]
    fn however_bytes_are_cut_into_members_the_same_come_out(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        zeros in 0usize..600, piece in 1usize..300,
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut file: Vec<u8> =
            cuts.windows(2).flat_map(|part| gzip(&bytes[part[0]..part[1]])).collect();
        file.extend(std::iter::repeat_n(0, zeros));
        prop_assert_eq!(read(&file, piece), (bytes, vec![]));
    }

    #[test]
    fn what_does_not_begin_as_gzip_comes_out_as_it_is(
        bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1usize..40,
    ) {
        prop_assume!(!bytes.starts_with(&MAGIC));
        prop_assert_eq!(read(&bytes, piece), (bytes.clone(), vec![]));
    }

    #[test]
    fn of_a_file_that_is_cut_what_was_whole_comes_out_and_the_place_is_told(
        text in "[a-z\n]{1,400}", cut in any::<prop::sample::Index>(), piece in 1usize..100,
    ) {
        let (first, second) = (gzip(b"first\n"), gzip(text.as_bytes()));
        let kept = 1 + cut.index(second.len() - 1);
        let file = [&first[..], &second[..kept]].concat();
        let (all, errors) = read(&file, piece);
        prop_assert!(all.starts_with(b"first\n") && text.as_bytes().starts_with(&all[6..]));
        prop_assert_eq!(errors.len(), 1);
        let place = format!(
            "cut off at byte {}, in its member 2, which begins at byte {}", file.len(), first.len()
        );
        prop_assert!(errors[0].contains(&place), "{}", errors[0]);
    }

    #[test]
    fn a_damaged_file_never_panics_and_ends(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), piece in 1usize..100,
    ) {
        let mut file = [gzip(b"some text, some text"), gzip(b"more")].concat();
        let at = at.index(file.len());
        file[at] = byte;
        prop_assert!(read(&file, piece).1.len() <= 1);
    }
}

#[test]
fn what_stands_behind_the_last_member_is_told_with_its_place() {
    let member = gzip(b"whole\n");
    let (all, errors) = read(&[&member[..], b"\0\0oops"].concat(), 7);
    assert_eq!(all, b"whole\n");
    assert!(errors[0].contains(&format!("from byte {} on", member.len() + 2)), "{errors:?}");
}

#[test]
fn a_wrong_check_sum_is_told() {
    let mut member = gzip(b"whole\n");
    let at = member.len() - 8;
    member[at] ^= 1;
    let (all, errors) = read(&member, 100);
    assert_eq!(all, b"whole\n");
    assert!(errors[0].contains("damaged"), "{errors:?}");
}

#[test]
fn a_bomb_is_handed_out_buffer_by_buffer() {
    let file = gzip(&vec![b' '; 64 << 20]);
    assert!(file.len() < 100 << 10);
    let mut payload = Payload::new(&file[..]);
    let (mut buffer, mut total) = ([0; 4096], 0);
    loop {
        match payload.read(&mut buffer).unwrap() {
            0 => break,
            read => total += read,
        }
    }
    assert_eq!(total, 64 << 20);
}

#[test]
fn an_error_of_the_operating_systems_is_told_as_one() {
    struct Broken(u8);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Ok(gzip(b"text").as_slice().read(&mut buffer[..2])?),
                2 => Err(ErrorKind::Interrupted.into()),
                _ => Err(io::Error::other("the disk is gone")),
            }
        }
    }
    let error = Payload::new(Broken(0)).read(&mut [0; 10]).unwrap_err();
    assert!(matches!(error, PayloadError::Io(_)), "{error}");
}
