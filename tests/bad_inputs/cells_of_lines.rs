//! Cells of several lines in well-formed files come out as they went in, whatever is in them and wherever they stand.

use crate::common::batches::HEADER;
use crate::common::runs::Lake;
use csv::{QuoteStyle, Terminator};
use proptest::prelude::*;

/// A line of a cell: words, numbers, lists, pieces of tables. No moments: a cell that holds a whole row is taken for one.
fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Str. Lunga 5",
        "700123",
        "60",
        "07:08:09",
        "Iași",
        "5' 10\"",
        "\"doi\"",
        "",
        " ",
        "id",
        "1.5",
    ]);
    prop::collection::vec(word, 1..9).prop_map(|words| words.join(","))
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::collection::vec(line(), 2..6).prop_map(|lines| lines.join("\n")),
        1 => line(),
        1 => Just("plain".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn they_come_out_as_they_went_in(
        order in Just((0..17).collect::<Vec<usize>>()).prop_shuffle(),
        keeps_order in any::<bool>(),
        cells in prop::collection::vec((cell(), cell(), cell()), 1..12),
        always in any::<bool>(),
        crlf in any::<bool>(),
        chunk_threads in prop::sample::select(vec!["1", "2"]),
    ) {
        let order: Vec<usize> = if keeps_order { (0..17).collect() } else { order };
        let names: Vec<&str> = HEADER.split(',').chain(["note"]).collect();
        let style = if always { QuoteStyle::Always } else { QuoteStyle::Necessary };
        let terminator = if crlf { Terminator::CRLF } else { Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().quote_style(style).terminator(terminator).from_writer(Vec::new());
        writer.write_record(order.iter().map(|&at| names[at])).expect("memory");
        for (id, (address, user, note)) in cells.iter().enumerate() {
            let id = format!("id-{id}");
            let cell = |at: usize| match names[at] {
                "address" => address,
                "user_name" => user,
                "note" => note,
                "unique_id" => &id,
                "accessed_at" => "2024-05-06 07:08:09",
                "session_duration" => "60",
                "birth_date" => "1990-01-02",
                "download_speed" | "upload_speed" | "consumed_traffic" => "1.5",
                _ => "x",
            };
            writer.write_record(order.iter().map(|&at| cell(at))).expect("memory");
        }
        let lake = Lake::new();
        lake.write("raw_data/batch_2024-09-15.csv", &writer.into_inner().expect("memory"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let report = runtime.block_on(lake.run("2024-09-15", &[("THREADS", chunk_threads), ("MAX_REJECTED_RATIO", "1")]));
        let rejected = report.expect("a run").manifest.figures.rejected;
        prop_assert!(rejected.is_empty(), "{rejected:?}");

        let path = lake.output("filtered/csv/run_date=2024-09-15/filtered.csv");
        let mut reader = csv::Reader::from_path(path).expect("an output");
        let header = reader.headers().expect("a header").clone();
        let at = |name: &str| header.iter().position(|other| other == name).expect("the column");
        let (address, user, note) = (at("address"), at("user_name"), at("note"));
        let found: Vec<(String, String, String)> = reader
            .records()
            .map(|record| record.expect("readable"))
            .map(|record| (record[address].to_owned(), record[user].to_owned(), record[note].to_owned()))
            .collect();
        prop_assert_eq!(found, cells);
    }
}
