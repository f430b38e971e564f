//! The settings as flags: one for each setting of the library, generated from its table.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use drivendata_transform::config::{Config, RawSettings, SETTINGS};
use drivendata_transform::error::{Error, Result};
use drivendata_transform::lake;

/// The flag of the contract's parameters.
const PARAMETER: &str = "PARAM";

/// The settings typed as flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingsArguments(RawSettings);

impl SettingsArguments {
    /// The settings, checked with the contract that they name. What is not typed comes from the environment.
    pub(crate) async fn check(&self) -> Result<Config> {
        lake::configure(&self.with_environment()?).await
    }

    /// The same for a day that was handed over with these settings: of the typed ones only those of the machine hold.
    pub(crate) async fn check_for_day(&self, settings: &BTreeMap<String, String>) -> Result<Config> {
        lake::configure(&self.with_environment()?.for_day(settings)?).await
    }

    /// Fails if one is typed that comes with a day.
    pub(crate) fn check_no_rules(&self) -> Result<()> {
        match self.0.rules().next() {
            Some(name) => Err(Error::configuration(format!(
                "{name} comes with the day that is handed over and cannot be typed beside it"
            ))),
            None => Ok(()),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this program reads the environment, for the library")]
    fn with_environment(&self) -> Result<RawSettings> {
        // Not all that others set is text; what is no text is no setting of ours either.
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let environment = RawSettings::from_environment(std::env::vars_os().filter_map(text))?;
        Ok(environment.overruled_by(&self.0))
    }

    /// The same with one more setting.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Result<Self> {
        self.0.set(name, value)?;
        Ok(self)
    }
}

impl Args for SettingsArguments {
    fn augment_args(command: Command) -> Command {
        let command = command.arg(
            Arg::new(PARAMETER)
                .long("param")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help_heading("Settings")
                .help("another value for a parameter of the contract; may be given several times"),
        );
        SETTINGS.iter().fold(command, |command, setting| {
            let default =
                if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
            command.arg(
                Arg::new(setting.name)
                    .long(setting.flag())
                    .value_name(setting.unit)
                    .allow_hyphen_values(true)
                    .help_heading("Settings")
                    .help(format!("{}{default}", setting.help)),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingsArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut arguments = Self::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in SETTINGS {
            if let Some(value) = matches.get_one::<String>(setting.name) {
                self.0
                    .set(setting.name, value.as_str())
                    .map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, error))?;
            }
        }
        for parameter in matches.get_many::<String>(PARAMETER).into_iter().flatten() {
            let (name, value) = parameter.split_once('=').ok_or_else(|| {
                let message = format!("--param {parameter} has no value; write --param name=value\n");
                clap::Error::raw(clap::error::ErrorKind::InvalidValue, message)
            })?;
            self.0
                .set_parameter(name, value)
                .map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, format!("{error}\n")))?;
        }
        Ok(())
    }
}
