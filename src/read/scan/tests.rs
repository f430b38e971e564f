use super::*;

fn rows(input: &str) -> Vec<(Vec<String>, Quoting)> {
    rows_in(input, Dialect::default())
}

fn rows_in(input: &str, dialect: Dialect) -> Vec<(Vec<String>, Quoting)> {
    let mut records = Records::default().in_dialect(dialect);
    records.scan(input.as_bytes());
    let mut scratch = Vec::new();
    let mut rows = Vec::new();
    for record in records.iter() {
        let mut fields = Vec::new();
        for index in 0..record.fields as usize {
            let value = unquote(records.field(input.as_bytes(), record, index), &mut scratch, dialect.quote);
            fields.push(String::from_utf8(value.to_vec()).expect("text"));
        }
        rows.push((fields, record.quoting));
    }
    rows
}

fn row(fields: &[&str], quoting: Quoting) -> (Vec<String>, Quoting) {
    (fields.iter().map(ToString::to_string).collect(), quoting)
}

#[test]
fn fields_are_found_in_every_form_rfc_4180_knows() {
    type Row<'a> = (&'a [&'a str], Quoting);
    let cases: &[(&str, &[Row<'_>])] = &[
        ("", &[]),
        ("\n\r\n\n", &[]),
        ("a", &[(&["a"], Quoting::Clean)]),
        ("a,b\nc,d\r\n", &[(&["a", "b"], Quoting::Clean), (&["c", "d"], Quoting::Clean)]),
        (",\n,", &[(&["", ""], Quoting::Clean), (&["", ""], Quoting::Clean)]),
        ("\"a,b\nc\",d\n", &[(&["a,b\nc", "d"], Quoting::Clean)]),
        ("\"a\"\"b\",\"\"\"\"\n", &[(&["a\"b", "\""], Quoting::Clean)]),
        ("\"\",b\n", &[(&["", "b"], Quoting::Loose)]),
        ("a\"b,c\n", &[(&["a\"b", "c"], Quoting::BareQuote)]),
        ("a,b\r\r\n\r\r\n\"c\",\"d\"\r\r\n", &[(&["a", "b"], Quoting::Clean), (&["c", "d"], Quoting::Clean)]),
        ("a\r,b\n", &[(&["a\r", "b"], Quoting::Clean)]),
        ("\"a\"\r\n\"b\"", &[(&["a"], Quoting::Clean), (&["b"], Quoting::Clean)]),
        ("\"a\"b,c\nd,e\n", &[(&["\"a\"b", "c"], Quoting::Malformed), (&["d", "e"], Quoting::Clean)]),
        ("\"a\" ,\"\" \n", &[(&["a", ""], Quoting::Malformed)]),
        ("\"a\"\"\"\tb\",\"c\"d", &[(&["\"a\"\"\tb\"", "\"c\"d"], Quoting::Malformed)]),
        ("a\rb,c\n", &[(&["a\rb", "c"], Quoting::Clean)]),
        ("ă,î\nș,ț\n", &[(&["ă", "î"], Quoting::Clean), (&["ș", "ț"], Quoting::Clean)]),
    ];
    for (input, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(fields, quoting)| row(fields, *quoting)).collect();
        assert_eq!(rows(input), expected, "{input:?}");
    }
}

#[test]
fn a_comment_is_one_field_and_hides_no_row_behind_its_quotes() {
    let long = "x,".repeat(100);
    let input = format!("#,\"a\n1,2\r\n# {long}\"\r\n\n#\n3,#\n\"#\",\"\n#\"\n#,\"b");
    let mut records = Records::default().with_comments(Some(Arc::from("#")));
    records.scan(input.as_bytes());
    let texts: Vec<&str> = records.iter().map(|record| &input[record.start as usize..records.end(record)]).collect();
    let fields: Vec<u32> = records.iter().map(|record| record.fields).collect();
    assert_eq!(texts, ["#,\"a", "1,2", &format!("# {long}\""), "#", "3,#", "\"#\",\"\n#\"", "#,\"b"]);
    assert_eq!(fields, [1, 2, 1, 1, 2, 2, 1]);
    assert_eq!(records.quoted_line_feeds, 1);
}

#[test]
fn fields_on_every_side_of_a_block_border_are_found() {
    for length in 0..200 {
        let text = "x".repeat(length);
        let input = format!("{text},\"{text}\",{text}\n\"{text}\",b,{text}");
        let quoting = if length == 0 { Quoting::Loose } else { Quoting::Clean };
        let expected = vec![row(&[&text, &text, &text], quoting), row(&[&text, "b", &text], quoting)];
        assert_eq!(rows(&input), expected, "{length}");
    }
}

/// The same text with the other dialect's separators and quotes in place of one's.
fn swapped(text: &str) -> String {
    let other = |character| match character {
        ',' => ';',
        ';' => ',',
        '"' => '\'',
        '\'' => '"',
        _ => character,
    };
    text.chars().map(other).collect()
}

#[test]
fn values_are_taken_out_of_the_quotes_of_their_dialect() {
    let dialect = Dialect { delimiter: b'\t', quote: b'\'' };
    let expected = vec![row(&["a,\"b\"", "it's\tme\n", ""], Quoting::Loose)];
    assert_eq!(rows_in("a,\"b\"\t'it''s\tme\n'\t''\r\n", dialect), expected);
}

proptest::proptest! {
    #[test]
    fn every_dialect_is_read_as_the_default_one(input in "([a,;'\"\n\r]|[,\"]){0,150}") {
        let others: Vec<_> = rows_in(&swapped(&input), Dialect { delimiter: b';', quote: b'\'' });
        let others: Vec<_> = others
            .into_iter()
            .map(|(fields, quoting)| (fields.iter().map(|field| swapped(field)).collect::<Vec<_>>(), quoting))
            .collect();
        proptest::prop_assert_eq!(others, rows(&input));
    }

    #[test]
    fn well_formed_input_reads_as_the_csv_crate_reads_it(input in "([a-c\"]{0,3}(,|\n|\r\n)|\"([a-c,\n]|\"\"){0,80}\"(,|\n))*") {
        let ours = rows(&input);
        if ours.iter().all(|(_, quoting)| *quoting != Quoting::Malformed) {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.expect("readable").iter().map(str::to_owned).collect())
                .collect();
            proptest::prop_assert_eq!(ours.into_iter().map(|(fields, _)| fields).collect::<Vec<_>>(), theirs);
        }
    }
}
