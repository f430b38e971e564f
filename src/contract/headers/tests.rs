use super::*;
use crate::contract::{
    CellForm, ColumnType, CsvText, Derived, FigureRules, IfMissing, IfUnreadable, InputFormat, KeepDuplicate,
    RecordRules, RowTable,
};
use crate::contract::{Dialect, Encoding, ExtraColumns};
use crate::expr::{Expr, Source};
use crate::read::encoding::to_utf8;
use crate::read::header::{HEADER_BYTES_MAX, Header};
use crate::trigger::window::ObjectPattern;

/// Two columns that every file has, one that it may lack, and one that is derived.
fn contract() -> Contract {
    let column = |name: &str, source_name: &str, is_optional| Column {
        name: name.to_owned(),
        source_name: source_name.to_owned(),
        data_type: ColumnType::String,
        form: CellForm::default(),
        nulls: Vec::new(),
        is_optional,
        if_missing: IfMissing::Null,
        if_unreadable: IfUnreadable::Null,
        csv_text: CsvText::Source,
        classification: None,
        description: None,
    };
    let derived = Derived {
        name: "total".to_owned(),
        value: Expr::column(Source::Column(0), ColumnType::String),
        sql: "id".to_owned(),
        description: None,
    };
    Contract {
        id: "orders".to_owned(),
        name: "Orders".to_owned(),
        version: "1.0.0".to_owned(),
        input: InputFormat {
            objects: ObjectPattern::default(),
            dialect: Dialect { delimiter: b';', quote: b'\'' },
            encoding: Encoding::Utf8,
            header_line: 1,
            comment: None,
            window_days: 1,
        },
        records: RecordRules::default(),
        extra_columns: ExtraColumns::Carry,
        parameters: Vec::new(),
        rows: RowTable {
            name: "orders".to_owned(),
            columns: vec![column("id", "Id", false), column("amount", "Betrag", false), column("note", "note", true)],
            derived: vec![derived],
            identity: vec![0],
            duplicates: KeepDuplicate::First,
            filters: Vec::new(),
            figures: FigureRules::default(),
        },
        groups: Vec::new(),
    }
}

fn read_with(change: impl FnOnce(&mut Contract), text: impl AsRef<[u8]>) -> Result<Header, String> {
    let mut contract = contract();
    change(&mut contract);
    let text = to_utf8(Box::new(text.as_ref()), contract.input.encoding);
    Header::read(text, "x.csv", &contract.header_rules(10)).map_err(|error| error.to_string().replace("x.csv: ", ""))
}

fn read(text: &str) -> Result<Header, String> {
    read_with(|_| {}, text)
}

fn names(header: Result<Header, String>) -> Vec<String> {
    header.expect("a header").names.to_vec()
}

#[test]
fn a_header_is_read_in_the_dialect_and_with_the_names_of_the_contract() {
    let message = read("Id;'Betrag';'a;b''c'\n").expect_err("a name that Athena does not take");
    assert!(message.starts_with("the name of column 3 holds ';'"), "{message}");
    let header = read("Id;'Betrag';shoe size\n1;2;3;\n4;5;6;''\n").expect("a header");
    assert_eq!((&header.names[..], header.bytes), (&["Id", "Betrag", "shoe size"].map(str::to_owned)[..], 22));
    assert!(header.has_surplus_field);
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_the_contract() {
    let cases = [
        ("Id,Betrag,note\n1,2,3\n", "the header is separated by commas, not by semicolons"),
        ("Id\tBetrag\n", "the header is separated by tabs, not by semicolons"),
        ("Id;note\n", "missing required columns Betrag; header found: Id, note"),
        ("ID;Betrag\n", "missing required columns Id (upper and lower case matter); header found: ID, Betrag"),
        ("7;Ana\n", "no header: the first line (2 fields, 6 bytes) names no known column; needed are Id, Betrag"),
        ("Id;Betrag;Total\n", "column 3 is called total, which this program derives"),
        ("Id;Betrag;run_date\n", "column 3 is called run_date, which is the name of the outputs' partition"),
        ("Id;Betrag;Amount\n", "column 3 is called amount, which is the outputs' name of another column"),
        ("Id;Betrag;NOTE\n", "the name of column 3 must be written note"),
        ("Id;Betrag;'note\n", "the header has a quote that is not closed"),
        ("Id;Betrag;a;b;c;d;e;f;g;h;i\n", "the header has 11 columns, and COLUMNS_MAX allows 10"),
    ];
    for (text, message) in cases {
        assert_eq!(read(text).map(|header| header.names), Err(message.to_owned()), "{text}");
    }
    let odd = |contract: &mut Contract| contract.input.dialect.delimiter = b'~';
    assert_eq!(
        read_with(odd, "Id;Betrag\n").map(|header| header.names),
        Err("the header is separated by semicolons, not by '~'".to_owned())
    );
}

#[test]
fn columns_that_the_contract_does_not_name_are_allowed_or_counted() {
    let reading = |extra_columns, text: &str| read_with(|contract| contract.extra_columns = extra_columns, text);
    assert_eq!(names(reading(ExtraColumns::Carry, "Id;Betrag;x\n")), ["Id", "Betrag", "x"]);
    assert_eq!(names(reading(ExtraColumns::Drop, "Id;Betrag;run_date;total\n")), ["Id", "Betrag", "run_date", "total"]);
    assert_eq!(names(reading(ExtraColumns::Reject, "Id;note;Betrag\n")), ["Id", "note", "Betrag"]);
    let message = |text| reading(ExtraColumns::Reject, text).map(|header| header.names);
    assert_eq!(
        message("Id;Zanzibar;Betrag\n"),
        Err("column 2 is not in the contract, which allows no others".to_owned())
    );
    assert_eq!(
        message("Id;Betrag;Zanzibar;\n"),
        Err("2 columns are not in the contract, which allows no others; the first is column 3".to_owned())
    );
}

#[test]
fn a_contract_without_required_columns_still_needs_a_name_it_knows() {
    let optional =
        |contract: &mut Contract| contract.rows.columns.iter_mut().for_each(|column| column.is_optional = true);
    assert_eq!(names(read_with(optional, "x;note\n")), ["x", "note"]);
    assert_eq!(
        read_with(optional, "7;Ana\n").map(|header| header.names),
        Err("no header: the first line (2 fields, 6 bytes) names no known column; known are Id, Betrag, note"
            .to_owned())
    );
}

#[test]
fn lines_before_the_header_are_skipped_whatever_their_quotes() {
    let at = |header_line, text: &str| {
        read_with(|contract| contract.input.header_line = header_line, text)
            .map(|header| (header.names.len(), header.bytes))
    };
    let text = "\u{feff}It's the 'report\n\nId;Betrag\r\n1;2\n";
    assert_eq!(at(3, text), Ok((2, text.len() - 4)));
    assert_eq!(at(2, text), Ok((2, text.len() - 4)), "blank lines are skipped in any case");
    assert_eq!(
        at(2, "title\n7;Ana\n"),
        Err("no header: line 2 (2 fields, 6 bytes) names no known column; needed are Id, Betrag".to_owned())
    );
    let ended = "no header: the object ends before line 3, where its contract says the header is";
    for short in ["title", "title\n", "title\n\n"] {
        assert_eq!(at(3, short), Err(ended.to_owned()), "{short:?}");
    }
    assert!(at(3, "").is_err_and(|message| message.starts_with("no header: the object is empty")));
    assert!(at(2, "title\rId;Betrag\r").is_err_and(|message| message.starts_with("the lines end in CR alone")));
    let long = format!("{}\nId;Betrag\n", "x".repeat(HEADER_BYTES_MAX));
    assert_eq!(at(2, &long), Err("no header: line 2 does not end within the first 131072 bytes".to_owned()));
}

#[test]
fn comments_are_no_header_and_no_rows() {
    let with_comments = |contract: &mut Contract| contract.input.comment = Some("#".to_owned());
    let header =
        read_with(with_comments, "# it's ours\n\n#\nId;Betrag\n1;2;\n# a;b\n# a;b;c\n3;4;\n").expect("a header");
    assert_eq!((header.names.len(), header.bytes, header.has_surplus_field), (2, 25, true));
    assert!(read("# it is ours\nId;Betrag\n").is_err());
    assert_eq!(
        names(read_with(|contract| contract.input.comment = Some(String::new()), "Id;Betrag\n")),
        ["Id", "Betrag"]
    );
}

#[test]
fn a_header_in_another_encoding_is_read_and_what_is_expected_is_named() {
    let utf16 = |contract: &mut Contract| contract.input.encoding = Encoding::Utf16;
    let stored = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let header = read_with(utf16, stored("\u{feff}Id;Betrag;ștampilă\n1;2;3\n")).expect("a header");
    assert_eq!((header.names[2].as_str(), header.bytes), ("ștampilă", "Id;Betrag;ștampilă\n".len()));
    let lone = [stored("Id;Betrag;x"), vec![0, 0xdc], stored("\n")].concat();
    assert_eq!(
        read_with(utf16, lone).map(|header| header.names),
        Err("the header is not UTF-16 from column 3 on; the sender must save the file as UTF-16".to_owned())
    );
    // As much of the object as is looked at: the header goes on after it.
    let beginning = &stored(&format!("\u{feff}Id;Betrag;{}", "x".repeat(HEADER_BYTES_MAX)))[..HEADER_BYTES_MAX];
    assert!(read_with(utf16, beginning).is_err_and(|message| message.contains("longer than 65535 bytes")));
    let windows = |contract: &mut Contract| contract.input.encoding = Encoding::Windows1250;
    assert_eq!(names(read_with(windows, b"Id;Betrag;\xbatampil\xe3\n"))[2], "ştampilă");
    assert!(
        read_with(windows, stored("Id;Betrag\n"))
            .is_err_and(|message| message.ends_with("UTF-16 text (Windows-1250 is expected)"))
    );
}
