use super::*;
use crate::error::ErrorKind;

const REQUIRED: &str = "unique_id,email,phone,birth_date,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,person_name";

/// Stands in every cell that must not show.
const MARKER: &str = "Zanzibar7";

fn read(text: impl AsRef<[u8]>) -> Result<Header> {
    Header::read(text.as_ref(), "raw_data/x.csv", &crate::contract::drivendata().header_rules(1000))
}

fn header(text: impl AsRef<[u8]>) -> Header {
    read(text).expect("a usable header")
}

fn failure(text: impl AsRef<[u8]>) -> String {
    let error = read(text).expect_err("no usable header");
    assert_eq!((error.kind(), error.object()), (ErrorKind::InvalidInput, Some("raw_data/x.csv")));
    error.to_string().strip_prefix("raw_data/x.csv: ").expect("the object first").to_owned()
}

#[test]
fn byte_order_mark_quotes_spaces_and_line_ends_are_understood() {
    let plain = header(format!("{REQUIRED},shoe size\n1"));
    assert_eq!(plain.names.last().map(String::as_str), Some("shoe size"));
    assert_eq!(plain.bytes, REQUIRED.len() + 11);
    let nameless = header(format!("{REQUIRED},, \n1"));
    assert_eq!(nameless.names[10..], ["_c10", "_c11"]);
    let odd = header(format!(
        "\u{feff}\r\n{},\"shoe size\"\r\n1",
        REQUIRED.replace(",email", ",\"email\"").replace(",phone", ", phone ")
    ));
    assert_eq!(odd.names, plain.names);
    assert_eq!(header(REQUIRED).bytes, REQUIRED.len(), "without line end");
    assert_eq!(header(format!("{REQUIRED}\r\r\n1")).bytes, REQUIRED.len() + 3, "CR CR LF");
    assert_eq!(header(format!("{REQUIRED}\r")).names[9], "person_name", "a CR where the file ends loses no row");
}

#[test]
fn an_object_without_a_header_is_described_by_counts() {
    for nothing in ["", "\u{feff}\r\n", "\n\n"] {
        assert_eq!(failure(nothing), guess::EMPTY);
    }
    let row = failure("Ana Pop,ana.pop,ana@pop.ro,2960101223344\n");
    assert!(
        row.starts_with("no header: the first line (4 fields, 41 bytes) names no known column; needed are"),
        "{row}"
    );
    let one_known = failure("Ana Pop,anap,email,60\nIon,ionp,phone,61\n");
    assert!(one_known.ends_with("header found: email and 3 other columns"), "{one_known}");
    assert!(failure("x".repeat(HEADER_BYTES_MAX + 1)).contains("longer than 131072 bytes"));
    assert_eq!(failure("\"phone,Ana Secret\n"), guess::UNCLOSED_QUOTE);
}

#[test]
fn missing_columns_are_named_and_those_found_are_counted() {
    let without = failure(REQUIRED.replace("phone,", ""));
    assert!(
        without.starts_with("missing required columns phone; header found: unique_id, email, birth_date"),
        "{without}"
    );
    let upper = failure(REQUIRED.replace("email", "EMAIL"));
    assert!(upper.starts_with("missing required columns email (names are written in lower case);"), "{upper}");
    let alike = failure(REQUIRED.replace("email", "E-Mail"));
    assert!(alike.contains("email (column 2 is called nearly so)"), "{alike}");
    assert!(alike.ends_with("person_name and 1 other column"), "{alike}");
    assert!(!failure("phone,E-Mail\n").contains("E-Mail"), "a line with few known names may be a row");
}

#[test]
fn other_formats_and_separators_are_called_by_their_name() {
    for (line, format) in [
        ("{\"email\": \"ana@secret.ro\", \"phone\": 1}\n", "JSON"),
        ("[\"email\",\"ana@secret.ro\"]\n", "JSON"),
        ("<!DOCTYPE html>\n", "HTML or XML"),
        ("  <Error><Code>AccessDenied</Code></Error>", "HTML or XML"),
        ("PAR1\u{15}", "Parquet"),
        ("\0\0\0", "binary data"),
        ("%PDF-1.7\n", "a PDF document"),
        ("a\u{1}\0b", "binary data"),
        ("p\0e\0r\0s\0o\0n\0_\0n\0a\0m\0e\0", "UTF-16 text (UTF-8 is expected)"),
        (&format!("batch.csv{}ustar\0", "\0".repeat(248)), "a tar archive"),
    ] {
        assert_eq!(failure(line), format!("the object is not CSV with a header line: it looks like {format}"));
    }
    assert!(failure(b"\xff\xfep\0e\0").ends_with("UTF-16 text (UTF-8 is expected)"));
    for (delimiter, called) in [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")] {
        let message = format!("the header is separated by {called}, not by commas");
        assert_eq!(failure(REQUIRED.replace(',', delimiter)), message);
    }
}

#[test]
fn lines_that_end_in_cr_alone_are_told_and_no_cell_is_shown_or_becomes_a_name() {
    let row = [MARKER; 10].join(",");
    let long = format!("{row}\r").repeat(HEADER_BYTES_MAX / row.len() + 1);
    for text in [
        format!("{REQUIRED}\r{row}\r{row}\r"),
        format!("{REQUIRED},note\r{row},{MARKER}\r"),
        format!("{REQUIRED}\r{long}"),
        format!("{REQUIRED}\r{row}\n"),
    ] {
        assert_eq!(
            failure(text),
            "the lines end in CR alone (a carriage return without a line feed); the sender must end them in LF or CR LF"
        );
    }
}

#[test]
fn names_that_some_reader_cannot_hold_are_refused_each_in_its_own_words() {
    let with = |name: &str| failure(format!("{REQUIRED},{name}\n"));
    assert_eq!(
        with("\"shoe\nsize\""),
        "the name of column 11 holds a control character (U+000A); the sender must take it out of the header"
    );
    assert!(with("\"a\rb\"").contains("holds a control character (U+000D)"));
    for (invisible, code) in [('\u{feff}', "FEFF"), ('\u{200b}', "200B"), ('\u{202e}', "202E"), ('\u{ad}', "00AD")] {
        let message = with(&format!("sh{invisible}oe"));
        assert!(message.contains(&format!("holds an invisible character (U+{code})")), "{message}");
    }
    assert!(with("\u{feff}email").contains("invisible character"), "a mark inside the header");
    for odd in ['.', ':', ';', '`'] {
        assert!(with(&format!("a{odd}b")).contains("which Hive and Athena do not allow"), "{odd}");
    }
    assert!(with("\"a,b\"").contains("holds ','") && with("a\"b").contains("holds '\"'"));
    assert!(with(&"ș".repeat(128)).contains("longer than 255 bytes"));
    assert!(with("Run_Date").contains("column 11 is called run_date, which is the name of the outputs' partition"));
    assert!(with("MASKED_email").contains("column 11 is called masked_email, which this program derives"));
    assert!(with("IBAN").contains("the name of column 11 must be written iban"));
    let latin1 = failure([REQUIRED.as_bytes(), b",m\xe9l\n"].concat());
    assert_eq!(latin1, "the header is not UTF-8 from column 11 on; the sender must save the file as UTF-8");
}

#[test]
fn two_names_that_are_one_to_a_reader_are_refused_and_only_known_ones_are_told() {
    let with = |names: &str| failure(format!("{REQUIRED},{names}\n"));
    assert_eq!(
        with("Email"),
        "column 2 (email) and column 11 (Email) have names that differ only in case; Athena and Spark take them for one column"
    );
    let twice = with("Zanzibar,b,Zanzibar");
    assert!(twice.starts_with("column 11 and column 13 have the same name;"), "{twice}");
    let cases = with("Țară,ȚARĂ");
    assert!(cases.starts_with("column 11 and column 12 have names that differ only in case"), "{cases}");
    assert!(
        with("_c11,").contains("column 11 and column 12 have the same name")
            || header(format!("{REQUIRED},_c11\n")).names.len() == 11
    );
}

#[test]
fn a_header_that_goes_on_with_a_row_is_refused_and_the_cells_are_not_shown() {
    const LOST: &str = "the header goes on with what look like cells";
    let row = "id-1,a@b,0740,1990-01-02,2024-05-06,61,1,2,100,Ana";
    for text in [
        format!("{REQUIRED},note,{row},y\n"),
        format!("{REQUIRED},note {row}\n"),
        format!("{REQUIRED},note,id-1,,0740"),
        format!("{REQUIRED},note,1990-01-02"),
    ] {
        let message = failure(&text);
        assert!(message.starts_with(LOST) && !message.contains("0740"), "{message}");
    }
    for names in
        ["2023,2024,2025", "2024-01-01,2024-01-02", "h1,h2", "a@", "7d,30d,@timestamp", "nan,@id", "2023,2024-01-01"]
    {
        assert_eq!(header(format!("{REQUIRED},{names}\n")).names[10..].join(","), names);
    }
}

#[test]
fn more_columns_than_granted_are_refused_in_steps_that_grow_with_the_header_alone() {
    assert_eq!(header(format!("{REQUIRED}{}\n", ",".repeat(990))).names.len(), 1000);
    let spreadsheet = failure(format!("{REQUIRED}{}\n", ",".repeat(16_374)));
    assert_eq!(spreadsheet, "the header has 16384 columns, and COLUMNS_MAX allows 1000");
    let wide = (0..20_000).map(|n| format!(",{n}")).collect::<String>();
    assert!(failure(format!("{REQUIRED}{wide}\n")).contains("the header has 20010 columns"));
}

#[test]
fn a_field_too_many_that_is_empty_in_every_record_is_noticed() {
    let surplus = |rows: &str| header(format!("{REQUIRED}\n{rows}")).has_surplus_field;
    let row = |last: &str| format!("{}{last}\n", [MARKER; 10].join(","));
    assert!(surplus(&[row(","), row(",\"\""), row(",")].concat()));
    assert!(surplus(&format!("{}cut off", row(","))), "what is not whole does not count");
    assert!(!surplus(""));
    assert!(!surplus(&[row(","), row("")].concat()));
    assert!(!surplus(&[row(","), row(",x")].concat()));
    assert!(!surplus(&[row(","), row(",,")].concat()));
    let others = format!("{REQUIRED}\n\u{feff}{},\n{}\ntotal: 3\n", REQUIRED.to_uppercase(), ",".repeat(9));
    assert!(surplus(&format!("{}{others}{}", row(","), row(","))), "what is no row has no say");
    assert!(!surplus(&others));
}
