//! What an operator turns: the contract's parameters as parameters of the template, and how each reaches the function.
//!
//! A setting that is given overrules the contract. So a parameter that is left at its default is not given: its variable
//! is empty, and the contract decides. With the built-in contract, which changes with the program only, the default is
//! the contract's value. A file's contract changes by itself, and a stack remembers its parameters: there the default is
//! empty, or the value of an older contract would overrule the newer one.

use super::Feed;
use super::yaml::{quoted, scalar};
use drivendata_transform::contract::Parameter;
use drivendata_transform::metrics::camel;

/// The preset is a matter of the program's own contracts.
const PRESET: &str = "  Preset:
    Type: String
    Default: default
    AllowedValues: [default, glue]
    Description: \"glue: every rule as the Glue script has it, but for those that a parameter below changes\"
";

/// A parameter of the template.
struct Turned<'c> {
    name: String,
    parameter: &'c Parameter,
}

fn turned<'c>(feed: &Feed<'c>) -> Vec<Turned<'c>> {
    // None of these names is one of the template's own: they begin with `Param`, or are the six that it has.
    let turned = |parameter: &'c Parameter| Turned { name: camel(&parameter.variable.to_lowercase()), parameter };
    feed.contract.parameters.iter().map(turned).collect()
}

/// The names, in the console's group of the program's settings.
pub(super) fn group(feed: &Feed<'_>) -> String {
    let preset = if feed.is_file { "" } else { "          - Preset\n" };
    let names: String = turned(feed).iter().map(|turned| format!("          - {}\n", turned.name)).collect();
    format!("          - ContractAddress\n{preset}{names}")
}

/// The declarations.
pub(super) fn declarations(feed: &Feed<'_>) -> String {
    let (default, constraint, description) = match feed.is_file {
        true => ("", "s3://bucket/key", "The contract, s3://bucket/key".to_owned()),
        false => (
            "    Default: \"\"\n",
            "Empty, or s3://bucket/key",
            "Another contract with the same keys and tables, s3://bucket/key; empty: the built-in one".to_owned(),
        ),
    };
    let empty = if feed.is_file { "" } else { "|" };
    let description = quoted(&description);
    let address = format!(
        "  ContractAddress:
    Type: String
{default}    AllowedPattern: '{empty}s3://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9!_.()/=-]+'
    ConstraintDescription: {constraint}
    Description: {description}
"
    );
    let preset = if feed.is_file { "" } else { PRESET };
    let parameters: String = turned(feed).iter().map(|turned| turned.declaration(feed.is_file)).collect();
    address + preset + &parameters
}

/// The declaration of the window.
pub(super) fn window_days(feed: &Feed<'_>) -> String {
    let days = feed.contract.input.window_days;
    let what = "Batch dates a run reads, ending at its run date";
    match feed.is_file {
        true => format!(
            "  WindowDays:
    Type: String
    Default: \"\"
    AllowedPattern: '|[1-9]\\d{{0,2}}'
    Description: \"{what}; empty: as the contract says ({days})\"
"
        ),
        false => format!(
            "  WindowDays:
    Type: Number
    Default: \"{days}\"
    MinValue: 1
    MaxValue: 366
    Description: {what}
"
        ),
    }
}

/// The conditions under which they are left to the contract; a file's parameters need none.
pub(super) fn conditions(feed: &Feed<'_>) -> String {
    if feed.is_file {
        return String::new();
    }
    let leaves = |name: &str, default: &str| format!("  Leaves{name}: !Equals [!Ref {name}, {default}]\n");
    let window_days = quoted(&feed.contract.input.window_days.to_string());
    let own = turned(feed).into_iter().map(|turned| leaves(&turned.name, &quoted(&turned.parameter.value.to_string())));
    format!(
        "  # A setting that is given overrules the contract, so what is left at its default is empty: not given. AWS::NoValue
  # would do the same, but SAM CLI's local commands make an empty one of whatever stands beside it. They also tell 2
  # from \"2\", so such defaults are texts.
{}{}{}",
        leaves("WindowDays", &window_days),
        leaves("Preset", "default"),
        own.collect::<String>()
    )
}

/// The variables of the function, from the first folder to the last parameter.
pub(super) fn variables(feed: &Feed<'_>) -> String {
    let given = |variable: &str, name: &str| match feed.is_file {
        true => format!("          {variable}: !Ref {name}\n"),
        false => format!("          {variable}: !If [Leaves{name}, \"\", !Ref {name}]\n"),
    };
    let preset = if feed.is_file { String::new() } else { given("PRESET", "Preset") };
    let own = turned(feed).into_iter().map(|turned| given(&turned.parameter.variable, &turned.name));
    format!(
        "          INPUT_PREFIX: {}
          OUTPUT_PREFIX: {}
{}          LOOKBACK_DAYS: !Ref LookbackDays
          CONTRACT: !Ref ContractAddress
{preset}{}",
        scalar(&feed.input_prefix),
        scalar(&feed.output_prefix),
        given("WINDOW_DAYS", "WindowDays"),
        own.collect::<String>()
    )
}

impl Turned<'_> {
    fn declaration(&self, is_file: bool) -> String {
        let Self { name, parameter: Parameter { name: of_contract, variable, value } } = self;
        let value = value.to_string();
        let lines = match &variable[..] {
            _ if is_file => {
                let description = quoted(&format!("Parameter {of_contract}; empty: as the contract says ({value})"));
                format!("    Type: String\n    Default: \"\"\n    Description: {description}\n")
            }
            "ACCESSED_FROM" => date(&value, "First access date kept, YYYY-MM-DD; open for no lower end"),
            "ACCESSED_TO" => date(&value, "Last access date kept, YYYY-MM-DD; open for no upper end"),
            "MIN_SESSION_DURATION" => number(&value, "Rows must last longer than this, in the data's unit"),
            "ACTIVE_ABOVE" => number(&value, "Longer sessions are active"),
            "MODERATE_FROM" => number(&value, "Sessions from here to ActiveAbove are moderate"),
            "MASKING" => format!(
                "    Type: String
    Default: {value}
    AllowedValues: [standard, glue]
    Description: How e-mail addresses are masked
"
            ),
            // The built-in contract has no others.
            _ => String::new(),
        };
        format!("  {name}:\n{lines}")
    }
}

fn date(value: &str, description: &str) -> String {
    let default = quoted(value);
    format!(
        "    Type: String
    Default: {default}
    AllowedPattern: 'open|\\d{{4}}-\\d{{2}}-\\d{{2}}'
    ConstraintDescription: A date (YYYY-MM-DD), or open
    Description: {description}
"
    )
}

fn number(value: &str, description: &str) -> String {
    let default = quoted(value);
    format!("    Type: Number\n    Default: {default}\n    Description: {description}\n")
}
