//! A bar on the terminal that shows how far the reading has come.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use drivendata_transform::engine::Progress;
use drivendata_transform::trigger::window::BatchDate;
use indicatif::{ProgressBar, ProgressStyle};

/// Follows the work until it is finished.
pub(crate) struct Bar {
    bar: ProgressBar,
    follower: tokio::task::JoinHandle<()>,
}

impl Bar {
    /// Shows the bar, if there is a terminal.
    pub(crate) fn show(progress: &Arc<Progress>, run_date: BatchDate) -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {wide_bar} {bytes} of {total_bytes} {bytes_per_sec} {elapsed}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(run_date.to_string());
        let follower = tokio::spawn({
            let (bar, progress) = (bar.clone(), Arc::clone(progress));
            async move {
                loop {
                    bar.set_length(progress.bytes_total());
                    bar.set_position(progress.bytes_read());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
        Self { bar, follower }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        self.follower.abort();
        self.bar.finish_and_clear();
    }
}
