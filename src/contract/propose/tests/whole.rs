//! Whole files: their encoding, layout, key, and the names of batches.

use super::*;

#[test]
fn the_layout_of_a_file_is_found() {
    let rows =
        |delimiter: &str| format!("id{delimiter}b{delimiter}c\n1{delimiter}x{delimiter}z\n2{delimiter}y{delimiter}\n");
    // The file; delimiter, quote, header line, comment, columns.
    let cases: [(String, &str, &str, u32, bool, usize); 12] = [
        (rows(","), ",", "\"", 1, false, 3),
        (rows(";"), ";", "\"", 1, false, 3),
        (rows("\t"), "\t", "\"", 1, false, 3),
        (rows("|"), "|", "\"", 1, false, 3),
        (format!("\n\r\n{}", rows(",")), ",", "\"", 1, false, 3),
        (format!("Report; of a day\nmade by hand\n\n{}", rows(";")), ";", "\"", 4, false, 3),
        (format!("# made by hand, for all\n{}", rows(",")), ",", "\"", 1, true, 3),
        ("a;b\n1,5;2,5\n3,5;4,5\n".to_owned(), ";", "\"", 1, false, 2),
        ("a,b\n\"x;y;z\",1\n\"u;v;w\",2\n".to_owned(), ",", "\"", 1, false, 2),
        ("'a','b'\n'x, y','1'\n'z','2'\n".to_owned(), ",", "'", 1, false, 2),
        ("a,b\n1,2,\n3,4,\n".to_owned(), ",", "\"", 1, false, 2),
        ("only\n1\n2\n".to_owned(), ",", "\"", 1, false, 1),
    ];
    for (text, delimiter, quote, header_line, has_comment, columns) in cases {
        let proposal = proposed("feed.csv", &text);
        let dialect = proposal.dialect.value;
        let found = [dialect.delimiter, dialect.quote].map(|byte| char::from(byte).to_string());
        assert_eq!(found, [delimiter, quote], "{text}");
        assert_eq!((proposal.header_line.value, proposal.comment.is_some()), (header_line, has_comment), "{text}");
        assert_eq!(proposal.columns.len(), columns, "{text}");
        assert_eq!(contract(&proposal).input.dialect, dialect, "{text}");
    }
}

#[test]
fn the_encoding_of_a_file_is_found_and_told_by_its_bytes() {
    let utf16: Vec<u8> = "\u{feff}id,oraș\n1,Iași\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], Encoding, &str); 7] = [
        (b"id,city\n1,x\n", Encoding::Utf8, "ASCII"),
        ("\u{feff}id,oraș\n1,Iași\n".as_bytes(), Encoding::Utf8, "UTF-8"),
        (&utf16, Encoding::Utf16, "byte order mark"),
        (&utf16[2..], Encoding::Utf16, "every second byte"),
        (b"id,ora\xba\n1,Ia\xbai\n", Encoding::Windows1250, "0xBA"),
        (b"id,city\n1,caf\xe9 \xe0 la\n", Encoding::Windows1252, "0xE0, 0xE9"),
        (b"id,city\n1,\x9dx\n", Encoding::Windows1250, "0x9D"),
    ];
    for (bytes, encoding, why) in cases {
        let proposal = proposed("feed.csv", bytes);
        assert_eq!(proposal.encoding.value, encoding, "{bytes:?}");
        // The first line has all letters, so a comment that names bytes alone quotes nothing.
        assert!(proposal.encoding.why.contains(why), "{}", proposal.encoding.why);
        assert_eq!(proposal.columns[0].source_name, "id");
        assert_eq!(contract(&proposal).input.encoding, encoding);
    }
}

#[test]
fn the_key_is_a_column_whose_cells_are_all_there_and_different() {
    let cases = [
        ("a,b_id\nx,1\ny,2\n", Some(1)),
        ("a,b_id\nx,1\ny,1\n", Some(0)),
        ("a,b_id\nx,1\nx,1\n", None),
        ("a,b_id\nx,\ny,2\n", Some(0)),
        ("a,OrderNo\n1.5,x\n2.5,y\n", Some(1)),
        ("a,paid\nx,y\nz,w\n", Some(0)),
        ("a,day\n2.5,2024-09-14\n1.5,2024-09-15\n", None),
        ("a,b_id\n", None),
    ];
    for (text, key) in cases {
        let proposal = proposed("feed.csv", text);
        assert_eq!(proposal.key.value, key, "{text}");
        let contract = contract(&proposal);
        assert_eq!(contract.rows.identity, key.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn batches_are_called_like_the_file() {
    let cases = [
        ("leads_2024-09-15.csv", "leads_{date}*.csv", "leads"),
        ("in/leads_2024-09-15_001.csv.gz", "leads_{date}*.csv", "leads"),
        ("leads-20240915.csv.zst", "leads-{yyyyMMdd}*.csv", "leads"),
        ("2024_09_15_all_orders.csv", "{yyyy}_{MM}_{dd}_all_orders*.csv", "all-orders"),
        ("orders 15.09.2024.txt", "orders {dd}.{MM}.{yyyy}*.txt", "orders"),
        ("x/dt=2024-09-15/part-0.csv", "dt={date}/*.csv", "part-0"),
        ("leads_2024-13-15.csv", "batch_{date}*.csv", "leads-2024-13-15"),
        ("120240915.csv", "batch_{date}*.csv", "120240915"),
        ("leads.csv", "batch_{date}*.csv", "leads"),
        ("---.csv", "batch_{date}*.csv", "feed"),
    ];
    for (path, objects, name) in cases {
        let proposal = proposed(path, "a,b\nx,y\n");
        assert_eq!((&*proposal.objects.value, &*proposal.name), (objects, name), "{path}");
        let contract = contract(&proposal);
        let has_date = objects != "batch_{date}*.csv";
        assert_eq!(proposal.objects.why.contains("has no date"), !has_date, "{path}");
        if has_date {
            let key = path.strip_prefix("x/").or(path.strip_prefix("in/")).unwrap_or(path);
            let batch = contract.input.objects.batch_of_key(&format!("raw_data/{key}"), "raw_data/");
            assert_eq!(batch.expect("a batch").to_string(), "2024-09-15", "{path}");
        }
    }
}

#[test]
fn names_are_quoted_so_that_yaml_takes_them_for_texts() {
    let names =
        ["null", "true", "No", "x: y", "# a", "it's", "- b", "1e5x", "a}b", "[c", "é", "&d", "*e", "!f", "%g", "@h"];
    let usable: Vec<&str> = names.into_iter().filter(|name| !name.contains([':', '"'])).collect();
    let cells = vec!["x"; usable.len()].join("|");
    let proposal = proposed("null.csv", format!("{}|id\n{cells}|1\n", usable.join("|")));
    let contract = contract(&proposal);
    let sources: Vec<&str> = contract.rows.columns.iter().map(|column| column.source_name.as_str()).collect();
    assert_eq!(sources[..usable.len()], usable);
}

#[test]
fn the_example_of_a_table_of_groups_can_be_switched_on() {
    let proposal = proposed("orders_2024-09-15.csv", "order_id,email,city\n1,a@x.ro,Cluj\n2,b@x.ro,Cluj\n");
    let text: String = proposal.to_string();
    assert!(text.contains("\n  # - name: orders_groups\n"), "{text}");
    let switched: String = text
        .lines()
        .map(|line| {
            let on = line.strip_prefix("  # ").filter(|on| on.starts_with(['-', ' ']));
            on.map_or_else(|| format!("{line}\n"), |on| format!("  {on}\n"))
        })
        .collect();
    let contract = read(&switched, &BTreeMap::new()).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{switched}"));
    assert_eq!(contract.groups[0].columns[0].name, "city");
}

#[test]
fn a_sample_that_is_cut_ends_with_its_last_whole_line() {
    let bytes = b"id,b\n1,x\n2,y\n3,\"z";
    let proposal = propose(Sample { bytes, is_whole: false, path: "feed.csv" }, Some("My feed")).expect("a proposal");
    assert_eq!((proposal.records, proposal.odd_records), (2, 0));
    let contract = contract(&proposal);
    assert_eq!((&*contract.name, &*contract.id, &*contract.rows.name), ("My feed", "my-feed", "my_feed"));
}
