//! A quote too many costs the row it is in, wherever it stands: every other row is written.

use std::collections::BTreeSet;

use crate::common::batches::{HEADER, row};
use crate::common::runs::Lake;
use proptest::prelude::*;

const ROWS: u32 = 12;

/// A row in one of the forms that batches have: with a quoted cell, with none, with one of two lines.
fn written(id: u32, form: u8) -> String {
    let row = row("Ana Pop", id);
    match form % 3 {
        0 => row,
        1 => row.replace("\"Str. Mare, 1\"", "Str. Mare 1"),
        _ => row.replace("\"Str. Mare, 1\"", "\"Str. Mare, 1\nbloc B\""),
    }
}

/// The ids in `filtered.csv`.
fn ids(lake: &Lake) -> BTreeSet<String> {
    let path = lake.output("filtered/csv/run_date=2024-09-15/filtered.csv");
    let mut reader = csv::Reader::from_path(path).expect("an output");
    let at = reader.headers().expect("a header").iter().position(|name| name == "unique_id").expect("the column");
    reader.records().map(|record| record.expect("readable")[at].to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rows_without_a_stray_quote_live(
        forms in prop::collection::vec(any::<u8>(), ROWS as usize),
        strays in prop::collection::vec((0..ROWS, 0.0..1.0), 1..4),
        at_field_start in any::<bool>(),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r\r\n"]),
    ) {
        let mut rows: Vec<String> = (0..ROWS).zip(&forms).map(|(id, form)| written(id, *form)).collect();
        for &(row, place) in &strays {
            let row = &mut rows[row as usize];
            let mut at = (row.len() as f64 * place) as usize;
            if at_field_start {
                at = row[..at].rfind(',').map_or(0, |comma| comma + 1);
            }
            row.insert(at, '"');
        }
        let text = format!("{HEADER}{line_end}{}{line_end}", rows.join(line_end));
        let lake = Lake::new();
        lake.write("raw_data/batch_2024-09-15.csv", text.as_bytes());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(lake.run("2024-09-15", &[("MAX_REJECTED_RATIO", "1")])).expect("a run");
        let spoiled: BTreeSet<u32> = strays.iter().map(|(row, _)| *row).collect();
        let living = ids(&lake);
        for id in (0..ROWS).filter(|id| !spoiled.contains(id)) {
            prop_assert!(living.contains(&format!("{id:08x}-0000-4000-8000-000000000000")), "row {id} is lost:\n{text}");
        }
    }
}
