//! Conditions between parameters: what an operator must not set them to.

use std::collections::{BTreeSet, HashMap};

use super::super::checked::Parameter;
use super::super::column_type::ColumnType;
use super::super::mistake::Mistakes;
use super::super::value::Value;
use super::super::written::{Text, Words, text};
use super::super::yaml::Node;
use super::file_text::FileText;
use super::sql::Names;
use crate::expr::Scope;

/// Tells the conditions that are false. One that is null, because a parameter is open, holds.
pub(super) fn checks(file: &str, words: &Words<'_>, parameters: &[Parameter], mistakes: &mut Mistakes) {
    let values = parameters.iter().map(|parameter| (parameter.name.clone(), parameter.value.clone()));
    let scope = Scope { parameters: values.collect(), ..Scope::default() };
    let names = Names {
        file: FileText::new(file),
        scope,
        by_name: HashMap::new(),
        unknown: BTreeSet::new(),
        later: BTreeSet::new(),
    };
    for sql in words.get("checks").map_or(&[][..], Node::items).iter().filter_map(|item| text(item)) {
        let Some(condition) = names.expression(sql, mistakes) else { continue };
        if condition.data_type() != ColumnType::Boolean {
            mistakes.add(sql.place, format!("the check is {}, and a condition is expected", condition.data_type()));
        } else if condition.constant() == Some(&Value::Boolean(false)) {
            mistakes.add(sql.place, does_not_hold(sql, parameters));
        }
    }
}

fn does_not_hold(sql: Text<'_>, parameters: &[Parameter]) -> String {
    let is_used = |parameter: &&Parameter| {
        let after = sql.text.split(':').skip(1);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        after.map(|rest| rest.split(|c| !is_word(c)).next().unwrap_or_default()).any(|name| name == parameter.name)
    };
    let values: Vec<String> = parameters
        .iter()
        .filter(is_used)
        .map(|parameter| format!("{} is {}", parameter.variable, parameter.value))
        .collect();
    format!("the check {} does not hold: {}", sql.text, values.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::contract::{built_in, read};

    #[test]
    fn a_check_that_an_operator_breaks_names_the_variables_and_an_open_end_breaks_none() {
        let told = |overrides: &[(&str, &str)]| {
            let overrides: BTreeMap<String, String> =
                overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let mistakes = read(built_in("drivendata").expect("built in"), &overrides).err().unwrap_or_default();
            mistakes.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&[("ACCESSED_FROM", "2025-01-01"), ("ACTIVE_ABOVE", "29")]),
            [
                "the check :accessed_from <= :accessed_to does not hold: ACCESSED_FROM is 2025-01-01, ACCESSED_TO is 2024-12-31",
                "the check :moderate_from <= :active_above does not hold: ACTIVE_ABOVE is 29, MODERATE_FROM is 30",
            ]
        );
        assert!(told(&[("ACCESSED_FROM", "2025-01-01"), ("ACCESSED_TO", "open")]).is_empty());
    }
}
