use super::*;
use crate::read::scan::Records;

/// All chunks of `input`, read `read_bytes` at a time.
fn cut(input: &[u8], read_bytes: usize, chunk_bytes: usize) -> Vec<Chunk> {
    struct Trickle<'a>(&'a [u8], usize);
    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.1.min(out.len()).min(self.0.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let mut cutter = Cutter::new(Trickle(input, read_bytes), 0, chunk_bytes);
    std::iter::from_fn(|| cutter.next_chunk(Vec::new()).expect("memory does not fail")).collect()
}

fn texts(chunks: &[Chunk]) -> Vec<(&str, Content)> {
    chunks.iter().map(|chunk| (std::str::from_utf8(&chunk.bytes).expect("text"), chunk.content)).collect()
}

#[test]
fn every_chunk_ends_with_a_record_whatever_its_size() {
    let input = b"a,\"x\ny\",b\nc,\"\"\"\n\"\"\",d\r\n5\" disk,\"z\"\n\nlast,\"q\"";
    let ends = [0, 10, 23, 35, 36, input.len()];
    for chunk_bytes in 1..=input.len() + 1 {
        for read_bytes in [1, 2, 3, 7, 64] {
            let chunks = cut(input, read_bytes, chunk_bytes);
            let mut at = 0;
            for chunk in &chunks {
                assert_eq!(chunk.content, Content::Records);
                assert_eq!(chunk.offset, at as u64);
                at += chunk.bytes.len();
                assert!(ends.contains(&at), "chunks of {chunk_bytes} end at {at}");
            }
            assert_eq!(chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>(), input);
        }
    }
}

#[test]
fn an_unterminated_quote_costs_one_line_whether_or_not_a_later_line_has_quotes() {
    for later in ["e,f\ng,h\n", "e,\"f\"\ng,\"h,\"\"\n\"\n", "e,f\n\"g\",h"] {
        let input = format!("a,b\nc,\"d\n{later}");
        for chunk_bytes in [1, 6, 7, 8, 100] {
            let chunks = cut(input.as_bytes(), 5, chunk_bytes);
            let broken: Vec<_> =
                texts(&chunks).into_iter().filter(|(_, content)| *content != Content::Records).collect();
            assert_eq!(broken, [("c,\"d\n", Content::Broken(Reason::UnterminatedQuote))], "{input:?} {chunk_bytes}");
            assert_eq!(chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>(), input.len());
        }
    }
}

#[test]
fn a_record_without_end_is_given_out_in_pieces_and_the_next_line_is_whole() {
    let long = "x".repeat(3 * RECORD_BYTES_MAX);
    let input = format!("a,b\n{long}\nc,d\n");
    for chunk_bytes in [100, 1000, RECORD_BYTES_MAX] {
        let chunks = cut(input.as_bytes(), 1 << 20, chunk_bytes);
        let kinds: Vec<_> = chunks.iter().map(|chunk| chunk.content).collect();
        assert_eq!(kinds[..2], [Content::Records, Content::Broken(Reason::RecordTooLong)]);
        assert_eq!(kinds[2..kinds.len() - 1], vec![Content::MoreOfBroken; kinds.len() - 3]);
        assert_eq!(chunks.last().map(|chunk| &chunk.bytes[..]), Some(&b"c,d\n"[..]));
        assert!(chunks.iter().all(|chunk| chunk.bytes.len() <= RECORD_BYTES_MAX + 1));
    }
}

#[test]
fn a_record_of_exactly_the_greatest_length_is_whole_and_a_longer_one_is_not() {
    for (beyond, content) in [(0, Content::Records), (1, Content::Broken(Reason::RecordTooLong))] {
        for (line_end, next) in [("\n", "a,b\n"), ("\r\n", "a,b"), ("", "")] {
            let length = RECORD_BYTES_MAX - line_end.len() + beyond;
            let input = format!("{}{line_end}{next}", "x".repeat(length));
            for chunk_bytes in [1, 4096, RECORD_BYTES_MAX] {
                let chunks = cut(input.as_bytes(), 1 << 16, chunk_bytes);
                assert_eq!(chunks[0].content, content, "{beyond} {line_end:?} {chunk_bytes}");
            }
        }
    }
}

#[test]
fn a_quoted_field_that_closes_amid_text_is_broken_or_a_field_as_asked() {
    let input = b"a,\"b\nc\"d\ne,\"f\"g\n";
    let cut = |taken| Cutter::new(&input[..], 0, 1).taking(taken).next_chunk(Vec::new()).expect("memory");
    let first = |taken| cut(taken).map(|chunk| (chunk.content, chunk.bytes.len()));
    assert_eq!(first(ClosedAmidText::Broken), Some((Content::Broken(Reason::UnterminatedQuote), 5)));
    assert_eq!(first(ClosedAmidText::Field), Some((Content::Records, input.len())));
}

#[test]
fn a_carriage_return_amid_a_record_is_no_line_end_wherever_reading_stops() {
    for length in 0..40 {
        let input = format!("a,\"{}\nc\"\r,d\ne,f\n", "b".repeat(length));
        let chunks = cut(input.as_bytes(), 64, 1);
        assert_eq!(chunks[0].content, Content::Broken(Reason::UnterminatedQuote), "{input:?}");
        let line_end = input.replace("\r,d", "\r\r");
        assert!(cut(line_end.as_bytes(), 64, 1).iter().all(|chunk| chunk.content == Content::Records), "{line_end:?}");
    }
}

#[test]
fn an_empty_stream_has_no_chunk() {
    assert!(cut(b"", 1, 8).is_empty());
}

/// Takes lines of four fields whose last is a number for rows.
struct NumberLast;

impl RowJudge for NumberLast {
    fn is_row(&self, line: &[u8]) -> bool {
        self.has_fields_of_a_row(line) && line.last().is_some_and(u8::is_ascii_digit)
    }

    fn is_another_row(&self, _: &[u8], _: usize, last: &[u8], closing: usize) -> bool {
        self.is_row(last) && last[..closing].contains(&b',')
    }

    fn has_fields_of_a_row(&self, line: &[u8]) -> bool {
        line.split(|&byte| byte == b',').count() == 4
    }

    fn opening_line(&self, line: &[u8], quote: usize) -> OpeningLine {
        let is_number_after = line[quote..].contains(&b',') && line.last().is_some_and(u8::is_ascii_digit);
        match self.has_fields_of_a_row(line) {
            true if is_number_after => OpeningLine::Row,
            true => OpeningLine::Fields,
            false => OpeningLine::Part,
        }
    }
}

/// All chunks of `input`, with a judge, and the bytes that were looked at to find them.
fn judged(input: &[u8], chunk_bytes: usize) -> (Vec<(String, Content)>, u64) {
    let mut cutter = Cutter::new(input, 0, chunk_bytes).judged_by(Some(Arc::new(NumberLast)));
    let mut chunks = Vec::new();
    while let Some(chunk) = cutter.next_chunk(Vec::new()).expect("memory does not fail") {
        chunks.push((String::from_utf8(chunk.bytes).expect("text"), chunk.content));
    }
    (chunks, cutter.boundaries.steps)
}

/// The lines that were given out as broken, and what was given out as records.
fn lines_of(chunks: &[(String, Content)]) -> (Vec<&str>, String) {
    let broken = chunks.iter().filter(|(_, content)| *content != Content::Records);
    let records = chunks.iter().filter(|(_, content)| *content == Content::Records);
    (
        broken.flat_map(|(text, _)| text.split_inclusive('\n')).collect(),
        records.map(|(text, _)| text.as_str()).collect(),
    )
}

#[test]
fn a_quote_that_swallows_rows_costs_its_own_line_whatever_the_chunks() {
    let rows: String = (0..40).map(|n| format!("a,b,c,{n}\n")).collect();
    for (stray, end) in
        [("x,\"y,z,1\n", "d,e\",f,2\n"), ("x,\"y,z,1\n", "d,5 27\",f,2\n"), ("x,\"y,z,1\n", "d,\",z\",f,2\n")]
    {
        let input = format!("{rows}{stray}{rows}{end}{rows}");
        for chunk_bytes in [1, 7, 8, 9, 64, 333, 100_000] {
            let (chunks, _) = judged(input.as_bytes(), chunk_bytes);
            let (broken, records) = lines_of(&chunks);
            assert_eq!(broken, [stray], "{end} {chunk_bytes}");
            assert_eq!(records, format!("{rows}{rows}{end}{rows}"));
            assert!(chunks.iter().any(|(_, content)| *content == Content::Broken(Reason::StrayQuote)));
        }
    }
}

#[test]
fn a_stray_quote_whose_next_line_closes_it_is_told_from_a_cell_of_two_lines() {
    let stray = "V,\"y,x,1\nW,b,27\",2\nd,e,f,3\n";
    assert_eq!(lines_of(&judged(stray.as_bytes(), 4).0).0, ["V,\"y,x,1\n"]);
    let unreadable = format!("a,b,c,\"x\n{}d,e,f,y\"\n", "g,h,i,j\n".repeat(3));
    assert_eq!(lines_of(&judged(unreadable.as_bytes(), 4).0).0, ["a,b,c,\"x\n"]);
    for cells in [
        "\"two\nlines\",b,c,1\nd,e,f,2\n",
        "a,\"two\r\nlines, of\nthem\",c,1\nd,e,f,2\n",
        "a,\"1,2,3,x\n\n,,,\n\",c,1\n",
        "a,\"b,c,x\nd,e\",f,y\ng,h,i,3\n",
        "a,b,c,\"x\ng,h,i,j\nk\"\n",
        "\"two, or more, lines\nb\",c,d,1\n",
    ] {
        let (chunks, _) = judged(cells.as_bytes(), 4);
        assert!(chunks.iter().all(|(_, content)| *content == Content::Records), "{cells:?}: {chunks:?}");
    }
}

#[test]
fn broken_lines_that_follow_one_another_are_one_chunk_and_never_larger_than_asked() {
    let line = "a,\"b\nc,\"d\n";
    let input = line.repeat(1000);
    let (chunks, _) = judged(input.as_bytes(), 2000);
    assert!(chunks.len() < 20, "{} chunks", chunks.len());
    assert!(chunks.iter().all(|(text, _)| text.len() <= 2000 + line.len()));
    assert_eq!(chunks.iter().map(|(text, _)| text.len()).sum::<usize>(), input.len());
}

#[test]
fn twice_the_input_is_at_most_some_more_than_twice_the_bytes_looked_at() {
    let patterns = [
        "x\",\"y\n",
        "\"x\n",
        "a,\"b\n",
        "a,\"b\nc\"d\n",
        "a,b\nx\",\"y\n",
        "a,b,c,1\nx,\"y,z,2\n",
        "\"\"\"\n",
        "x,\"\"\"\ny,\"\n",
        "\"a\"\"\n\",\n",
        "\n\",\"\",\"\n",
        "\"a\r\r\r\n",
        "a,\",\n\",\"\",\n,\"\n",
    ];
    for pattern in patterns {
        let steps = |bytes: usize| {
            let input = pattern.repeat(bytes / pattern.len());
            let (chunks, steps) = judged(input.as_bytes(), 1 << 17);
            assert_eq!(chunks.iter().map(|(text, _)| text.len()).sum::<usize>(), input.len());
            steps
        };
        // Beyond the longest record, where every line of the worst patterns is looked at with a mebibyte after it.
        let (one, two) = (steps(4 << 20), steps(8 << 20));
        assert!(two * 10 <= one * 22, "{pattern:?}: {one} and {two} steps");
        assert!(one < 10 * (4 << 20), "{pattern:?}: {one} steps");
    }
}

/// The records of a text with comments.
fn records_of(text: &str) -> Vec<String> {
    let mut records = Records::skipping_marks().with_comments(Some(Arc::from("#")));
    records.scan(text.as_bytes());
    records.iter().map(|record| text[record.start as usize..records.end(record)].to_owned()).collect()
}

#[test]
fn a_quote_in_a_comment_opens_no_field() {
    for chunk_bytes in [1, 8, 100] {
        let input = "# a,\"b\n1,2\n\r#,\"c\"d,\"\n3,\"#\n#\"\n#,\"";
        let mut cutter = Cutter::new(input.as_bytes(), 0, chunk_bytes).with_comments(Some(Arc::from("#")));
        let mut records = Vec::new();
        while let Some(chunk) = cutter.next_chunk(Vec::new()).expect("memory does not fail") {
            assert_eq!(chunk.content, Content::Records);
            records.extend(records_of(std::str::from_utf8(&chunk.bytes).expect("text")));
        }
        assert_eq!(records, ["# a,\"b", "1,2", "#,\"c\"d,\"", "3,\"#\n#\"", "#,\""]);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn what_was_remembered_changes_no_cut(input in "([a1]|,|,|\"|\"|\n|\n|\r){0,120}", chunk_bytes in 1_usize..40) {
        // A new cutter for every record remembers nothing.
        let (mut expected, mut at) = (Vec::new(), 0);
        while at < input.len() {
            let mut fresh = Cutter::new(&input.as_bytes()[at..], 0, 1).judged_by(Some(Arc::new(NumberLast)));
            let chunk = fresh.next_chunk(Vec::new()).expect("memory").expect("a chunk");
            let is_records = chunk.content == Content::Records;
            let length = chunk.bytes.iter().position(|&byte| byte == b'\n' && !is_records).map_or(chunk.bytes.len(), |at| at + 1);
            expected.push((input[at..at + length].to_owned(), is_records));
            at += length;
        }
        let join = |pieces: Vec<(String, bool)>| {
            let mut lines: Vec<(String, bool)> = Vec::new();
            for (text, is_records) in pieces {
                match lines.last_mut() {
                    Some((before, same)) if *same && is_records => before.push_str(&text),
                    _ => lines.push((text, is_records)),
                }
            }
            lines
        };
        let actual = judged(input.as_bytes(), chunk_bytes).0.into_iter().flat_map(|(text, content)| match content {
            Content::Records => vec![(text, true)],
            Content::Broken(_) | Content::MoreOfBroken => text.split_inclusive('\n').map(|line| (line.to_owned(), false)).collect(),
        });
        proptest::prop_assert_eq!(join(actual.collect()), join(expected));
    }

    #[test]
    fn with_comments_chunks_are_the_same_whatever_was_remembered(
        input in "([a1#]|\n#|,|,|\"|\"|\n|\n|\r){0,80}", chunk_bytes in 1_usize..40, judge: bool,
    ) {
        let comment = || Some(Arc::from("#"));
        let judge = judge.then(|| Arc::new(NumberLast) as Arc<dyn RowJudge>);
        let mut cutter = Cutter::new(input.as_bytes(), 0, chunk_bytes).with_comments(comment()).judged_by(judge.clone());
        // The records and the lines that are none, as the chunks have them.
        let mut actual = Vec::new();
        while let Some(chunk) = cutter.next_chunk(Vec::new()).expect("memory") {
            let text = String::from_utf8(chunk.bytes).expect("text");
            match chunk.content {
                Content::Records => actual.extend(records_of(&text).into_iter().map(|record| (record, true))),
                Content::Broken(_) | Content::MoreOfBroken => actual.extend(text.lines().map(|line| (line.to_owned(), false))),
            }
        }
        // A new cutter for every chunk remembers nothing.
        let (mut expected, mut at) = (Vec::new(), 0);
        while at < input.len() {
            let rest = &input[at..];
            let mut fresh = Cutter::new(rest.as_bytes(), 0, 1).with_comments(comment()).judged_by(judge.clone());
            let chunk = fresh.next_chunk(Vec::new()).expect("memory").expect("a chunk");
            if chunk.content == Content::Records {
                let text = String::from_utf8(chunk.bytes).expect("text");
                expected.extend(records_of(&text).into_iter().map(|record| (record, true)));
                at += text.len();
            } else {
                let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
                expected.push((rest[..line].lines().collect(), false));
                at += line;
            }
        }
        proptest::prop_assert_eq!(actual, expected);
    }

    #[test]
    fn every_dialect_is_cut_as_the_default_one(input in "([a,;'\"\n\r]|[,\"]){0,120}", chunk_bytes in 1_usize..40) {
        let swapped = |byte: u8| match byte {
            b',' => b';',
            b';' => b',',
            b'"' => b'\'',
            b'\'' => b'"',
            _ => byte,
        };
        let other: Vec<u8> = input.bytes().map(swapped).collect();
        let cutter = |input, dialect| {
            let mut cutter = Cutter::new(input, 0, chunk_bytes).in_dialect(dialect);
            let chunks = std::iter::from_fn(|| cutter.next_chunk(Vec::new()).expect("memory does not fail"));
            chunks.map(|chunk| (chunk.offset, chunk.bytes.len(), chunk.content)).collect::<Vec<_>>()
        };
        let other = cutter(&other[..], Dialect { delimiter: b';', quote: b'\'' });
        proptest::prop_assert_eq!(other, cutter(input.as_bytes(), Dialect::default()));
    }
}
