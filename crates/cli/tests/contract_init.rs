//! `drivendata contract init`: a sample file becomes a contract that runs on a lake which holds the file.

use std::collections::BTreeMap;
use std::io::Write;

use drivendata_transform::contract::propose::{Sample, propose};
use drivendata_transform::contract::read;
use proptest::prelude::*;

use crate::common::runs::Lake;
use crate::program::Home;

const LEADS: &str = include_str!("../../../contracts/examples/leaddata/raw_data/leads_2024-09-15.csv");

/// Records read, written, duplicate and rejected, as a manifest tells them.
fn balance(manifest: &str) -> [u64; 4] {
    let manifest: serde_json::Value = serde_json::from_str(manifest).expect("JSON");
    ["read", "written", "duplicates", "rejected"].map(|name| manifest["balance"][name].as_u64().expect("a number"))
}

const MANIFEST: &str = "transformed_data/runs/run_date=2024-09-15/manifest.json";

#[test]
fn a_file_becomes_a_contract_by_which_every_row_of_it_is_published() {
    let windows_1250 = b"Raport zilnic\n\nid\tora\xba\tpre\xfe\n1\tIa\xbai\t1,50\n2\tArad\t12,25\n".to_vec();
    let utf_16 = "\u{feff}id;oraș\r\n1;Iași\r\n2;Arad\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(LEADS.as_bytes()).expect("memory");
    let cases: [(&str, Vec<u8>, [u64; 4]); 5] = [
        ("leads_2024-09-15.csv", LEADS.into(), [6, 6, 0, 0]),
        ("leads_20240915_01.csv.gz", gzip.finish().expect("memory"), [6, 6, 0, 0]),
        ("x 2024-09-15.csv", windows_1250, [2, 2, 0, 0]),
        ("15.09.2024.csv", utf_16, [2, 2, 0, 0]),
        ("quotes_2024-09-15.csv", b"'a','b'\n'x, y','it''s'\n'z','2'\n".to_vec(), [2, 2, 0, 0]),
    ];
    for (file, bytes, expected) in cases {
        let home = Home::new();
        let path = format!("raw_data/{file}");
        home.write(&path, bytes);
        let proposed = home.run(&["contract", "init", &path]).succeeded();
        assert!(proposed.contains("# guess: "), "{proposed}");
        home.write("feed.yaml", &proposed);
        let linted = home.run(&["contract", "lint", "feed.yaml"]).succeeded();
        assert!(linted.contains("has no mistakes"), "{linted}");
        home.run(&["run", "--lake", ".", "--contract", "feed.yaml", "--date", "2024-09-15"]).succeeded();
        assert_eq!(balance(&home.read(MANIFEST)), expected, "{file}\n{proposed}");
    }
}

#[test]
fn what_is_no_csv_is_told_without_a_cell_and_nothing_is_proposed() {
    let home = Home::new();
    home.write("feed.csv", "{\"secret\": 1}\n");
    home.write("rows.csv", "ana@example.com,12,2024-09-15\nbob@example.com,13,2024-09-15\n");
    let failed = home.run(&["contract", "init", "feed.csv"]).failed(3);
    assert!(failed.contains("it looks like JSON") && !failed.contains("secret"), "{failed}");
    let failed = home.run(&["contract", "init", "rows.csv"]).failed(3);
    assert!(failed.contains("no line looks like a header") && !failed.contains("example.com"), "{failed}");
    assert!(home.run(&["contract", "init", "missing.csv"]).failed(2).contains("missing.csv"));
}

#[test]
fn the_name_can_be_given() {
    let home = Home::new();
    home.write("feed.csv", "id,b\n1,x\n2,y\n");
    let proposed = home.run(&["contract", "init", "feed.csv", "--name", "My own: feed"]).succeeded();
    for line in ["id: my-own-feed\n", "name: \"My own: feed\"\n", "- name: my_own_feed\n"] {
        assert!(proposed.contains(line), "{proposed}");
    }
}

/// A cell of one of these kinds; `seed` decides which.
fn cell(kind: u8, seed: u32) -> String {
    let (year, month, day) = (1990 + seed % 60, 1 + seed % 12, 1 + seed % 28);
    match kind {
        0 => seed.to_string(),
        1 => (i64::from(seed) << 20).to_string(),
        2 => format!("{}.{:02}", seed / 100, seed % 100),
        3 => format!("{},{:02}", seed / 100, seed % 100),
        4 => format!("{year}-{month:02}-{day:02}"),
        5 => format!("{day:02}.{month:02}.{year} {:02}:{:02}", seed % 24, seed % 60),
        6 => (seed.is_multiple_of(2)).to_string(),
        7 => ["NULL", "-", "", "17"][seed as usize % 4].to_owned(),
        8 => format!("0{seed}"),
        _ => format!("say \"{seed}\", ș;\t|\nor not"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_run_by_the_proposal_for_a_random_file_writes_every_row_that_is_no_duplicate(
        kinds in prop::collection::vec(0..10_u8, 1..7),
        seeds in prop::collection::vec(prop::collection::vec(any::<u32>(), 7), 0..20),
        delimiter in prop::sample::select(&b",;\t|"[..]),
    ) {
        let delimiter = char::from(delimiter).to_string();
        let names: Vec<String> = (0..=kinds.len()).map(|index| format!("Col {}", char::from(b'A' + index as u8))).collect();
        let mut text = names.join(&delimiter) + "\n";
        for seeds in &seeds {
            let cells = kinds.iter().zip(&seeds[1..]).map(|(&kind, &seed)| cell(kind, seed));
            // The first cell is never empty, so no record is blank.
            let cells = std::iter::once(cell(0, seeds[0] % 50)).chain(cells);
            let quoted: Vec<String> = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text += &(quoted.join(&delimiter) + "\n");
        }
        let sample = Sample { bytes: text.as_bytes(), is_whole: true, path: "feed_2024-09-15.csv" };
        let proposal = propose(sample, None).expect("a proposal").to_string();
        prop_assert!(read(&proposal, &BTreeMap::new()).is_ok(), "{}", proposal);

        let lake = Lake::new();
        lake.write("raw_data/feed_2024-09-15.csv", text.as_bytes());
        lake.write("feed.yaml", proposal.as_bytes());
        let contract = lake.path().join("feed.yaml").display().to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(lake.run("2024-09-15", &[("CONTRACT", &contract)])).expect("a run");
        let manifest = std::fs::read_to_string(lake.path().join(MANIFEST)).expect("a manifest");
        let [read, written, duplicates, rejected] = balance(&manifest);
        prop_assert_eq!((read, rejected, written + duplicates), (seeds.len() as u64, 0, read), "{}\n{}", text, proposal);
    }
}
