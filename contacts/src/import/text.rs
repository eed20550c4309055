//! The bytes of a file -> UTF-8, piece by piece, with the line on which each row begins.

use std::collections::VecDeque;
use std::io::{self, Read};

/// So much is read at once.
const PIECE: usize = 16 * 1024;

/// No row is longer: a quote that nobody closed would otherwise make one row of the whole file, in memory.
pub(super) const LONGEST_ROW: usize = 1024 * 1024;

/// Stands for what is no text: no UTF-8 holds this byte.
const NO_TEXT: u8 = 0xff;

/// The end of a text file on DOS and CP/M; some programs still write it.
const CTRL_Z: u8 = 0x1a;

/// The text of a file, in UTF-8 whatever the file is in: UTF-8 with a byte order mark or without, or UTF-16 with one.
pub(super) struct Text<R> {
    bytes: Bytes<R>,
    ready: VecDeque<u8>,
    /// Ctrl-Z that may be the file's last.
    held_back: usize,
    lines: Lines,
    /// Handed out since the last row began.
    in_row: usize,
    has_ended: bool,
}

impl<R: Read> Text<R> {
    pub(super) fn new(reader: R) -> io::Result<Self> {
        Ok(Self {
            bytes: Bytes::new(reader)?,
            ready: VecDeque::new(),
            held_back: 0,
            lines: Lines::default(),
            in_row: 0,
            has_ended: false,
        })
    }

    /// The first line that is not blank, without being read away; empty where there is none.
    pub(super) fn first_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let line = self.ready.iter().skip_while(|byte| ends_line(**byte));
            let is_whole = line.clone().any(|byte| ends_line(*byte));
            if is_whole || self.has_ended || self.ready.len() > LONGEST_ROW {
                return Ok(line.take_while(|byte| !ends_line(**byte)).copied().collect());
            }
            self.fill()?;
        }
    }

    /// Reads the first line that is not blank away.
    pub(super) fn skip_line(&mut self) {
        let mut is_within = false;
        while let Some(byte) = self.ready.front().copied() {
            if is_within && ends_line(byte) {
                break;
            }
            is_within |= !ends_line(byte);
            self.ready.pop_front();
            self.lines.pass(byte);
        }
        self.lines.begin_here();
    }

    /// On which line the row begins that the CSV reader found at this offset; rows must be asked for in order.
    pub(super) fn row_begins(&mut self, offset: u64) -> u64 {
        self.in_row = 0;
        self.lines.of(offset)
    }

    /// Whether reading stopped within a row that does not end.
    pub(super) fn is_row_too_long(&self) -> bool {
        self.in_row > LONGEST_ROW
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut piece = [0; PIECE];
        let found = self.bytes.read(&mut piece)?;
        let piece = piece.get(..found).unwrap_or_default();
        self.has_ended = piece.is_empty();
        let text = piece.iter().rposition(|byte| *byte != CTRL_Z).map_or(0, |last| last + 1);
        if text > 0 {
            self.ready.extend(std::iter::repeat_n(CTRL_Z, self.held_back));
            self.held_back = 0;
        }
        let (text, at_end) = piece.split_at(text);
        self.ready.extend(text);
        self.held_back += at_end.len();
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_row_too_long() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row does not end"));
        }
        while self.ready.is_empty() && !self.has_ended {
            self.fill()?;
        }
        let found = self.ready.read(buffer)?;
        for byte in buffer.iter().take(found) {
            self.lines.pass(*byte);
        }
        self.in_row += found;
        Ok(found)
    }
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// The bytes of a file as UTF-8.
struct Bytes<R> {
    reader: R,
    encoding: Encoding,
    /// Read and not yet given: what the file begins with, or half a character.
    pending: Vec<u8>,
    ready: VecDeque<u8>,
    has_ended: bool,
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
}

impl<R: Read> Bytes<R> {
    fn new(mut reader: R) -> io::Result<Self> {
        let mut mark = Vec::new();
        reader.by_ref().take(3).read_to_end(&mut mark)?;
        let (encoding, length) = match mark.as_slice() {
            [0xef, 0xbb, 0xbf] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16(u16::from_le_bytes), 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16(u16::from_be_bytes), 2),
            _ => (Encoding::Utf8, 0),
        };
        let pending = mark.split_off(length);
        Ok(Self { reader, encoding, pending, ready: VecDeque::new(), has_ended: false })
    }

    fn decode(&mut self, unit: fn([u8; 2]) -> u16) -> io::Result<()> {
        let mut piece = [0; PIECE];
        let found = self.reader.read(&mut piece)?;
        self.has_ended = found == 0;
        self.pending.extend(piece.iter().take(found));
        let (pairs, half) = self.pending.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let mut rest = half.to_vec();
        if !self.has_ended && units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
            rest = pairs.last().into_iter().flatten().copied().chain(rest).collect();
        }
        let mut utf8 = [0; 4];
        for c in char::decode_utf16(units) {
            match c {
                Ok(c) => self.ready.extend(c.encode_utf8(&mut utf8).as_bytes()),
                Err(_) => self.ready.push_back(NO_TEXT),
            }
        }
        if self.has_ended && !rest.is_empty() {
            self.ready.push_back(NO_TEXT);
            rest.clear();
        }
        self.pending = rest;
        Ok(())
    }
}

impl<R: Read> Read for Bytes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.encoding {
            Encoding::Utf8 if self.pending.is_empty() => self.reader.read(buffer),
            Encoding::Utf8 => {
                let found = self.pending.as_slice().read(buffer)?;
                self.pending.drain(..found);
                Ok(found)
            }
            Encoding::Utf16(unit) => {
                while self.ready.is_empty() && !self.has_ended {
                    self.decode(unit)?;
                }
                self.ready.read(buffer)
            }
        }
    }
}

/// Counts lines as an editor does. The CSV reader's own count is of another kind: it is one behind after CRLF and blank lines.
struct Lines {
    offset: u64,
    line: u64,
    is_at_begin: bool,
    is_behind_cr: bool,
    /// Where lines that are not blank begin, and their numbers: those that the CSV reader has read and not yet given out.
    begins: VecDeque<(u64, u64)>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { offset: 0, line: 1, is_at_begin: true, is_behind_cr: false, begins: VecDeque::new() }
    }
}

impl Lines {
    fn pass(&mut self, byte: u8) {
        match byte {
            b'\n' if self.is_behind_cr => self.is_behind_cr = false,
            b'\r' | b'\n' => {
                self.line += 1;
                self.is_at_begin = true;
                self.is_behind_cr = byte == b'\r';
            }
            _ => {
                if self.is_at_begin {
                    self.begins.push_back((self.offset, self.line));
                }
                self.is_at_begin = false;
                self.is_behind_cr = false;
            }
        }
        self.offset += 1;
    }

    /// From here on the CSV reader counts bytes.
    fn begin_here(&mut self) {
        self.offset = 0;
        self.begins.clear();
    }

    fn of(&mut self, offset: u64) -> u64 {
        while self.begins.front().is_some_and(|(begin, _)| *begin < offset) {
            self.begins.pop_front();
        }
        self.begins.front().map_or(self.line, |(_, line)| *line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every character and line break is cut.
    struct ByteByByte<'a>(&'a [u8]);

    impl Read for ByteByByte<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(buffer.get_mut(..end).unwrap_or_default())
        }
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    fn read(file: &[u8]) -> Vec<u8> {
        let mut whole = Vec::new();
        Text::new(file).unwrap().read_to_end(&mut whole).unwrap();
        let mut in_bytes = Vec::new();
        Text::new(ByteByByte(file)).unwrap().read_to_end(&mut in_bytes).unwrap();
        assert_eq!(whole, in_bytes);
        whole
    }

    #[test]
    fn a_file_is_read_in_each_encoding_that_spreadsheets_write() {
        let text = "Zoë,さくら,\u{1f469}\n";
        assert_eq!(read(text.as_bytes()), text.as_bytes());
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), text.as_bytes());
        assert_eq!(read(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)), text.as_bytes());
        assert_eq!(read(&utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)), text.as_bytes());
        assert_eq!(read(b"ab"), b"ab");
        assert_eq!(read(b""), b"");
    }

    #[test]
    fn what_is_no_utf_16_becomes_no_text() {
        let lonely = [0xff, 0xfe, b'a', 0, 0x00, 0xd8, b'b', 0];
        assert_eq!(read(&lonely), b"a\xffb");
        assert_eq!(read(&[0xff, 0xfe, b'a', 0, b'b']), b"a\xff");
        assert_eq!(read(&[0xff, 0xfe, 0x00, 0xd8]), b"\xff");
    }

    #[test]
    fn only_the_last_ctrl_z_of_a_file_is_left_out() {
        assert_eq!(read(b"a\x1ab\r\n\x1a"), b"a\x1ab\r\n");
        assert_eq!(read(b"a\x1a\x1a"), b"a");
        let long = [vec![b'a'; PIECE - 1], vec![CTRL_Z; 2], vec![b'b'], vec![CTRL_Z]].concat();
        assert_eq!(read(&long), long.split_last().unwrap().1);
    }

    #[test]
    fn a_row_that_does_not_end_is_not_read_on_and_on() {
        let mut text = Text::new(io::repeat(b'x')).unwrap();
        let mut piece = [0; PIECE];
        let mut taken = 0;
        let failed = loop {
            match text.read(&mut piece) {
                Ok(found) => taken += found,
                Err(error) => break error,
            }
        };
        assert_eq!(failed.kind(), io::ErrorKind::InvalidData);
        assert!(text.is_row_too_long() && taken <= LONGEST_ROW + PIECE);
    }
}
