//! Inputs that once broke a promise: the files of `tests/cases`, and kinds of files that public corpora and bug reports
//! are full of. Each is run with the default settings but for what its row says.

use std::fs;

use crate::common::runs::{Lake, outputs};
use drivendata_transform::error::ErrorKind;

const REQUIRED: &str = "unique_id,email,phone,birth_date,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,person_name";

/// What must come of an input.
enum Outcome {
    /// `InvalidInput` with this in its message, nothing published, and no cell shown.
    Refused(&'static str),
    /// Published, with so many records read, written and rejected, the latter for these reasons in order.
    Published(u64, u64, &'static [(&'static str, u64)]),
}
use Outcome::{Published, Refused};

/// Runs the batch of 2024-09-15, in a window of one day, and compares; returns the lake, to look at the outputs.
async fn expect(name: &str, bytes: &[u8], settings: &[(&str, &str)], outcome: &Outcome) -> Lake {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-15.csv", bytes);
    let settings = [&[("WINDOW_DAYS", "1"), ("MAX_REJECTED_RATIO", "1")], settings].concat();
    let came = lake.run("2024-09-15", &settings).await;
    match (came, outcome) {
        (Err(error), Refused(message)) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}: {error}");
            let error = error.to_string();
            assert!(error.contains(message), "{name}: {error}");
            for cell in ["Person", "user1", "example.com", "Test St", "Ana", "a@b.ro", "0740"] {
                assert!(!error.contains(cell), "{name} shows a cell: {error}");
            }
            assert!(outputs(lake.path()).is_empty(), "{name}: something was published");
        }
        (Ok(report), Published(read, written, reasons)) => {
            let figures = &report.manifest.figures;
            let found: Vec<(&str, u64)> =
                figures.rejected.iter().map(|entry| (entry.reason.as_str(), entry.rows)).collect();
            assert_eq!(found, *reasons, "{name}");
            assert_eq!((figures.balance.read, figures.balance.written), (*read, *written), "{name}");
        }
        (Ok(report), Refused(message)) => {
            panic!("{name} was published, {:?}: {message}", report.manifest.figures.balance)
        }
        (Err(error), Published(..)) => panic!("{name}: {error}"),
    }
    lake
}

fn manifest(lake: &Lake) -> serde_json::Value {
    let path = lake.output("runs/run_date=2024-09-15/manifest.json");
    serde_json::from_slice(&fs::read(path).expect("a manifest")).expect("JSON")
}

/// The kinds of the warnings in the manifest.
fn warnings(lake: &Lake) -> Vec<String> {
    let warnings = manifest(lake)["warnings"].clone();
    let kinds = warnings.as_array().expect("a list").iter().map(|warning| warning["kind"].as_str().expect("a kind"));
    kinds.map(str::to_owned).collect()
}

/// The cells of a column of `filtered.csv`.
fn column(lake: &Lake, name: &str) -> Vec<String> {
    let path = lake.output("filtered/csv/run_date=2024-09-15/filtered.csv");
    let mut reader = csv::Reader::from_path(path).expect("an output");
    let at = reader.headers().expect("a header").iter().position(|header| header == name).expect("the column");
    reader.records().map(|record| record.expect("readable")[at].to_owned()).collect()
}

#[tokio::test]
async fn every_file_that_once_broke_a_promise_comes_out_right() {
    const CR: &str = "the lines end in CR alone";
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], Outcome);
    let cases: [Case<'_>; 14] = [
        ("birth_before_1582/batch_2024-09-15.csv", &[], Published(2, 2, &[])),
        ("blank_rows/batch_2024-09-15.csv", &[("MAX_REJECTED_RATIO", "0.1")], Published(5, 2, &[("blank_record", 3)])),
        ("compression/skippable_frame_first.csv.zst", &[], Published(2, 2, &[])),
        ("compression/twice.csv.gz", &[], Refused("the gzip stream holds another compressed file (gzip)")),
        ("compression/zero_padded.csv.gz", &[], Published(2, 2, &[])),
        ("cr_leaks_cells/batch_2024-09-15.csv", &[], Refused(CR)),
        ("cr_leaks_cells/headerless_batch_2024-09-15.csv", &[], Refused("header found: email and 16 other columns")),
        ("cr_publishes_nothing/batch_2024-09-15.csv", &[], Refused(CR)),
        ("crcrlf/batch_2024-09-15.csv", &[], Published(2, 2, &[])),
        ("extra_run_date/batch_2024-09-15.csv", &[], Refused("is called run_date")),
        (
            "names_differ_by_case/batch_2024-09-15.csv",
            &[],
            Refused("(email) and column 17 (Email) have names that differ"),
        ),
        ("newline_in_header/batch_2024-09-15.csv", &[], Refused("holds a control character (U+000A)")),
        ("newline_in_header/last_batch_2024-09-15.csv", &[], Refused("holds a control character (U+000A)")),
        ("year_beyond_9999/batch_2024-09-15.csv", &[], Published(2, 2, &[])),
    ];
    for (path, settings, outcome) in &cases {
        let bytes = fs::read(format!("tests/cases/{path}")).expect("a case");
        let lake = expect(path, &bytes, settings, outcome).await;
        match *path {
            "birth_before_1582/batch_2024-09-15.csv" => {
                assert!(column(&lake, "birth_date").iter().any(|date| date.as_str() < "1582-10-15"), "{path}");
            }
            "crcrlf/batch_2024-09-15.csv" => assert_eq!(column(&lake, "unique_id"), ["id-0001", "id-0002"]),
            "year_beyond_9999/batch_2024-09-15.csv" => assert_eq!(column(&lake, "birth_date"), ["", "1990-05-01"]),
            _ => {}
        }
    }
}

#[tokio::test]
async fn null_markers_are_missing_cells_when_they_are_set_and_texts_when_not() {
    let bytes = fs::read("tests/cases/null_markers/batch_2024-09-15.csv").expect("a case");
    let without = Published(2, 1, &[]);
    expect("without the setting", &bytes, &[], &without).await;
    let markers = [("NULL_MARKERS", r"NULL, \N")];
    expect("ids", &bytes, &markers, &Published(2, 0, &[("missing", 2)])).await;
    let with_ids =
        String::from_utf8(bytes).expect("text").replace("2000.0,NULL", "2000.0,id-1").replacen("id-1", "id-2", 1);
    let lake = expect("cells", with_ids.as_bytes(), &markers, &Published(2, 2, &[])).await;
    assert_eq!(column(&lake, "email"), ["user1@example.com", "unknown@example.com"]);
    assert_eq!(column(&lake, "masked_email"), ["use***@example.com", "unk***@example.com"]);
    assert_eq!(column(&lake, "person_name"), ["Person 1", ""]);
    let grouped = fs::read_to_string(lake.output("grouped/csv/run_date=2024-09-15/grouped.csv")).expect("an output");
    assert!(grouped.lines().nth(1).expect("a group").starts_with(",602.0,2000.0,1"), "{grouped}");
}

/// A row with this id and tail.
fn row(id: usize, tail: &str) -> String {
    format!("id-{id},a@b.ro,0740,1990-01-02,2024-05-06 07:08:09,60,1.5,2.5,100.0,Ana{tail}")
}

fn rows(ids: std::ops::RangeInclusive<usize>, tail: &str) -> String {
    ids.map(|id| row(id, tail) + "\n").collect()
}

#[tokio::test]
async fn every_kind_of_odd_file_has_one_outcome() {
    let r = REQUIRED;
    let (c, stray) = (",c,d", ",\"x,y");
    let kinds: Vec<(&str, String, Outcome)> = vec![
        (
            "the email of a row without header",
            format!("{},email\n{},phone\n", row(1, ""), row(2, "")),
            Refused("email and 10 other columns"),
        ),
        (
            "names that differ by case only",
            format!("{r},URL,url\n{}", rows(1..=2, ",x,y")),
            Refused("column 11 and column 12 have names that differ only in case"),
        ),
        (
            "backslash escapes",
            format!("{r},n\n{}\n{}\n", row(1, ",\"5\\\" disk\""), row(3, ",c")),
            Published(2, 1, &[("text_after_quote", 1)]),
        ),
        (
            "apostrophes as quotes",
            format!("{r},n,m\n{}\n{}\n", row(1, ",'x',2"), row(2, ",'x,y',2")),
            Published(2, 1, &[("wrong_field_count", 1)]),
        ),
        (
            "a space before a quote",
            format!("{r},n,m\n{}\n{}\n", row(1, ", \"x\", 2"), row(2, ", \"x,y\", 2")),
            Published(2, 1, &[("wrong_field_count", 1)]),
        ),
        (
            "a spreadsheet's sep= line",
            format!("sep=,\n{r}\n{}", rows(1..=1, "")),
            Refused("no header: the first line (2 fields, 6 bytes)"),
        ),
        (
            "a comment line",
            format!("# export of today\n{r}\n{}", rows(1..=1, "")),
            Refused("no header: the first line (1 fields, 18 bytes)"),
        ),
        (
            "the header once more",
            format!("{r}\n{}{r}\n{}", rows(1..=1, ""), rows(2..=2, "")),
            Published(3, 2, &[("repeated_header", 1)]),
        ),
        (
            "the header once more, quoted",
            format!("{r},n\n{}\"{}\",n\n", rows(1..=1, ",x"), r.replace(',', "\",\"")),
            Published(2, 1, &[("repeated_header", 1)]),
        ),
        ("a DOS end mark", format!("{r}\n{}\u{1a}", rows(1..=1, "")), Published(2, 1, &[("wrong_field_count", 1)])),
        (
            "a line of blanks",
            format!("{r}\n{}   \n{}", rows(1..=1, ""), rows(2..=2, "")),
            Published(3, 2, &[("blank_record", 1)]),
        ),
        (
            "quoted blanks and wide spaces",
            format!("{r}\n{}\"\",\" \",\t,\u{a0},,,,,,\n", rows(1..=1, "")),
            Published(2, 1, &[("blank_record", 1)]),
        ),
        ("a footer", format!("{r}\n{}Total: 1 row\n", rows(1..=1, "")), Published(2, 1, &[("wrong_field_count", 1)])),
        ("NUL in a cell", format!("{r},n\n{}", rows(1..=1, ",a\0b")), Published(1, 1, &[])),
        (
            "a stray quote, then a quoted cell",
            format!("{r},n,m\n{}\n{}\n{}\n", row(1, stray), row(2, ",\",z\",w"), row(3, c)),
            Published(3, 2, &[("stray_quote", 1)]),
        ),
        (
            "a stray quote that closes a thousand rows later, in another column",
            format!("{r},n,m\n{}\n{}{}\n{}\n", row(0, stray), rows(1..=1000, c), row(1001, ",5,27\""), row(1002, c)),
            Published(1003, 1002, &[("stray_quote", 1)]),
        ),
        (
            "the same in one column, so that the fields add up",
            format!("{r},n,m\n{}\n{}{}\n{}\n", row(0, stray), rows(1..=1000, c), row(1001, ",27\",y"), row(1002, c)),
            Published(1003, 1002, &[("stray_quote", 1)]),
        ),
        (
            "a stray quote that the next row closes",
            format!("{r},n,m\n{}\n{}\n{}\n", row(0, stray), row(1, ",27\",y"), row(2, c)),
            Published(3, 2, &[("stray_quote", 1)]),
        ),
        (
            "a cell of several lines",
            format!("{r},n,m\n{}\n", row(1, ",\"one, two\n1,2,3\nthree\n\",z")),
            Published(1, 1, &[]),
        ),
        ("quotes inside text", format!("{r},n\n{}", rows(1..=2, ",5'10\"")), Published(2, 2, &[])),
        ("a separator too many in every row", format!("{r}\n{}", rows(1..=3, ",")), Published(3, 3, &[])),
        (
            "a separator too many in some rows",
            format!("{r}\n{}{}", rows(1..=2, ""), rows(3..=3, ",")),
            Published(3, 2, &[("wrong_field_count", 1)]),
        ),
        ("CR CR LF", format!("{r},n\r\r\n{}\r\r\n{}\r\r\n", row(1, ",x"), row(2, ",\"x\"")), Published(2, 2, &[])),
        (
            "all line ends mixed",
            format!("{r},n\r\n{}\n{}\r{}\r\n", row(1, ",x"), row(2, ",y"), row(3, ",z")),
            Published(2, 1, &[("wrong_field_count", 1)]),
        ),
        (
            "a spreadsheet's full width",
            format!("{r}{}\n{}", ",".repeat(16_374), rows(1..=2, &",".repeat(16_374))),
            Refused("the header has 16384 columns, and COLUMNS_MAX allows 1000"),
        ),
        (
            "a mark inside the header",
            format!("{}\n{}", r.replace(",email", ",\u{feff}email"), rows(1..=1, "")),
            Refused("the name of column 2 holds an invisible character (U+FEFF)"),
        ),
        (
            "a mark twice",
            format!("\u{feff}\u{feff}{r}\n{}", rows(1..=1, "")),
            Refused("the name of column 1 holds an invisible character (U+FEFF)"),
        ),
        ("LF CR", format!("{r},n\n\r{}\n\r{}\n\r", row(1, ",x"), row(2, ",y")), Published(2, 2, &[])),
        (
            "joined parts, each with its mark",
            format!("\u{feff}{r}\n{}\u{feff}{r}\n{}\u{feff}{}", rows(1..=2, ""), rows(3..=3, ""), rows(4..=4, "")),
            Published(5, 4, &[("repeated_header", 1)]),
        ),
        (
            "joined parts, one with its names in upper case",
            format!("{r}\n{}{}\n{}", rows(1..=2, ""), r.to_uppercase(), rows(3..=3, "")),
            Published(4, 3, &[("repeated_header", 1)]),
        ),
        (
            "joined parts whose columns change places",
            format!("{r}\n{}{}\n{}", rows(1..=2, ""), r.replace("email,phone", "phone,email"), rows(3..=3, "")),
            Refused("another header, or the same in another order, stands at byte"),
        ),
        (
            "a separator too many in every row, with other lines between",
            format!("{r}\n{}{r}\n{}{}\ntotal: 3\n", rows(1..=2, ","), rows(3..=3, ","), ",".repeat(9)),
            Published(6, 3, &[("wrong_field_count", 1), ("blank_record", 1), ("repeated_header", 1)]),
        ),
        (
            "a stray quote in the first column that the next row's closes",
            format!("{r},n\n\"{}\n{}\n{}\n", row(1, ",x"), row(2, ",y").replace("id-2", "id-2\""), row(3, ",z")),
            Published(3, 2, &[("stray_quote", 1)]),
        ),
        (
            "a stray quote over a thousand rows that cannot be read",
            format!(
                "{r},n,m\n{}\n{}{}\n",
                row(0, stray),
                rows(1..=1000, c).replace(",60,", ",60 min,"),
                row(1001, ",5,27\"")
            ),
            Published(1002, 1, &[("stray_quote", 1), ("unreadable", 1000)]),
        ),
        (
            "a first column of two lines, the first with many commas",
            format!("note,{r}\n\"a, b, c, d, e, f, g, h, i, j, k\nthanks\",{}\n", row(1, "")),
            Published(1, 1, &[]),
        ),
        (
            "a last column with a list and a table",
            format!("{r},note\n{}\n", row(1, ",\"Bought:\na, b, c, d, e, f, g, h, i, j, k\n1,2,3,4,5,6\nend\"")),
            Published(1, 1, &[]),
        ),
        (
            "a cell that shows the names of columns",
            format!(
                "{r},note\n{}\n",
                row(1, &format!(",\"columns:\n{},note\nend\"", r.replace("email,phone", "phone,email")))
            ),
            Published(1, 1, &[]),
        ),
        (
            "a stray quote after the mark of a joined part",
            format!("{r}\n{}\u{feff}\"{}\n{}", rows(1..=2, ""), row(6, ""), rows(7..=12, "")),
            Published(9, 8, &[("unterminated_quote", 1)]),
        ),
        (
            "LF CR and a first column of two lines",
            format!(
                "note,{r}\n\r{}",
                (1..=30).map(|id| format!("\"two\nlines {id}\",{}\n\r", row(id, ""))).collect::<String>()
            ),
            Published(30, 30, &[]),
        ),
        (
            "another header with a column more",
            format!("{r}\n{}{r},n\n{}", rows(1..=2, ""), rows(3..=3, ",x")),
            Refused("another header, or the same in another order"),
        ),
        (
            "another header with a stray space after a quote",
            format!("{r}\n{}\"unique_id\" {}\n", rows(1..=2, ""), r.replace("unique_id,email,phone", ",phone,email")),
            Refused("another header"),
        ),
        (
            "a separator too many and two stray quotes",
            format!(
                "{r}\n{}{},\"\n{}{},\",\n{}",
                rows(1..=20, ","),
                row(21, ""),
                rows(22..=30, ","),
                row(31, ""),
                rows(32..=40, ",")
            ),
            Published(40, 38, &[("unterminated_quote", 1), ("stray_quote", 1)]),
        ),
        (
            "moments beyond the calendar",
            format!("{r}\n{}", rows(1..=1, "").replace("2024-05-06", "12024-05-06")),
            Published(1, 0, &[("unreadable", 1)]),
        ),
    ];
    let mut looked_at = 0;
    for (name, text, outcome) in &kinds {
        let lake = expect(name, text.as_bytes(), &[], outcome).await;
        looked_at += 1;
        match *name {
            "a separator too many in every row" => {
                assert_eq!(column(&lake, "unique_id"), ["id-1", "id-2", "id-3"]);
                assert_eq!(warnings(&lake), ["empty_last_field"]);
            }
            "quotes inside text" => {
                assert_eq!(column(&lake, "n"), ["5'10\"", "5'10\""]);
                assert_eq!(warnings(&lake), ["bare_quotes"]);
            }
            "a cell of several lines" => assert_eq!(manifest(&lake)["quoted_line_feeds"], 3),
            "CR CR LF" => assert_eq!(column(&lake, "n"), ["x", "x"]),
            "LF CR" => assert_eq!(column(&lake, "unique_id"), ["id-1", "id-2"]),
            "joined parts, each with its mark" => {
                assert_eq!(column(&lake, "unique_id"), ["id-1", "id-2", "id-3", "id-4"]);
            }
            _ => looked_at -= 1,
        }
    }
    assert_eq!(looked_at, 6, "an output is looked at under a name that no kind has");
    let utf_16: Vec<u8> = format!("{r}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    expect("UTF-16", &[&b"\xff\xfe"[..], &utf_16].concat(), &[], &Refused("UTF-16 text")).await;
    let latin1 = [format!("{r},n\n{},caf", row(1, "")).as_bytes(), b"\xe9\n"].concat();
    expect("Latin-1 cells", &latin1, &[], &Published(1, 0, &[("invalid_utf8", 1)])).await;
}

#[tokio::test]
async fn an_open_quote_in_an_address_does_not_marry_two_people() {
    // In the real order of columns, all that every row needs readable comes after the address.
    let header = crate::common::batches::HEADER;
    let of = |id, address: &str| crate::common::batches::row("Ana", id).replace("\"Str. Mare, 1\"", address);
    let text = format!("{header}\n{}\n{}\n{}\n", of(1, "\"Str. Lunga 5"), of(2, "Bd. TV 27\""), of(3, "x"));
    let outcome = Published(3, 2, &[("stray_quote", 1)]);
    let lake = expect("an open quote in an address", text.as_bytes(), &[], &outcome).await;
    assert_eq!(column(&lake, "address"), ["Bd. TV 27\"", "x"]);
    let with_comma = text.replace("Lunga 5", "Lunga 5, Iasi");
    let lake = expect("an open quote before a comma", with_comma.as_bytes(), &[], &outcome).await;
    assert_eq!(column(&lake, "address"), ["Bd. TV 27\"", "x"]);
}

#[tokio::test]
async fn twins_in_files_with_different_line_ends_are_recognised() {
    let lake = Lake::new();
    let with_id_last = |text: &str| text.split_once(',').map(|(id, rest)| format!("{rest},{id}")).expect("fields");
    for (day, end) in [("2024-09-13", "\n"), ("2024-09-14", "\r\n"), ("2024-09-15", "\r\r\n")] {
        let text = format!("{}{end}{}{end}", with_id_last(REQUIRED), with_id_last(&row(1, "")));
        lake.write(&format!("raw_data/batch_{day}.csv"), text.as_bytes());
    }
    let report = lake.run("2024-09-15", &[("WINDOW_DAYS", "3")]).await.expect("a run");
    let balance = report.manifest.figures.balance;
    assert_eq!((balance.read, balance.written, balance.duplicates), (3, 1, 2));
}
