//! `make microbench`: how fast the functions are that run for every byte, cell or row, each alone and on one thread.
//!
//! The input is a generated day, the same on every machine. What a change costs a whole run says
//! `make bench-instructions`; these times are for whoever works on one of the functions.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::io::{self, Sink};
use std::mem;
use std::sync::LazyLock;

use chrono::NaiveDate;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use drivendata_generate::{GenerateOptions, generate};
use drivendata_transform::config::{Config, RawSettings};
use drivendata_transform::contract;
use drivendata_transform::read::cutter::{Chunk, Cutter};
use drivendata_transform::read::header::Header;
use drivendata_transform::read::scan::Records;
use drivendata_transform::rows::dedup::IdentitySet;
use drivendata_transform::rows::identity::{Form, Identity, identity};
use drivendata_transform::rows::{RowChunk, RowFlags};
use drivendata_transform::rules::mask::{Masking, mask_email};
use drivendata_transform::schema::{Layout, OutputColumns};
use drivendata_transform::seed::Seed;
use drivendata_transform::sinks::csv::CsvRows;
use drivendata_transform::sinks::formulas::CsvFormulas;
use drivendata_transform::sinks::parquet::ParquetRows;
use drivendata_transform::sinks::{KeptRow, RowSource};
use foldhash::quality::FixedState;
use rayon::{ThreadPool, ThreadPoolBuilder};
use spark_cast::date::parse_date;
use spark_cast::number::{parse_double, parse_int, write_double};
use spark_cast::timestamp::parse_timestamp;

/// Enough that no branch predictor learns them by heart.
const ROWS: u64 = 20_000;

/// Enough that the set is far larger than the caches.
const IDENTITIES: u64 = 1_000_000;

static DAY: LazyLock<Day> = LazyLock::new(Day::generated);

fn main() {
    divan::main();
}

/// A day's batch and how a run with the default settings reads it.
struct Day {
    /// The records, without the header line.
    records: Vec<u8>,
    columns: OutputColumns,
    layout: Layout,
    config: Config,
}

impl Day {
    fn generated() -> Self {
        let date = NaiveDate::from_ymd_opt(2024, 9, 15).expect("the calendar has the day");
        let mut text = Vec::new();
        generate(&GenerateOptions::new(date, ROWS, 0), &mut text).expect("the options are in range");
        let header = Header::read(&text[..], "batch", &contract::drivendata().header_rules(1000))
            .expect("the generator writes a header");
        let columns = OutputColumns::of_window(&contract::drivendata(), [&header], 1000).expect("no name stands twice");
        let layout = Layout::new(&header, &columns);
        let mut settings = RawSettings::default();
        settings.set("LAKE", "lake").expect("the setting is known");
        let config = Config::from_raw(&settings).expect("the defaults are in range");
        Self { records: text.split_off(header.bytes), columns, layout, config }
    }

    fn chunks(&self) -> Vec<Chunk> {
        let mut cutter = Cutter::new(&self.records[..], 0, self.config.limits.chunk_bytes);
        std::iter::from_fn(|| cutter.next_chunk(Vec::new()).expect("memory does not fail")).collect()
    }

    fn first_chunk(&self) -> Chunk {
        self.chunks().swap_remove(0)
    }

    /// A column's cells as they stand in the text; of those asked for only some blank ones are quoted.
    fn cells(&self, column: &str) -> Vec<&[u8]> {
        let mut records = Records::default();
        records.scan(&self.records);
        let columns = &self.config.rules.contract.rows.columns;
        let index = columns.iter().position(|known| known.name == column).expect("a column");
        let field = self.layout.column(index);
        records.iter().map(|record| records.field(&self.records, record, field)).collect()
    }
}

/// Calls a rule for every cell of a column.
fn over_cells<T>(bencher: Bencher<'_, '_>, column: &str, mut rule: impl FnMut(&[u8]) -> T) {
    // Next to one another, as in the caches of a worker that has just scanned its chunk.
    let cells: Vec<Box<[u8]>> = DAY.cells(column).into_iter().map(Box::from).collect();
    bencher.counter(ItemsCount::new(cells.len())).bench_local(|| {
        for cell in &cells {
            black_box(rule(black_box(cell)));
        }
    });
}

mod read {
    use super::*;

    #[divan::bench]
    fn cutter(bencher: Bencher<'_, '_>) {
        let mut buffer = Vec::new();
        bencher.counter(BytesCount::of_slice(&DAY.records)).bench_local(|| {
            let mut cutter = Cutter::new(black_box(&DAY.records[..]), 0, DAY.config.limits.chunk_bytes);
            while let Some(chunk) = cutter.next_chunk(mem::take(&mut buffer)).expect("memory does not fail") {
                buffer = black_box(chunk).bytes;
            }
        });
    }

    #[divan::bench]
    fn scan(bencher: Bencher<'_, '_>) {
        let chunk = DAY.first_chunk();
        let mut records = Records::default();
        bencher.counter(BytesCount::of_slice(&chunk.bytes)).bench_local(|| {
            records.scan(black_box(&chunk.bytes));
            black_box(&records);
        });
    }

    /// Scan, rules and identities together.
    #[divan::bench]
    fn parse_chunk(bencher: Bencher<'_, '_>) {
        let mut parsed = RowChunk::default();
        let mut chunk = DAY.first_chunk();
        bencher.counter(BytesCount::of_slice(&chunk.bytes)).bench_local(|| {
            parsed.parse(0, black_box(mem::take(&mut chunk)), &DAY.layout, &DAY.config.rules, &Seed::fixed(0));
            chunk = mem::take(&mut black_box(&mut parsed).chunk);
        });
    }
}

mod rules {
    use super::*;

    #[divan::bench]
    fn uuid_identity(bencher: Bencher<'_, '_>) {
        over_cells(bencher, "unique_id", identity);
    }

    #[divan::bench(name = "parse_int")]
    fn int(bencher: Bencher<'_, '_>) {
        over_cells(bencher, "session_duration", parse_int);
    }

    #[divan::bench(name = "parse_double", args = ["download_speed", "consumed_traffic"])]
    fn double(bencher: Bencher<'_, '_>, column: &str) {
        over_cells(bencher, column, parse_double);
    }

    #[divan::bench(name = "parse_timestamp")]
    fn timestamp(bencher: Bencher<'_, '_>) {
        over_cells(bencher, "accessed_at", parse_timestamp);
    }

    #[divan::bench(name = "parse_date")]
    fn date(bencher: Bencher<'_, '_>) {
        over_cells(bencher, "birth_date", parse_date);
    }

    #[divan::bench(name = "mask_email", args = [Masking::Standard, Masking::Glue])]
    fn email(bencher: Bencher<'_, '_>, masking: Masking) {
        let mut out = Vec::new();
        over_cells(bencher, "email", |email| {
            out.clear();
            mask_email(email, masking, &mut out);
            black_box(&out);
        });
    }

    #[divan::bench(name = "write_double")]
    fn written_double(bencher: Bencher<'_, '_>) {
        let down = DAY.cells("download_speed");
        let up = DAY.cells("upload_speed");
        let sum = |(down, up): (&[u8], &[u8])| Some(parse_double(down)? + parse_double(up)?);
        let totals: Vec<f64> = down.into_iter().zip(up).filter_map(sum).collect();
        let mut out = Vec::new();
        bencher.counter(ItemsCount::new(totals.len())).bench_local(|| {
            out.clear();
            for &total in &totals {
                write_double(black_box(total), &mut out);
            }
            black_box(&out);
        });
    }
}

mod dedup {
    use super::*;

    /// Ids like those of version 4: 122 of their bits have no pattern.
    fn identities() -> Vec<Identity> {
        let scatter = FixedState::with_seed(0);
        let bits = |number| u128::from(scatter.hash_one((number, 'a'))) << 64 | u128::from(scatter.hash_one(number));
        let version_4 = |bits: u128| bits & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        (0..IDENTITIES).map(|number| Identity::Packed(Form::Uuid, version_4(bits(number)))).collect()
    }

    /// How many of them the set did not have.
    fn insert_all(set: &mut IdentitySet, identities: &[Identity]) -> usize {
        identities.iter().filter(|&&identity| set.insert(identity, b"")).count()
    }

    #[divan::bench(sample_count = 20)]
    fn new_ids(bencher: Bencher<'_, '_>) {
        let identities = identities();
        let counted = bencher.counter(ItemsCount::new(identities.len()));
        counted.with_inputs(|| IdentitySet::new(&Seed::fixed(0))).bench_local_refs(|set| {
            assert_eq!(insert_all(set, &identities), identities.len());
        });
    }

    #[divan::bench(sample_count = 20)]
    fn repeated_ids(bencher: Bencher<'_, '_>) {
        let identities = identities();
        let mut set = IdentitySet::new(&Seed::fixed(0));
        insert_all(&mut set, &identities);
        bencher.counter(ItemsCount::new(identities.len())).bench_local(|| {
            assert_eq!(insert_all(&mut set, &identities), 0);
        });
    }
}

mod write {
    use super::*;

    /// The day parsed, and the rows that the filter keeps.
    struct Wave {
        chunks: Vec<RowChunk>,
        kept: Vec<KeptRow>,
        /// The writers take what threads there are.
        one_thread: ThreadPool,
    }

    impl Wave {
        fn parsed() -> Self {
            let parse = |chunk| {
                let mut parsed = RowChunk::default();
                parsed.parse(0, chunk, &DAY.layout, &DAY.config.rules, &Seed::fixed(0));
                parsed
            };
            let chunks: Vec<RowChunk> = DAY.chunks().into_iter().map(parse).collect();
            let passing = |(chunk, parsed): (u32, &RowChunk)| {
                (0..parsed.flags.len() as u32).map(move |row| KeptRow { chunk, row })
            };
            let kept = (0..).zip(&chunks).flat_map(passing).collect();
            let one_thread = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be had");
            Self { chunks, kept, one_thread }
        }

        fn source(&self) -> RowSource<'_> {
            RowSource { wave: &self.chunks, layouts: std::slice::from_ref(&DAY.layout), rules: &DAY.config.rules }
        }

        fn append_csv(&self, csv: &mut CsvRows<Sink>) {
            self.one_thread.install(|| csv.append(self.source(), &self.kept)).expect("a sink takes everything");
        }

        fn append_parquet(&self, parquet: &mut ParquetRows<Sink>) {
            self.one_thread.install(|| parquet.append(self.source(), &self.kept)).expect("a sink takes everything");
        }

        fn bench_csv(&self, bencher: Bencher<'_, '_>) {
            let mut csv = CsvRows::new(&DAY.columns, CsvFormulas::Keep, io::sink()).expect("a sink takes everything");
            bencher.counter(ItemsCount::new(self.kept.len())).bench_local(|| self.append_csv(&mut csv));
        }
    }

    #[divan::bench]
    fn csv_rows(bencher: Bencher<'_, '_>) {
        Wave::parsed().bench_csv(bencher);
    }

    /// As if every record had something in it that is filled in or written otherwise.
    #[divan::bench]
    fn csv_rows_written_anew(bencher: Bencher<'_, '_>) {
        let mut wave = Wave::parsed();
        wave.chunks.iter_mut().flat_map(|chunk| &mut chunk.flags).for_each(|flags| *flags = RowFlags::CHANGED);
        wave.bench_csv(bencher);
    }

    /// Into a file whose encodings are chosen: that is done once.
    #[divan::bench(sample_count = 20)]
    fn parquet_rows(bencher: Bencher<'_, '_>) {
        let wave = Wave::parsed();
        let begun = || {
            let mut parquet = ParquetRows::new(&DAY.columns, DAY.config.parquet, Seed::fixed(0), io::sink());
            wave.append_parquet(&mut parquet);
            parquet
        };
        let counted = bencher.counter(ItemsCount::new(wave.kept.len()));
        counted.with_inputs(begun).bench_local_refs(|parquet| wave.append_parquet(parquet));
    }
}
