//! Types, formats and null markers by cells.

use super::*;

/// A column of this name with these cells, beside another one.
fn column(name: &str, cells: &[&str]) -> ProposedColumn {
    let rows: String = cells.iter().map(|cell| format!("{cell}|x\n")).collect();
    let proposal = proposed("feed_2024-09-15.csv", format!("{name}|other\n{rows}"));
    contract(&proposal);
    proposal.columns.into_iter().next().expect("a column")
}

#[test]
fn cells_show_the_type_of_their_column() {
    let cases: [(&str, &[&str], &str); 30] = [
        ("a", &["1", "-20", "300"], "int"),
        ("a", &["1", "200000001"], "bigint"),
        ("a", &["123456789012345678"], "bigint"),
        ("a", &["1234567890123456789"], "string"),
        ("a", &["0047", "1234"], "string"),
        ("a", &["0"], "int"),
        ("a", &["+40721000000"], "string"),
        ("zip_code", &["70173", "80331"], "string"),
        ("a", &["1.50", "2.25", "3"], "decimal(18,2)"),
        ("a", &["1.5", "2.25"], "double"),
        ("a", &["1.5", "3"], "double"),
        ("a", &["1.5", "3.5"], "decimal(18,1)"),
        ("a", &["1e5", "2.5"], "double"),
        ("a", &["5d", "6d"], "string"),
        ("a", &["0x1p3"], "string"),
        ("a", &["NaN", "1.25", "2.5"], "double"),
        ("a", &["1,250", "12,000"], "string"),
        ("a", &["1.250,00", "1,5"], "string"),
        ("a", &["yes", "no"], "boolean"),
        ("a", &["true", "FALSE", "t"], "boolean"),
        ("a", &["0", "1"], "int"),
        ("a", &["2024-09-15"], "date"),
        ("a", &["2024-09-31"], "string"),
        ("a", &["2024-09-15 08:05:00", "2024-09-15T08:05:00.25Z"], "timestamp"),
        ("a", &["2024-09-15", "2024-09-15 08:05:00"], "timestamp"),
        ("a", &["20240915"], "int"),
        ("signed_up_date", &["20240915", "19991231"], "date"),
        ("signed_up_date", &["20240915", "20241331"], "int"),
        ("a", &["", ""], "string"),
        ("a", &["green", "12"], "string"),
    ];
    for (name, cells, expected) in cases {
        let form = column(name, cells).form;
        assert_eq!(form.value.data_type.to_string(), expected, "{name} {cells:?}: {}", form.why);
    }
}

#[test]
fn forms_of_dates_are_the_fewest_that_read_all_cells() {
    let cases: [(&[&str], &[&str], &str); 9] = [
        (&["03.02.2021", "29.02.2024"], &["dd.MM.yyyy"], "date"),
        (&["3.2.2021", "29.12.2024"], &["d.M.yyyy"], "date"),
        (&["03.02.2021", "04.02.2021", "2019-11-30"], &["dd.MM.yyyy", "yyyy-MM-dd"], "date"),
        (&["12/31/2024", "01/02/2024"], &["MM/dd/yyyy"], "date"),
        (&["31/12/2024"], &["dd/MM/yyyy"], "date"),
        (&["2024/12/31"], &["yyyy/MM/dd"], "date"),
        (&["13.09.2024 08:05", "14.09.2024 18:26"], &["dd.MM.yyyy HH:mm"], "timestamp"),
        (&["20240913T080500"], &["yyyyMMdd'T'HHmmss"], "timestamp"),
        (&["31.04.2022"], &[], "string"),
    ];
    for (cells, formats, data_type) in cases {
        let form = column("a", cells).form.value;
        assert_eq!((&form.formats[..], &*form.data_type.to_string()), (formats, data_type), "{cells:?}");
    }
    let why = column("a", &["01/02/2024"]).form.why;
    assert!(why.contains("OTHER WAY ROUND"), "{why}");
    let why = column("a", &["13/02/2024"]).form.why;
    assert!(!why.contains("OTHER WAY ROUND"), "{why}");
}

#[test]
fn decimal_commas_are_told_from_thousands() {
    let decimal = |cells: &[&str]| column("a", cells).form.value;
    assert_eq!(decimal(&["1,50", "2,25"]).decimal, DecimalSign::Comma);
    assert_eq!(decimal(&["1,500", "22,5"]).decimal, DecimalSign::Comma);
    assert_eq!(decimal(&["1,500", "22,500"]).data_type, ColumnType::String);
    let why = column("a", &["1.234,50", "99,00"]).form.why;
    assert!(why.contains("1 of 2 filled cells are numbers with signs between the thousands"), "{why}");
    let with_semicolons = proposed("a.csv", "x;y\n1,500;a\n22,500;b\n");
    assert_eq!(with_semicolons.columns[0].form.value.decimal, DecimalSign::Comma);
}

#[test]
fn texts_that_mean_nothing_are_found_and_do_not_spoil_the_type() {
    let cases: [(&[&str], &[&str], &str); 5] = [
        (&["1", "NULL", "-", "3"], &["NULL", "-"], "int"),
        (&["1.5", "n/a"], &["n/a"], "decimal(18,1)"),
        (&["NA", "green"], &[], "string"),
        (&["\\N", "green", "N/A"], &["\\N", "N/A"], "string"),
        (&["1", ""], &[], "int"),
    ];
    for (cells, nulls, data_type) in cases {
        let column = column("a", cells);
        assert_eq!((&column.nulls[..], &*column.form.value.data_type.to_string()), (nulls, data_type), "{cells:?}");
    }
}

#[test]
fn one_odd_cell_in_twenty_does_not_make_a_column_text() {
    let mut cells = vec!["12"; 19];
    cells.push("twelve");
    let form = column("a", &cells).form;
    assert_eq!(form.value.data_type, ColumnType::Int);
    assert!(form.why.contains("19 of 20"), "{}", form.why);
    let form = column("a", &cells[1..]).form;
    assert_eq!(form.value.data_type, ColumnType::String);
    assert!(form.why.contains("18 of 19 filled cells look like numbers"), "{}", form.why);
    let why = column("a", &["31.04.2022", "01.04.2022", "02.04.2022"]).form.why;
    assert!(why.contains("2 of 3 filled cells look like dates"), "{why}");
}

#[test]
fn columns_about_persons_are_known_by_their_names() {
    let cases = [
        ("email", true),
        ("ContactEmail", true),
        ("person_name", true),
        ("Name", true),
        ("IBAN", true),
        ("ip_address", true),
        ("birth_date", true),
        ("Telefon mobil", true),
        ("product_name", false),
        ("user_id", false),
        ("CustomerNo", false),
        ("amount", false),
        ("shipping", false),
        ("hotel", false),
    ];
    for (name, is_personal) in cases {
        assert_eq!(super::super::personal::is_personal(name), is_personal, "{name}");
    }
}

#[test]
fn names_in_the_outputs_are_ones_that_athena_holds() {
    let names = ["id", "CustomerNo", "Preț (EUR)", "2024", "run_date", "Straße", "ID", "日本", "a-b", "a b"];
    let names: Vec<String> = names.map(str::to_owned).into();
    let expected =
        ["id", "customer_no", "pret_eur", "column_2024", "run_date_2", "strasse", "id_2", "column_8", "a_b", "a_b_2"];
    assert_eq!(super::super::rename::all(&names), expected);
}
