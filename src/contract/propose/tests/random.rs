//! Whatever a file holds, its proposal is a contract without mistakes, whose comments quote no cell.

use proptest::prelude::*;

use super::*;

/// Cells of one kind each.
fn cells(kind: u8, rows: usize) -> BoxedStrategy<Vec<String>> {
    let cell: BoxedStrategy<String> = match kind {
        0 => any::<i32>().prop_map(|value| value.to_string()).boxed(),
        1 => any::<i64>().prop_map(|value| value.to_string()).boxed(),
        2 => (0..1_000_000_i64).prop_map(|cents| format!("{}.{:02}", cents / 100, cents % 100)).boxed(),
        3 => (0..1_000_000_i64).prop_map(|cents| format!("{},{:02}", cents / 100, cents % 100)).boxed(),
        4 => any::<f64>().prop_map(|value| value.to_string()).boxed(),
        5 => (1900..2100, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}")).boxed(),
        6 => (1900..2100, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{d:02}.{m:02}.{y}")).boxed(),
        7 => (1900..2100, 1..=12, 1..=28, 0..24)
            .prop_map(|(y, m, d, h)| format!("{y}-{m:02}-{d:02} {h:02}:00:00"))
            .boxed(),
        8 => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        9 => prop_oneof![Just("NULL".to_owned()), Just(String::new()), "[0-9]{3}"].boxed(),
        10 => "0[0-9]{6}".boxed(),
        _ => "\\PC{0,12}".boxed(),
    };
    prop::collection::vec(cell, rows).boxed()
}

/// Names, a delimiter, and columns.
fn files() -> impl Strategy<Value = (Vec<String>, u8, Vec<Vec<String>>)> {
    let names = prop::collection::hash_set("[A-Za-z][A-Za-z _#&*!%'\\-]{0,10}[a-z]", 1..7);
    (names, prop::sample::select(&b",;\t|"[..]), 0..12_usize).prop_flat_map(|(names, delimiter, rows)| {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort_by_key(|name| name.to_lowercase());
        names.dedup_by_key(|name| name.to_lowercase());
        let columns: Vec<_> = names.iter().map(|_| (0..12_u8).prop_flat_map(move |kind| cells(kind, rows))).collect();
        (Just(names), Just(delimiter), columns)
    })
}

fn csv(names: &[String], delimiter: u8, columns: &[Vec<String>]) -> String {
    let delimiter = char::from(delimiter).to_string();
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let mut text = names.join(&delimiter) + "\n";
    for row in 0..columns.first().map_or(0, Vec::len) {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| {
                let cell = &column[row];
                let is_plain =
                    cell.chars().all(|c| c.is_ascii_alphanumeric() || "-:. ".contains(c)) && !cell.is_empty();
                if is_plain { cell.clone() } else { quoted(cell) }
            })
            .collect();
        text += &(cells.join(&delimiter) + "\n");
    }
    text
}

proptest! {
    #[test]
    fn proposals_of_tables_have_no_mistakes_and_all_columns((names, delimiter, columns) in files()) {
        let text = csv(&names, delimiter, &columns);
        let proposal = proposed("feed_2024-09-15.csv", &text);
        let contract = contract(&proposal);
        let sources: Vec<&String> = contract.rows.columns.iter().map(|column| &column.source_name).collect();
        prop_assert_eq!(sources, names.iter().collect::<Vec<_>>(), "{}", text);
        if names.len() > 1 {
            prop_assert_eq!(contract.input.dialect.delimiter, delimiter, "{}", text);
        }
        prop_assert_eq!((proposal.records, proposal.odd_records), (columns[0].iter().enumerate().filter(|(row, _)| columns.iter().any(|column| !column[*row].trim().is_empty())).count(), 0));
    }

    #[test]
    fn no_comment_quotes_a_cell(rows in prop::collection::vec(("[a-z]{9}", "[0-9]{9}", "[0-9]{7}[.,][0-9]{2}"), 1..20)) {
        let text: String = rows.iter().map(|(a, b, c)| format!("{a};{b};{c}\n")).collect();
        let proposal = proposed("feed.csv", format!("name;id;amount\n{text}")).to_string();
        let comments: Vec<&str> = proposal.lines().filter_map(|line| line.split_once("# ")).map(|(_, comment)| comment).collect();
        prop_assert!(comments.len() > 8);
        for cell in rows.iter().flat_map(|(a, b, c)| [a, b, c]) {
            prop_assert!(!comments.iter().any(|comment| comment.contains(cell.as_str())), "{} in {}", cell, proposal);
        }
    }

    #[test]
    fn any_bytes_get_a_contract_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(proposal) = propose(Sample { bytes: &bytes, is_whole: true, path: "feed.csv" }, None) {
            contract(&proposal);
        }
    }

    #[test]
    fn any_text_gets_a_contract_or_an_error(text in "[\\PC\n,;\"']{0,120}", path in "\\PC{0,30}") {
        if let Ok(proposal) = propose(Sample { bytes: text.as_bytes(), is_whole: true, path: &path }, None) {
            contract(&proposal);
        }
    }
}
