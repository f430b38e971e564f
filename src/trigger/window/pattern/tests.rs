use proptest::prelude::*;

use super::*;

fn date(text: &str) -> BatchDate {
    text.parse().expect("a date")
}

fn pattern(text: &str) -> ObjectPattern {
    text.parse().expect(text)
}

fn default() -> ObjectPattern {
    ObjectPattern::default()
}

#[test]
fn the_default_pattern_is_what_its_text_says() {
    assert_eq!(default(), pattern("batch_{date}*.csv"));
    assert_eq!(default().to_string(), "batch_{date}*.csv");
}

#[test]
fn every_spelling_of_a_batch_is_recognised() {
    let names =
        [".csv", ".csv.gz", ".csv.zst", "_part-1.csv", " late+ upload.csv", "-01.csv", "ș.csv.gz", "T08:00.csv"];
    for name in names {
        let key = format!("raw_data/batch_2024-09-15{name}");
        assert_eq!(default().batch_of_key(&key, "raw_data/"), Ok(date("2024-09-15")), "{key}");
        assert_eq!(default().batch_of_key(&key, "raw_data"), Ok(date("2024-09-15")), "{key}");
        assert!(key.starts_with(&default().prefix(date("2024-09-15"), "raw_data/")), "{key}");
    }
    assert_eq!(default().batch_of_key("batch_2024-09-15.csv", ""), Ok(date("2024-09-15")));
    assert_eq!(default().batch_of_key("eu/raw/batch_2024-09-15.csv", "eu/raw/"), Ok(date("2024-09-15")));
}

#[test]
fn every_other_key_is_told_why_it_is_no_batch() {
    use NotABatch::*;
    let cases = [
        ("raw_dat/batch_2024-09-15.csv", OutsideInputPrefix),
        ("raw_database/batch_2024-09-15.csv", OutsideInputPrefix),
        ("raw_data", OutsideInputPrefix),
        ("old/raw_data/batch_2024-09-15.csv", OutsideInputPrefix),
        ("raw_data/old/batch_2024-09-15.csv", InSubfolder),
        ("raw_data//batch_2024-09-15.csv", InSubfolder),
        ("raw_data/batch_2024-09-15/part.csv", InSubfolder),
        ("raw_data/", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/batch_", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/batch_2024-9-15.csv", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/batch_2024-09-1.csv", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/batch_2024_09_15.csv", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/batch_ășțîâ.csv", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/Batch_2024-09-15.csv", NotNamedLikeABatch("batch_YYYY-MM-DD".to_owned())),
        ("raw_data/batch_2024-02-30.csv", NoSuchDate),
        ("raw_data/batch_2023-02-29.csv", NoSuchDate),
        ("raw_data/batch_0000-01-01.csv", NoSuchDate),
        ("raw_data/batch_2024-09-151.csv", DigitAfterDate),
        ("raw_data/batch_2024-09-15", OtherEnding(".csv, .csv.gz or .csv.zst".to_owned())),
        ("raw_data/batch_2024-09-15.csv.bz2", OtherEnding(".csv, .csv.gz or .csv.zst".to_owned())),
        ("raw_data/batch_2024-09-15.csv~", OtherEnding(".csv, .csv.gz or .csv.zst".to_owned())),
        ("raw_data/batch_2024-09-15csv", OtherEnding(".csv, .csv.gz or .csv.zst".to_owned())),
    ];
    for (key, why) in cases {
        assert_eq!(default().batch_of_key(key, "raw_data/"), Err(why), "{key}");
    }
}

#[test]
fn the_list_prefix_is_the_folder_and_the_start_of_the_name() {
    assert_eq!(default().prefix(date("2024-09-15"), "raw_data/"), "raw_data/batch_2024-09-15");
    assert_eq!(default().prefix(date("2024-09-15"), "raw_data"), "raw_data/batch_2024-09-15");
    assert_eq!(default().prefix(date("2024-09-15"), ""), "batch_2024-09-15");
}

#[test]
fn patterns_with_folders_stars_and_dates_in_any_form_find_their_keys() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "dt={date}/part-*.csv",
            &["dt=2024-09-15/part-1.csv", "dt=2024-09-15/part-.csv.gz"],
            &[
                "dt=2024-09-15/part-1/2.csv",
                "dt=2024-09-15/other.csv",
                "dt=2024-09-15part-1.csv",
                "x/dt=2024-09-15/part-1.csv",
            ],
        ),
        (
            "{yyyy}/{MM}/{dd}/*.csv",
            &["2024/09/15/a.csv", "2024/09/15/.csv", "2024/09/15/a b.csv.zst"],
            &["2024/9/15/a.csv", "2024/09/15.csv", "2024/09/155/a.csv", "2024-09-15/a.csv", "2024/09/15/a/b.csv"],
        ),
        ("{dd}.{MM}.{yyyy}.csv", &["15.09.2024.csv", "15.09.2024.csv.gz"], &["2024.09.15.csv", "15.09.20245.csv"]),
        ("{yyyyMMdd}.txt", &["20240915.txt"], &["2024-09-15.txt", "20240915.txt.gz", "20240915.csv"]),
        (
            "*_{yyyyMMdd}*.csv",
            &["orders_20240915.csv", "_20240915_2.csv", "a_b_20240915x.csv"],
            &["orders_120240915.csv"],
        ),
        ("*{date}", &["x2024-09-15", "2024-09-15"], &["12024-09-15", "x2024-09-15.csv", "a/2024-09-15"]),
        ("{yyyy}{MM}{dd}*", &["20240915", "20240915.csv"], &["202409155", "2024091"]),
        (
            "*/in_{MM}-{dd}_{yyyy}/*.csv",
            &["shop/in_09-15_2024/x.csv", "/in_09-15_2024/x.csv"],
            &["a/b/in_09-15_2024/x.csv"],
        ),
        ("ș*ț{date}.csv", &["șațț2024-09-15.csv"], &["sațț2024-09-15.csv"]),
    ];
    for (text, batches, others) in cases {
        for name in *batches {
            let key = format!("raw/{name}");
            assert_eq!(pattern(text).batch_of_key(&key, "raw"), Ok(date("2024-09-15")), "{text} {name}");
            assert!(key.starts_with(&pattern(text).prefix(date("2024-09-15"), "raw/")), "{text} {name}");
            assert!(pattern(text).suffixes().iter().any(|suffix| name.ends_with(suffix)), "{text} {name}");
            assert!(name.starts_with(pattern(text).common_prefix()), "{text} {name}");
        }
        for name in *others {
            assert!(pattern(text).batch_of_key(&format!("raw/{name}"), "raw").is_err(), "{text} {name}");
        }
    }
}

#[test]
fn a_key_with_two_dates_belongs_to_the_first_that_fits() {
    let of_key = |text: &str, key: &str| pattern(text).batch_of_key(key, "");
    assert_eq!(of_key("*_{date}*.csv", "a_2024-09-16_for_2024-09-15.csv"), Ok(date("2024-09-16")));
    assert_eq!(of_key("*_{date}.csv", "a_2024-09-16_for_2024-09-15.csv"), Ok(date("2024-09-15")));
    assert_eq!(of_key("*_{yyyyMMdd}*.csv", "shop_12345678_20240915.csv"), Ok(date("2024-09-15")), "no date is first");
    assert_eq!(of_key("*_{yyyyMMdd}*.csv", "shop_12345678.csv"), Err(NotABatch::NoSuchDate));
    assert_eq!(of_key("*/{date}*.csv", "2024-09-16/2024-09-15.csv"), Ok(date("2024-09-15")));
}

#[test]
fn messages_name_what_the_pattern_wants() {
    let cases = [
        ("dt={date}/*.csv", "x/a.csv", "the name does not begin with dt=YYYY-MM-DD"),
        ("*/{yyyy}-{MM}/{dd}_*.csv", "x/2024_09/15_.csv", "the name does not begin with */YYYY-MM/DD"),
        ("dt={date}/*.csv", "dt=2024-02-30/a.csv", "the calendar has no such date"),
        ("dt={date}/*.csv", "dt=2024-09-151/a.csv", "a digit follows the date"),
        ("dt={date}/*.csv", "dt=2024-09-15/a.parquet", "the name does not end with .csv, .csv.gz or .csv.zst"),
        ("dt={date}/*.csv", "dt=2024-09-15/a/b.csv", "the name is not like dt={date}/*.csv"),
        ("{date}_*.txt", "2024-09-15_.csv", "the name does not end with .txt"),
        ("{date}_*_end.csv", "2024-09-15_x.csv", "the name is not like {date}_*_end.csv"),
        ("{date}*", "a/2024-09-15", "in a folder below the input prefix"),
    ];
    for (text, key, message) in cases {
        let why = pattern(text).batch_of_key(key, "").expect_err("no batch");
        assert_eq!(why.to_string(), message, "{text} {key}");
    }
}

#[test]
fn the_keys_of_a_batch_are_shown_as_they_would_be() {
    let shown = |text: &str| pattern(text).keys(date("2024-09-15"), "raw/");
    assert_eq!(shown("batch_{date}*.csv"), "raw/batch_2024-09-15*.csv[.gz|.zst]");
    assert_eq!(shown("*_{dd}{MM}/{yyyy}*.txt"), "raw/*_1509/2024*.txt");
    assert_eq!(pattern("{yyyyMMdd}").keys(date("2024-09-15"), ""), "20240915");
}

#[test]
fn what_is_no_pattern_is_refused_with_what_is_right() {
    use PatternMistake::*;
    let cases = [
        ("", IncompleteDate),
        ("batch*.csv", IncompleteDate),
        ("{yyyy}/{MM}/*.csv", IncompleteDate),
        ("{yyyy}/{MM}/{dd}/{dd}.csv", SeveralDates),
        ("dt={date}/batch_{date}.csv", SeveralDates),
        ("{date}/{yyyy}.csv", SeveralDates),
        ("{date}_{yyyyMMdd}.csv", SeveralDates),
        ("{day}.csv", UnknownPlaceholder("day".to_owned())),
        ("{Date}.csv", UnknownPlaceholder("Date".to_owned())),
        ("{}.csv", UnknownPlaceholder(String::new())),
        ("{date.csv", Brace),
        ("date}.csv", Brace),
        ("{da*te}.csv", Brace),
        ("{date}**.csv", SeveralStars),
        ("{date}0.csv", DigitAfterDate),
        ("/{date}.csv", OddFolder),
        ("a//{date}.csv", OddFolder),
        ("{date}/", OddFolder),
        ("../{date}.csv", OddFolder),
    ];
    for (text, mistake) in cases {
        assert_eq!(text.parse::<ObjectPattern>(), Err(mistake), "{text:?}");
    }
    assert_eq!(
        UnknownPlaceholder("day".to_owned()).to_string(),
        "{day} is not known: a pattern may hold {date}, {yyyyMMdd}, {yyyy}, {MM}, {dd} and *"
    );
    assert_eq!(Brace.to_string(), "a brace stands alone: placeholders are written {date}");
}

#[test]
fn what_a_notification_can_filter_by_is_what_all_keys_have() {
    let of = |text: &str| (pattern(text).common_prefix().to_owned(), pattern(text).suffixes());
    let csv = |before: &str| ["csv", "csv.gz", "csv.zst"].map(|ending| format!("{before}{ending}")).to_vec();
    assert_eq!(of("batch_{date}*.csv"), ("batch_".to_owned(), csv(".")));
    assert_eq!(of("in/orders*_{date}_eu.csv"), ("in/orders".to_owned(), csv("_eu.")));
    assert_eq!(of("{date}*"), (String::new(), vec![String::new()]));
    assert_eq!(of("*{date}.txt"), (String::new(), vec![".txt".to_owned()]));
    assert_eq!(of("x{date}"), ("x".to_owned(), vec![String::new()]));
}

fn any_date() -> impl Strategy<Value = BatchDate> {
    let last = i64::from(BatchDate::MAX.days_since_epoch() - BatchDate::MIN.days_since_epoch());
    (0..=last).prop_map(|days| BatchDate::MIN.plus_days(days))
}

/// The date of a pattern, with nothing that is free in it.
const DATES: [&str; 4] = ["{date}", "{yyyyMMdd}", "{yyyy}/{MM}/{dd}", "{dd}{MM}{yyyy}"];

/// The same, and one whose parts stand apart: they are not tried elsewhere where they make no date together.
const DATES_AND_PARTS_APART: [&str; 5] = [DATES[0], DATES[1], DATES[2], DATES[3], "{MM}*_{dd}-*x{yyyy}"];

/// A pattern as text, with one of these dates.
fn any_pattern(dates: &'static [&'static str]) -> impl Strategy<Value = String> {
    let before = "([x-z_=-]{1,3}[*]?|[*]|[x-z]{1,2}/){0,2}";
    let after = "([*]?[x-z_]{1,3}|[*]|[*]?/[x-z]{1,2}){0,2}";
    let ending = prop::sample::select(&["", ".csv", ".txt"][..]);
    (before, prop::sample::select(dates), after, ending)
        .prop_map(|(before, date, after, ending)| format!("{before}{date}{after}{ending}").replace("**", "*"))
        .prop_filter("a pattern", |text| text.parse::<ObjectPattern>().is_ok())
}

/// A key of the pattern: its date in place of the placeholders, and texts in place of `*`.
fn key_of(text: &str, date: BatchDate, mut free: impl FnMut() -> String) -> String {
    let mut key = text.to_owned();
    for piece in DatePiece::ALL {
        key = key.replace(&format!("{{{}}}", piece.placeholder()), &piece.of_date(date.0));
    }
    key.split('*').map(str::to_owned).reduce(|before, after| format!("{before}{}{after}", free())).unwrap_or_default()
}

proptest! {
    #[test]
    fn the_key_made_from_a_date_is_found_again(
        text in any_pattern(&DATES_AND_PARTS_APART), date in any_date(), free in prop::collection::vec("[a-dăș .]{0,4}", 8), folder in "([a-z]{1,3}/?)?",
    ) {
        let mut texts = free.into_iter();
        let name = key_of(&text, date, || texts.next().unwrap_or_default());
        let separator = if folder.is_empty() || folder.ends_with('/') { "" } else { "/" };
        let key = format!("{folder}{separator}{name}");
        let pattern = pattern(&text);
        prop_assert_eq!(pattern.batch_of_key(&key, &folder), Ok(date), "{} of {}", key, text);
        prop_assert!(key.starts_with(&pattern.prefix(date, &folder)), "{} of {}", key, text);
        prop_assert!(name.starts_with(pattern.common_prefix()));
        prop_assert!(pattern.suffixes().iter().any(|suffix| key.ends_with(suffix)));
        if text.ends_with(".csv") {
            for more in COMPRESSED {
                prop_assert_eq!(pattern.batch_of_key(&format!("{key}{more}"), &folder), Ok(date));
            }
        }
    }

    #[test]
    fn no_key_belongs_to_two_dates(
        text in any_pattern(&DATES_AND_PARTS_APART), dates in (any_date(), any_date()), free in prop::collection::vec("[x-z_0-9/-]{0,12}", 8),
    ) {
        let mut texts = free.into_iter();
        // Dates in the text of `*`, too.
        let mut number = 0;
        let key = key_of(&text, dates.0, || {
            number += 1;
            let text = texts.next().unwrap_or_default();
            if number % 2 == 0 { format!("{text}{}", dates.1) } else { text }
        });
        let pattern = pattern(&text);
        if let Ok(date) = pattern.batch_of_key(&key, "") {
            let keys_of = |date| key.starts_with(&pattern.prefix(date, "")) && pattern.batch_of_key(&key, "") == Ok(date);
            prop_assert!(keys_of(date), "{} of {} is not listed by its own date", key, text);
            prop_assert!([dates.0, dates.1].into_iter().all(|other| other == date || !keys_of(other)));
        }
    }

    #[test]
    fn a_match_is_what_a_search_of_all_ways_finds(text in any_pattern(&DATES), key in "([x-z_=/-]|2024-09-15|20240915|2024/09/15|[.]csv){0,7}") {
        let pattern = pattern(&text);
        let found = pattern.batch_of_key(&key, "");
        prop_assert_eq!(found.is_ok(), can_match(&pattern.blocks, pattern.without_compression(&key)), "{} of {}: {:?}", key, text, found);
    }

    #[test]
    fn no_key_and_no_pattern_makes_it_fail(text in "([{]date[}]|[*]|[{}/a.]|\\PC){0,6}", key in ".*", folder in "[a-z/]{0,4}") {
        for pattern in [Ok(default()), text.parse::<ObjectPattern>()].into_iter().flatten() {
            if let Ok(date) = pattern.batch_of_key(&key, &folder) {
                prop_assert!(key.starts_with(&pattern.prefix(date, &folder)));
            }
        }
    }
}

/// Whether any texts in place of `*` make the name, with a date that the calendar has; by trying all.
fn can_match(blocks: &[Vec<Piece>], name: &str) -> bool {
    fn from(pieces: &[Option<&Piece>], name: &str, at: usize, date: &mut [String; 3]) -> bool {
        let bytes = name.as_bytes();
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match pieces {
            [] => at == name.len() && format!("{}-{}-{}", date[0], date[1], date[2]).parse::<BatchDate>().is_ok(),
            [None, rest @ ..] => {
                let is_date_next = matches!(rest.first(), Some(Some(Piece::Date(_))));
                let end = name[at..].find('/').map_or(name.len(), |slash| at + slash);
                (at..=end).any(|next| !(is_date_next && next > 0 && is_digit(next - 1)) && from(rest, name, next, date))
            }
            [Some(Piece::Literal(literal)), rest @ ..] => {
                name[at..].starts_with(literal) && from(rest, name, at + literal.len(), date)
            }
            [Some(Piece::Date(piece)), rest @ ..] => {
                let end = at + piece.form().len();
                let Some(text) = name.get(at..end) else { return false };
                match piece {
                    DatePiece::Hyphens => {
                        if text.parse::<BatchDate>().is_err() {
                            return false;
                        }
                        *date = [&text[..4], &text[5..7], &text[8..]].map(str::to_owned);
                    }
                    DatePiece::Digits => *date = [&text[..4], &text[4..6], &text[6..]].map(str::to_owned),
                    DatePiece::Year => date[0] = text.to_owned(),
                    DatePiece::Month => date[1] = text.to_owned(),
                    DatePiece::Day => date[2] = text.to_owned(),
                }
                let is_date_next = matches!(rest.first(), Some(Some(Piece::Date(_))));
                (is_date_next || !is_digit(end)) && from(rest, name, end, date)
            }
        }
    }
    let mut pieces: Vec<Option<&Piece>> = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        pieces.extend((index > 0).then_some(None));
        pieces.extend(block.iter().map(Some));
    }
    from(&pieces, name, 0, &mut Default::default())
}
