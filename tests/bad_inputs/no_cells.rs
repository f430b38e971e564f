//! Invariant NO-CELLS, for any input: a marker in every cell, under any line end, separator, quoting, encoding and cut,
//! is found in no byte of any error, log line, metric, reply, manifest or column name.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use crate::common::runs::Lake;
use drivendata_transform::handler::Handler;
use drivendata_transform::host::Host;
use drivendata_transform::log::{Function, Invocation};
use drivendata_transform::metrics::{self, Circumstances};
use proptest::prelude::*;
use proptest::sample::select;

const MARKER: &str = "Zanzibar7";
const NAMES: [&str; 12] = [
    "unique_id",
    "email",
    "phone",
    "birth_date",
    "accessed_at",
    "session_duration",
    "download_speed",
    "upload_speed",
    "consumed_traffic",
    "person_name",
    "iban",
    "note",
];

/// Everything this process logs, at any level.
static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&log);
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Shared(Arc::clone(&writer)))
        .with_ansi(false)
        .init();
    log
});

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How a file is written.
#[derive(Clone, Debug)]
struct Form {
    line_end: &'static str,
    separator: &'static str,
    quote: &'static str,
    beginning: &'static str,
    has_header: bool,
    /// Which column the header calls differently.
    renamed: Option<(usize, &'static str)>,
    /// Whether the cells that every row needs are readable.
    is_readable: bool,
    stray: Option<usize>,
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Latin1,
    Utf16,
    Gzip,
}

fn form() -> impl Strategy<Value = Form> {
    let line_end = select(vec![
        "\n", "\n", "\r\n", "\r", "\r\r\n", "\n\r", "\u{b}", "\u{c}", "\u{1e}", "\u{85}", "\u{2028}", "\0", ";",
    ]);
    let separator = select(vec![",", ",", ",", ";", "\t", "|", ", ", "\u{1f}", "  ", ":"]);
    let quote = select(vec!["", "", "\"", "'", "\"\""]);
    let beginning =
        select(vec!["", "", "\u{feff}", "\n\n", "sep=,\n", "Report of today\n", "# comment\n", "email\n", " "]);
    let renamed = prop::option::of((
        0..NAMES.len(),
        select(vec!["", "Email", "e-mail", "run_date", "masked_email", "a.b", "\"", "\u{200b}x"]),
    ));
    let encoding = select(vec![Encoding::Utf8, Encoding::Utf8, Encoding::Latin1, Encoding::Utf16, Encoding::Gzip]);
    let head = (line_end, separator, quote, beginning, any::<bool>(), renamed);
    (head, any::<bool>(), prop::option::of(0_usize..60), encoding).prop_map(
        |((line_end, separator, quote, beginning, has_header, renamed), is_readable, stray, encoding)| Form {
            line_end,
            separator,
            quote,
            beginning,
            has_header,
            renamed,
            is_readable,
            stray,
            encoding,
        },
    )
}

impl Form {
    fn bytes(&self, cut: f64) -> Vec<u8> {
        let mut lines = Vec::new();
        if self.has_header {
            let name = |(index, name): (usize, &&str)| match self.renamed {
                Some((renamed, other)) if renamed == index => other.to_owned(),
                _ => (*name).to_owned(),
            };
            lines.push(NAMES.iter().enumerate().map(name).collect::<Vec<_>>().join(self.separator));
        }
        for row in 0..5 {
            let cell = |(index, name): (usize, &&str)| {
                let text = match *name {
                    "accessed_at" if self.is_readable => "2024-09-14 08:00:00".to_owned(),
                    "session_duration" if self.is_readable => "100".to_owned(),
                    _ => format!("{MARKER}ă{row}x{index}"),
                };
                let opening = if self.stray == Some(row * NAMES.len() + index) { "\"" } else { "" };
                format!("{opening}{}{text}{}", self.quote, self.quote)
            };
            lines.push(NAMES.iter().enumerate().map(cell).collect::<Vec<_>>().join(self.separator));
        }
        let text = format!("{}{}{}", self.beginning, lines.join(self.line_end), self.line_end);
        let bytes = match self.encoding {
            Encoding::Utf8 | Encoding::Gzip => text.into_bytes(),
            Encoding::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0xe3)).collect(),
            Encoding::Utf16 => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        };
        let bytes = bytes[..(bytes.len() as f64 * cut) as usize].to_vec();
        match self.encoding {
            Encoding::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(&bytes).expect("memory");
                gzip.finish().expect("memory")
            }
            _ => bytes,
        }
    }
}

/// Everything that leaves the program of a day with this batch, but the outputs that hold cells.
async fn told(batch: &[u8], ratio: &str) -> String {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-15.csv", batch);
    let metrics = Arc::new(Mutex::new(String::new()));
    let observed = {
        let metrics = Arc::clone(&metrics);
        move |date, outcome: &drivendata_transform::error::Result<_>| {
            let function = Function::from_environment(&Default::default());
            let at = Circumstances {
                function: &function,
                invocation: &Invocation::default(),
                now: (Host::this().now)(),
                peak_memory_bytes: None,
            };
            metrics.lock().expect("no panic").push_str(&metrics::of_run(date, outcome, &at).to_string());
        }
    };
    let handler: Handler = lake.handler(&[("MAX_REJECTED_RATIO", ratio)]).await.observed_by(observed);
    let event = serde_json::json!({"date": "2024-09-15"});
    let mut told = match handler.handle(event, None, &Arc::default()).await {
        Ok(reply) => serde_json::to_string(&reply).expect("JSON"),
        Err(error) => format!("{error} {error:?}"),
    };
    told.push_str(&metrics.lock().expect("no panic"));
    for manifest in ["runs/run_date=2024-09-15/manifest.json", "state/run_date=2024-09-15/failed.json"] {
        told.push_str(&std::fs::read_to_string(lake.output(manifest)).unwrap_or_default());
    }
    let filtered = std::fs::read_to_string(lake.output("filtered/csv/run_date=2024-09-15/filtered.csv"));
    told.push_str(filtered.unwrap_or_default().lines().next().unwrap_or_default());
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_cell_of_any_file_is_told(form in form(), cut in prop_oneof![Just(1.0), 0.0..1.0], ratio in select(vec!["0.1", "1"])) {
        let log = Arc::clone(&LOG);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let told = runtime.block_on(told(&form.bytes(cut), ratio));
        prop_assert!(!told.contains(MARKER), "a cell is told: {told}");
        let log = String::from_utf8_lossy(&log.lock().expect("no panic")).into_owned();
        prop_assert!(!log.contains(MARKER), "a cell is logged");
    }
}
