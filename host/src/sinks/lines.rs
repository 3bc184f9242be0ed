//! Files of lines, of which a crash may have torn the last.

use std::io::Read as _;

use super::medium::Medium;

/// Behind the last line end before `length`.
pub fn end_of_whole_lines(file: &dyn Medium, length: u64) -> std::io::Result<u64> {
    const BLOCK: u64 = 64 << 10;
    let mut end = length;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        block.clear();
        file.read_from(start)?.take(end - start).read_to_end(&mut block)?;
        if let Some(found) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + found as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
