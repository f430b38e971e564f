//! The engine gives the same bytes whatever the pieces its input comes in and however many threads it uses.

use crate::common::batches::{HEADER, batch, generated, row};
use crate::common::runs::{Lake, outputs, runner};
use bytes::Bytes;
use drivendata_transform::config::{Config, RawSettings};
use drivendata_transform::lake;
use parquet::file::reader::{FileReader, SerializedFileReader};

/// What a run publishes with so many threads and chunks of about so many bytes.
async fn published(lake: &Lake, threads: &str, chunk_bytes: usize) -> Vec<(String, Vec<u8>)> {
    let mut raw = RawSettings::default();
    for (name, value) in [
        ("LAKE", lake.path().to_str().expect("a path")),
        ("THREADS", threads),
        ("ROW_GROUP_ROWS", "20000"),
        ("MAX_REJECTED_RATIO", "1"),
    ] {
        raw.set(name, value).expect("a setting");
    }
    let mut config = Config::from_raw(&raw).expect("settings");
    config.limits.chunk_bytes = chunk_bytes;
    let store = lake::open(&config).await.expect("a lake");
    let runner = runner(store, config);
    let date = "2024-09-15".parse().expect("a date");
    let force = drivendata_transform::trigger::event::Force::Always;
    runner.run(date, force, None, &Default::default()).await.expect("a run");
    outputs(lake.path()).into_iter().map(|(path, bytes)| (path.display().to_string(), bytes)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_and_chunks_change_no_byte() {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-14.csv", &generated("2024-09-14", 30_000).0);
    lake.write("raw_data/batch_2024-09-15.csv", &generated("2024-09-15", 30_000).0);
    let expected = published(&lake, "1", 512 * 1024).await;
    assert_eq!(expected.len(), 5);
    for (threads, chunk_bytes) in [("4", 512 * 1024), ("2", 1024 * 1024), ("3", 10_000)] {
        let actual = published(&lake, threads, chunk_bytes).await;
        for ((path, expected), (_, actual)) in expected.iter().zip(&actual) {
            assert!(expected == actual, "{path} differs with {threads} threads and chunks of {chunk_bytes}");
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
    let expected = published(&lake, "1", 512 * 1024).await;
    let filtered = expected.iter().find(|(path, _)| path.ends_with("filtered.parquet")).expect("an output");
    let row_groups = row_groups(&filtered.1);
    assert!(row_groups.len() > 2, "{row_groups:?}: by their number alone, all rows are one row group");
    for (threads, chunk_bytes) in [("3", 128 * 1024), ("2", 1024 * 1024), ("4", 5000)] {
        for ((path, expected), (_, actual)) in expected.iter().zip(&published(&lake, threads, chunk_bytes).await) {
            assert!(expected == actual, "{path} differs with {threads} threads and chunks of {chunk_bytes}");
        }
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
    let expected = published(&lake, "1", 1 << 20).await;
    for chunk_bytes in (1..40).chain([100, 250, 251, 252, 1000]) {
        assert_eq!(published(&lake, "2", chunk_bytes).await, expected, "chunks of {chunk_bytes}");
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
