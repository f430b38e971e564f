//! Chunks of texts against the general encoder of the same rows, both read back by the reader.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use bytes::Bytes;
use foldhash::quality::RandomState;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::EncodingMask;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::*;

type Texts = Vec<Option<String>>;

/// How a chunk is written.
#[derive(Clone, Copy)]
struct Choice {
    has_dictionary: bool,
    compression: Option<ParquetCompression>,
}

/// A file with a row group for each part of the rows, as this module writes it.
fn ours(row_groups: &[&[Option<String>]], choice: Choice) -> Bytes {
    let schema = parse_message_type("message rows { optional binary text (STRING); }").expect("a schema");
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Default::default()).expect("a file");
    let descriptor = writer.schema_descr().column(0);
    let mut chunk = TextChunk::new(descriptor, choice.has_dictionary, choice.compression, RandomState::default());
    for rows in row_groups {
        // In blocks whose ends are not those of pages.
        for block in rows.chunks(777) {
            let texts: GatheredTexts = block.iter().map(|text| text.as_deref().map(str::as_bytes)).collect();
            chunk.append(&texts, 0..block.len()).expect("it fits");
        }
        chunk.end().expect("an end");
        let mut row_group = writer.next_row_group().expect("a row group");
        chunk.write_to(&mut row_group).expect("a column");
        row_group.close().expect("an end");
    }
    writer.into_inner().expect("a file").into()
}

/// The same by the general encoder.
fn general(row_groups: &[&[Option<String>]]) -> Bytes {
    let batch = |rows: &[Option<String>]| {
        RecordBatch::try_from_iter_with_nullable([(
            "text",
            Arc::new(StringArray::from(rows.to_vec())) as ArrayRef,
            true,
        )])
        .expect("a batch")
    };
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("text".into(), Encoding::DELTA_BYTE_ARRAY)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch(&[]).schema(), Some(properties)).expect("a file");
    for rows in row_groups {
        writer.write(&batch(rows)).expect("a row group");
        writer.flush().expect("an end");
    }
    writer.into_inner().expect("a file").into()
}

/// What a reader makes of a file: the rows, and what the file says of itself.
fn read(file: &Bytes) -> (Texts, Arc<ParquetMetaData>) {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).expect("a file");
    let metadata = Arc::clone(reader.metadata());
    let mut rows = Vec::new();
    for batch in reader.build().expect("a reader") {
        let batch = batch.expect("rows");
        let texts = batch.column(0).as_any().downcast_ref::<StringArray>().expect("texts").clone();
        rows.extend(texts.iter().map(|text| text.map(str::to_owned)));
    }
    (rows, metadata)
}

/// Each page's bounds hold for its rows, and its nulls are counted. Says of each page whether it has texts.
fn check_pages(rows: &[Option<String>], metadata: &ParquetMetaData, row_group: usize) -> Vec<bool> {
    let ColumnIndexMetaData::BYTE_ARRAY(index) = &metadata.column_index().expect("an index")[row_group][0] else {
        panic!("an index of texts");
    };
    let pages = metadata.offset_index().expect("an index")[row_group][0].page_locations();
    let mut have_texts = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let start = page.first_row_index as usize;
        let end = pages.get(number + 1).map_or(rows.len(), |next| next.first_row_index as usize);
        assert!(end - start <= cells::ROWS_MAX);
        let nulls = rows[start..end].iter().filter(|text| text.is_none()).count();
        assert_eq!(index.null_count(number), Some(nulls as i64));
        have_texts.push(nulls < end - start);
        for text in rows[start..end].iter().flatten() {
            assert!(index.min_value(number).is_some_and(|least| least <= text.as_bytes()));
            assert!(index.max_value(number).is_some_and(|greatest| greatest >= text.as_bytes()));
        }
    }
    have_texts
}

/// Returns the encodings of each row group's pages.
fn check(row_groups: &[&[Option<String>]], choice: Choice) -> Vec<EncodingMask> {
    let (rows, metadata) = read(&ours(row_groups, choice));
    let (expected, general) = read(&general(row_groups));
    assert_eq!(rows, expected);
    let mut encodings_of_pages = Vec::new();
    for (number, rows) in row_groups.iter().enumerate() {
        let (chunk, expected) = (metadata.row_group(number).column(0), general.row_group(number).column(0));
        assert_eq!(chunk.statistics(), expected.statistics());
        assert_eq!(chunk.num_values(), expected.num_values());
        assert_eq!(chunk.unencoded_byte_array_data_bytes(), expected.unencoded_byte_array_data_bytes());
        assert_eq!(chunk.definition_level_histogram(), expected.definition_level_histogram());
        let have_texts = check_pages(rows, &metadata, number);
        let of_pages = *chunk.page_encoding_stats_mask().expect("encodings");
        assert_eq!(of_pages.is_set(Encoding::PLAIN), have_texts.contains(&false));
        let of_texts = [Encoding::RLE_DICTIONARY, Encoding::DELTA_BYTE_ARRAY];
        assert_eq!(of_texts.iter().any(|&encoding| of_pages.is_set(encoding)), have_texts.contains(&true));
        let mut of_chunk = of_pages;
        of_chunk.insert(Encoding::RLE);
        if of_pages.is_set(Encoding::RLE_DICTIONARY) {
            // The dictionary itself.
            of_chunk.insert(Encoding::PLAIN);
        }
        assert_eq!(chunk.dictionary_page_offset().is_some(), of_pages.is_set(Encoding::RLE_DICTIONARY));
        assert_eq!(chunk.encodings_mask(), &of_chunk);
        encodings_of_pages.push(of_pages);
    }
    encodings_of_pages
}

const WITH_AND_WITHOUT: [bool; 2] = [false, true];

const COMPRESSIONS: [Option<ParquetCompression>; 3] =
    [None, Some(ParquetCompression::Snappy), Some(ParquetCompression::Zstd)];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_chunk_reads_and_is_described_as_the_general_encoder_s(
        rows in prop::collection::vec(prop::option::weighted(0.8, "[a-cș]{0,90}"), 1..3000),
        cut in 0.0..1.0,
        repeats in 1_usize..9,
        has_dictionary in prop::sample::select(&WITH_AND_WITHOUT[..]),
        compression in prop::sample::select(&COMPRESSIONS[..]),
    ) {
        let rows: Texts = std::iter::repeat_n(rows, repeats).flatten().collect();
        let (first, second) = rows.split_at((rows.len() as f64 * cut) as usize);
        let row_groups: Vec<&[_]> = [first, second].into_iter().filter(|rows| !rows.is_empty()).collect();
        check(&row_groups, Choice { has_dictionary, compression });
    }
}

#[test]
fn pages_without_texts_without_nulls_and_with_huge_texts_read_back() {
    let text = |length: usize| Some("ș".repeat(length));
    let nulls: Texts = vec![None; 20_000];
    let texts: Texts = (0..20_000).map(|number| Some(number.to_string())).collect();
    let huge: Texts = [300_000, 0, 524_288, 1, 524_287, 600_000].map(text).to_vec();
    let ends: Texts = [vec![None; cells::ROWS_MAX - 1], vec![text(1); 2], vec![None; cells::ROWS_MAX - 1]].concat();
    for (has_dictionary, compression) in
        WITH_AND_WITHOUT.iter().flat_map(|&has_dictionary| COMPRESSIONS.map(|other| (has_dictionary, other)))
    {
        check(&[&nulls, &texts, &huge, &ends], Choice { has_dictionary, compression });
    }
}

#[test]
fn a_dictionary_that_gets_too_large_gives_way_to_deltas_until_the_next_row_group() {
    let repeated: Texts = (0..30_000).map(|number| Some(format!("level {}", number % 3))).collect();
    let different: Texts = (0..30_000).map(|number| Some(format!("{number:0>60}"))).collect();
    let choice = Choice { has_dictionary: true, compression: None };
    let encodings = check(&[&repeated, &different, &repeated], choice);
    let mask = |encodings: &[Encoding]| EncodingMask::new_from_encodings(encodings.iter());
    let numbers = mask(&[Encoding::RLE_DICTIONARY]);
    assert_eq!(encodings, [numbers, mask(&[Encoding::RLE_DICTIONARY, Encoding::DELTA_BYTE_ARRAY]), numbers]);
}

#[test]
fn a_dictionary_of_one_text_and_of_runs_of_any_length_reads_back() {
    let choice = Choice { has_dictionary: true, compression: None };
    let one: Texts = vec![Some("moderate".to_owned()); 10_000];
    let runs: Texts = (0..200).flat_map(|run| vec![Some((run % 7).to_string()); run % 23]).collect();
    let bytes = ours(&[&one], choice).len();
    check(&[&one, &runs], choice);
    assert!(bytes < 1000, "{bytes} bytes for one text");
}
