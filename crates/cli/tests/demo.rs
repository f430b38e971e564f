//! `drivendata demo`: the whole job in a folder.

use crate::program::Home;

#[test]
fn a_demo_leaves_all_files_and_can_be_repeated() {
    let home = Home::new();
    for rows in ["500", "20"] {
        let answer = home.run(&["demo", "--folder", "shown", "--rows", rows]).succeeded();
        assert!(answer.contains("\"status\": \"published\""), "{answer}");
        let files: Vec<&str> = answer
            .lines()
            .filter(|line| line.contains(" bytes  "))
            .filter_map(|line| line.split("  ").last())
            .collect();
        assert_eq!(files.len(), 8, "{answer}");
        assert!(files.iter().all(|file| home.path().join(file).is_file()), "{files:?}");
        let batch = home.read("shown/driven-data-bucket/raw_data/batch_2024-09-15.csv");
        assert!(batch.lines().count() > rows.parse().expect("a number"), "each row has at least a line");
    }
}

#[test]
fn a_demo_touches_no_folder_that_no_demo_made() {
    for foreign in [".bashrc", "notes.txt", "driven-data-bucket/raw_data/batch_2024-09-15.csv"] {
        let home = Home::new();
        home.write(&format!("mine/{foreign}"), "mine");
        let error = home.run(&["demo", "--folder", "mine", "--rows", "1"]).failed(2);
        assert!(error.contains("which no demo made; name another --folder"), "{error}");
        assert_eq!(home.read(&format!("mine/{foreign}")), "mine");
    }
    let home = Home::new();
    home.run(&["demo", "--folder", "shown", "--rows", "1"]).succeeded();
    home.write("shown/notes.txt", "mine");
    assert!(home.run(&["demo", "--folder", "shown"]).failed(2).contains("shown holds notes.txt"));
    home.run(&["demo", "--folder", "shown/notes.txt"]).failed(2);
}
