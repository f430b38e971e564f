//! `drivendata invoke`: the Lambda's handler on an event file.

use std::path::PathBuf;
use std::sync::Arc;

use drivendata_transform::day::Runner;
use drivendata_transform::engine::Progress;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::handler::Handler;
use drivendata_transform::host::Host;
use drivendata_transform::{lake, log};

use crate::settings::SettingsArguments;
use crate::{file_error, print, report};

#[derive(Debug, clap::Args)]
pub(crate) struct InvokeArguments {
    /// The event, as JSON
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    #[command(flatten)]
    settings: SettingsArguments,
}

pub(crate) async fn invoke(arguments: InvokeArguments) -> Result<()> {
    let config = arguments.settings.check().await?;
    log::to_text(config.log_level);
    let event = std::fs::read(&arguments.event).map_err(|error| file_error(&arguments.event, error))?;
    let event = serde_json::from_slice(&event).map_err(|error| {
        Error::invalid_input(format!("{} is not JSON (line {})", arguments.event.display(), error.line()))
    })?;
    let store = lake::open(&config).await?;
    let handler = Handler::new(Runner::new(store, config, Host::this())?);
    let reply = handler.handle(event, None, &Arc::new(Progress::default())).await?;
    print::line(report::to_json(&reply)?)?;
    Ok(())
}
