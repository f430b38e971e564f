//! The engine gives the same bytes whatever the pieces its input comes in and however many threads it uses.

use crate::common::batches::{HEADER, batch, generated, row, row_with};
use crate::common::runs::{Lake, outputs, runner};
use bytes::Bytes;
use drivendata_transform::config::RawSettings;
use drivendata_transform::lake;
use parquet::file::reader::{FileReader, SerializedFileReader};

/// What a run publishes and counts with so many threads and chunks of about so many bytes.
async fn published(lake: &Lake, threads: &str, chunk_bytes: usize, contract: &str) -> Vec<(String, Vec<u8>)> {
    let mut raw = RawSettings::default();
    for (name, value) in [
        ("LAKE", lake.path().to_str().expect("a path")),
        ("THREADS", threads),
        ("CONTRACT", contract),
        ("ROW_GROUP_ROWS", "20000"),
        ("MAX_REJECTED_RATIO", "1"),
    ] {
        raw.set(name, value).expect("a setting");
    }
    let mut config = lake::configure(&raw).await.expect("settings");
    config.limits.chunk_bytes = chunk_bytes;
    let store = lake::open(&config).await.expect("a lake");
    let runner = runner(store, config);
    let date = "2024-09-15".parse().expect("a date");
    let force = drivendata_transform::trigger::event::Force::Always;
    let manifest = runner.run(date, force, None, &Default::default()).await.expect("a run").manifest;
    let counted = serde_json::to_vec(&(manifest.figures, manifest.warnings)).expect("JSON");
    let outputs = outputs(lake.path()).into_iter().map(|(path, bytes)| (path.display().to_string(), bytes));
    outputs.chain([("the manifest".to_owned(), counted)]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_and_chunks_change_no_byte() {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-14.csv", &generated("2024-09-14", 30_000).0);
    lake.write("raw_data/batch_2024-09-15.csv", &generated("2024-09-15", 30_000).0);
    let expected = published(&lake, "1", 512 * 1024, "drivendata").await;
    assert_eq!(expected.len(), 6);
    for (threads, chunk_bytes) in [("4", 512 * 1024), ("2", 1024 * 1024), ("3", 10_000), ("9", 64 * 1024)] {
        let actual = published(&lake, threads, chunk_bytes, "drivendata").await;
        assert_same(&expected, &actual, threads, chunk_bytes);
    }
}

fn assert_same(expected: &[(String, Vec<u8>)], actual: &[(String, Vec<u8>)], threads: &str, chunk_bytes: usize) {
    assert_eq!(expected.len(), actual.len());
    for ((path, expected), (_, actual)) in expected.iter().zip(actual) {
        assert!(expected == actual, "{path} differs with {threads} threads and chunks of {chunk_bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_change_no_byte_where_ids_of_every_form_come_again_and_the_last_row_of_each_is_kept() {
    let lake = Lake::new();
    let id = |number: u32| match number % 4 {
        0 => format!("{number}"),
        1 => format!("a text of more than fifteen bytes {number}"),
        2 => format!("{number:08x}-0000-4000-8000-00000000000a"),
        _ => format!("{number:08X}-0000-4000-8000-00000000000A"),
    };
    for (date, ids) in [("2024-09-14", 0..6000_u32), ("2024-09-15", 3000..9000)] {
        // Some ids come again far behind, some at once, one all the time.
        let ids = ids.map(|number| if number % 7 == 0 { number / 2 } else { number - number % 3 });
        let rows = ids.map(|number| {
            let row = row_with(&format!("Ana {}", number % 900), number, &(number % 90).to_string());
            let (cells, _) = row.rsplit_once(',').expect("the id is the last cell");
            format!("{cells},{}", id(if number % 50 == 0 { 1 } else { number }))
        });
        lake.write(&format!("raw_data/batch_{date}.csv"), &batch(&rows.collect::<Vec<_>>()));
    }
    let first = std::fs::read_to_string("contracts/drivendata.odcs.yaml").expect("a contract");
    let last = first.replacen("keep: first", "keep: last", 1);
    assert_ne!(first, last);
    lake.write("last.odcs.yaml", last.as_bytes());
    let last = lake.path().join("last.odcs.yaml").display().to_string();
    for contract in ["drivendata", last.as_str()] {
        let expected = published(&lake, "1", 512 * 1024, contract).await;
        for (threads, chunk_bytes) in [("3", 64 * 1024), ("8", 10_000)] {
            assert_same(&expected, &published(&lake, threads, chunk_bytes, contract).await, threads, chunk_bytes);
        }
    }
}

/// Rows in each row group of a Parquet file.
fn row_groups(bytes: &[u8]) -> Vec<i64> {
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).expect("a Parquet file");
    reader.metadata().row_groups().iter().map(|row_group| row_group.num_rows()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_long_texts_end_row_groups_early_and_threads_and_chunks_still_change_no_byte() {
    let lake = Lake::new();
    let rows = (0..2400_u32).map(|id| {
        // Of very different lengths, some of them null, in the name, too: a group whose name is long.
        let length = match id % 5 {
            0 => 0,
            1 => 20_000,
            2 => 97,
            _ => 9000,
        };
        let text: String =
            (0..length / 8).map(|word| format!("{:08x}", (word + id).wrapping_mul(2_654_435_761))).collect();
        let name = format!("Ana {}", &text[..text.len().min(6000)]);
        format!("{},{text}", row(&name, id))
    });
    let text = format!("{HEADER},note\n{}\n", rows.collect::<Vec<_>>().join("\n"));
    lake.write("raw_data/batch_2024-09-15.csv", text.as_bytes());
    let expected = published(&lake, "1", 512 * 1024, "drivendata").await;
    let filtered = expected.iter().find(|(path, _)| path.ends_with("filtered.parquet")).expect("an output");
    let row_groups = row_groups(&filtered.1);
    assert!(row_groups.len() > 2, "{row_groups:?}: by their number alone, all rows are one row group");
    for (threads, chunk_bytes) in [("3", 128 * 1024), ("2", 1024 * 1024), ("4", 5000)] {
        assert_same(&expected, &published(&lake, threads, chunk_bytes, "drivendata").await, threads, chunk_bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_of_any_size_give_the_same_rows_and_rejects() {
    let lake = Lake::new();
    let text = [
        HEADER,
        &row("Ana", 1),
        &row("\"Pop, \"\"Ion\"\"\"", 2),
        "short",
        &row("\"two\r\nlines\"", 3),
        "",
        &row("Ana", 1),
        &row("\"open", 4),
        &row("Zoe", 5),
    ]
    .join("\n");
    lake.write("raw_data/batch_2024-09-15.csv", text.as_bytes());
    let expected = published(&lake, "1", 1 << 20, "drivendata").await;
    for chunk_bytes in (1..40).chain([100, 250, 251, 252, 1000]) {
        assert_eq!(published(&lake, "2", chunk_bytes, "drivendata").await, expected, "chunks of {chunk_bytes}");
    }
}

#[tokio::test]
async fn an_input_cut_off_anywhere_loses_no_record_before_the_cut() {
    let rows: Vec<String> = (1..=4).map(|id| row("\"Ș, Ana\"", id)).collect();
    let whole = batch(&rows);
    for end in HEADER.len() + 1..=whole.len() {
        let lake = Lake::new();
        lake.write("raw_data/batch_2024-09-15.csv", &whole[..end]);
        let report = lake.run("2024-09-15", &[("MAX_REJECTED_RATIO", "1")]).await.expect("a run");
        let balance = report.manifest.figures.balance;
        let complete = whole[..end].iter().filter(|&&byte| byte == b'\n').count() as u64 - 1;
        let is_cut = !matches!(whole[end - 1], b'\n');
        assert_eq!(balance.read, complete + u64::from(is_cut), "cut at {end}");
        assert!(balance.written >= complete, "cut at {end}: {balance:?}");
    }
}
