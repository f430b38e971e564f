use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::read::cutter::{ClosedAmidText, LOOKAHEAD_BYTES, OpeningLine, RECORD_BYTES_MAX, RowJudge};

/// Takes lines of three fields for rows.
struct ThreeFields;

impl RowJudge for ThreeFields {
    fn is_row(&self, line: &[u8]) -> bool {
        self.has_fields_of_a_row(line) && line.ends_with(b"1")
    }

    fn is_another_row(&self, _: &[u8], _: usize, last: &[u8], _: usize) -> bool {
        self.is_row(last)
    }

    fn has_fields_of_a_row(&self, line: &[u8]) -> bool {
        line.iter().filter(|&&byte| byte == b',').count() == 2
    }

    fn opening_line(&self, line: &[u8], _: usize) -> OpeningLine {
        if self.is_row(line) { OpeningLine::Row } else { OpeningLine::Part }
    }
}

fn cutter(text: &[u8], from: u64, chunk_bytes: usize, closed_amid_text: ClosedAmidText) -> Cutter<&[u8]> {
    let cutter = Cutter::new(&text[from as usize..], from, chunk_bytes).taking(closed_amid_text);
    cutter.judged_by(Some(Arc::new(ThreeFields)))
}

/// What the chunks hold: neighbours of the same kind are one.
fn stretches(mut cutter: Cutter<&[u8]>, stretches: &mut Vec<(Content, Vec<u8>)>) {
    while let Some(chunk) = cutter.next_chunk(Vec::new()).expect("memory does not fail") {
        match stretches.last_mut() {
            Some((content, bytes)) if *content == chunk.content => bytes.extend_from_slice(&chunk.bytes),
            _ => stretches.push((chunk.content, chunk.bytes)),
        }
    }
}

/// Where the records of each range begin, found as several readers would; and how often a range was walked again.
fn starts(text: &[u8], range_bytes: u64, chunk_bytes: usize, closed: ClosedAmidText) -> (Vec<u64>, usize) {
    let end = text.len() as u64;
    let ranges = ranges(0, end, range_bytes);
    let walk = |range: &Range<u64>, entry: u64, known: Option<&Walk>| {
        let records = if closed == ClosedAmidText::Broken { Records::skipping_marks() } else { Records::default() };
        let walker = Walker { cutter: cutter(text, entry, chunk_bytes, closed), records };
        walker.walk(range, entry, end, known)
    };
    let first_of = |range: &Range<u64>| match range.start {
        0 => Some(0),
        begin => first_line(&text[begin as usize - 1..range.end as usize], begin),
    };
    let walks: Vec<Option<Walk>> = ranges
        .iter()
        .map(|range| Some(walk(range, first_of(range).filter(|&entry| entry < range.end)?, None).expect("a walk")))
        .collect();
    let mut again = 0;
    let starts = Walk::settle(&ranges, &walks, 0, |number, entry, known| {
        again += 1;
        walk(&ranges[number], entry, known)
    });
    (starts.expect("starts"), again)
}

/// Text of a few lines in which quotes stand anywhere, and line feeds in quotes.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "a,b,1\n",
        "\"x\ny\",b,1\n",
        "\"",
        ",",
        "\n",
        "\r\n",
        "word",
        "\"\"",
        "\"a,b,1\nc,d,1\"\n",
        "#\"\n",
        "\"x\n\"\",q\n\"\"\",b,2\n",
        "\u{feff}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn readers_of_ranges_read_what_one_reader_reads(
        text in text(), range_bytes in 1_u64..80, chunk_bytes in prop::sample::select(vec![1_usize, 7, 64]),
        closed in prop::sample::select(vec![ClosedAmidText::Broken, ClosedAmidText::Field])
    ) {
        let text = text.as_bytes();
        let mut whole = Vec::new();
        stretches(cutter(text, 0, 64, closed), &mut whole);
        let (starts, _) = starts(text, range_bytes, chunk_bytes, closed);
        let mut shared = Vec::new();
        for (at, place) in starts.windows(2).enumerate() {
            prop_assert!(place[0] <= place[1], "{starts:?} at {at}");
            stretches(cutter(text, place[0], chunk_bytes, closed).until(place[1]), &mut shared);
        }
        prop_assert_eq!(starts.last().copied(), Some(text.len() as u64));
        prop_assert_eq!(shared, whole, "{:?}", starts);
    }
}

#[test]
fn a_cell_with_line_feeds_at_the_border_costs_a_walk_that_soon_meets_the_first() {
    let text = "a,b,2\n\"x\ny\",b,2\n".repeat(40);
    let (starts, again) = starts(text.as_bytes(), 100, 8, ClosedAmidText::Broken);
    assert!(again > 0, "some border lies in a cell");
    assert!(starts.iter().all(|&start| text[start as usize..].starts_with("a,b")
        || text[start as usize..].starts_with('"')
        || start as usize == text.len()));
}

#[test]
fn a_walk_stops_where_it_meets_another() {
    struct Counting<'t>(&'t [u8], std::rc::Rc<std::cell::Cell<usize>>);
    impl Read for Counting<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let read = self.0.read(out)?;
            self.1.set(self.1.get() + read);
            Ok(read)
        }
    }
    let text = "a,b,2\n".repeat(10_000);
    let end = text.len() as u64;
    let range = 0..end;
    let read = std::rc::Rc::default();
    let walk = |entry: u64, known: Option<&Walk>| {
        let bytes = Counting(&text.as_bytes()[entry as usize..], std::rc::Rc::clone(&read));
        Walker { cutter: Cutter::new(bytes, entry, 8), records: Records::default() }.walk(&range, entry, end, known)
    };
    let known = walk(0, None).expect("a walk");
    read.set(0);
    assert_eq!(walk(6, Some(&known)).expect("a walk").exit, end);
    assert!(read.get() < 200, "{} bytes were read again", read.get());
}

#[test]
fn what_stands_behind_a_range_decides_no_more_than_the_lookahead() {
    // A quote that nothing closes within the longest record, and one that closes just there.
    let rows = "a,b,2\n".repeat(RECORD_BYTES_MAX / 6);
    for text in [format!("{rows}x,\"y,2\n{rows}{rows}"), format!("a,\"{}\",2\n{rows}{rows}", &rows[..rows.len() - 20])]
    {
        let text = text.as_bytes();
        let mut whole = Vec::new();
        stretches(cutter(text, 0, 4096, ClosedAmidText::Broken), &mut whole);
        let (starts, _) = starts(text, 300_000, 4096, ClosedAmidText::Broken);
        let mut shared = Vec::new();
        for place in starts.windows(2) {
            let seen = &text[..text.len().min((place[1] + LOOKAHEAD_BYTES) as usize)];
            stretches(cutter(seen, place[0], 4096, ClosedAmidText::Broken).until(place[1]), &mut shared);
        }
        assert!(shared == whole, "{starts:?}");
    }
}

#[test]
fn ranges_cover_all_there_is() {
    assert_eq!(ranges(10, 35, 10), [10..20, 20..30, 30..35]);
    let lengths = |ranges: Vec<Range<u64>>| ranges.iter().map(|range| range.end - range.start).collect::<Vec<_>>();
    assert_eq!(lengths(ranges(10, 10, 10)), [0]);
    assert_eq!(lengths(ranges(0, 5, 100)), [5]);
}
