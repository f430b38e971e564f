//! What makes rows the same: the values of their key's columns, as one text.

use super::Rules;
use crate::read::scan::unquote;
use crate::rules::missing::is_blank;

/// The text that rows with the same key have in common, and no others.
///
/// A key that is one column of texts has the text of its cell. Of several columns, each value comes after its length, so that
/// no two keys give the same text. Values count, not how they are written: `7` and `007` are the same whole number. A
/// null is an empty text.
pub(super) fn key_text<'a>(
    rules: &'a Rules,
    cell: impl Fn(usize) -> &'a [u8],
    scratch: &'a mut Vec<u8>,
    quote: u8,
) -> &'a [u8] {
    let key = &rules.contract.rows.identity[..];
    if let &[column] = key
        && rules.columns[column].cast.is_text()
        && rules.columns[column].fill.is_none()
    {
        let text = unquote(cell(column), scratch, quote);
        let is_marker = rules.has_markers && rules.is_marker(column, text);
        return if is_marker { &[] } else { text };
    }
    let (mut text, mut of_cell) = (Vec::new(), Vec::new());
    for &column in key {
        let cell = unquote(cell(column), &mut of_cell, quote);
        if key.len() == 1 {
            write_value(rules, column, cell, &mut text);
            break;
        }
        let place = text.len();
        text.extend_from_slice(&0_u32.to_le_bytes());
        let begin = text.len();
        write_value(rules, column, cell, &mut text);
        let length = (text.len() - begin) as u32;
        text[place..begin].copy_from_slice(&length.to_le_bytes());
    }
    *scratch = text;
    scratch
}

/// Appends the value of an unquoted cell; nothing for a null.
fn write_value(rules: &Rules, column: usize, cell: &[u8], text: &mut Vec<u8>) {
    let rule = &rules.columns[column];
    let is_marker = rules.has_markers && rules.is_marker(column, cell);
    let calendar = rules.keeps_to_calendar();
    if rule.cast.is_text() {
        let is_missing = is_marker || if rules.blank_is_missing() { is_blank(cell) } else { cell.is_empty() };
        match &rule.fill {
            Some(fill) if is_missing => text.extend_from_slice(fill),
            Some(_) | None if is_marker => {}
            Some(_) | None => text.extend_from_slice(cell),
        }
        return;
    }
    let has_value = !is_marker && rule.cast.write_value(cell, calendar, text);
    if let Some(fill) = rule.fill.as_ref().filter(|_| !has_value && (is_marker || is_blank(cell))) {
        rule.cast.write_value(fill, calendar, text);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::contract;
    use crate::rules::missing::NullMarkers;

    const CONTRACT: &str = r#"
apiVersion: v3.1.0
kind: DataContract
id: keys
version: 1.0.0
status: active
customProperties: [{property: input, value: {objects: "batch_{date}.csv"}}]
schema:
  - name: rows
    properties:
"#;

    /// The keys of a table with these columns, for rows of cells.
    fn keys(columns: &[&str], rows: &[&[&str]]) -> Vec<Vec<u8>> {
        let mut text = CONTRACT.to_owned();
        for (index, column) in columns.iter().enumerate() {
            text +=
                &format!("      - {{name: c{index}, primaryKey: true, primaryKeyPosition: {}, {column}}}\n", index + 1);
        }
        let contract = contract::read(&text, &BTreeMap::new()).expect("a contract");
        let rules = Rules::compile(contract.into(), NullMarkers::default()).expect("rules");
        let of_keys = rules.of_keys().expect("rules");
        let key = |rules: &Rules, row: &[&str]| {
            key_text(rules, |column| row[column].as_bytes(), &mut Vec::new(), b'"').to_vec()
        };
        for row in rows {
            assert_eq!(key(&rules, row), key(&of_keys, row), "the pass that looks for the last rows sees the same");
        }
        rows.iter().map(|row| key(&rules, row)).collect()
    }

    #[test]
    fn rows_are_the_same_when_the_values_of_their_keys_are_however_these_are_written() {
        let int = "logicalType: integer, physicalType: int";
        let filled = "logicalType: string, customProperties: [{property: fill, value: none}]";
        let day = "logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}, customProperties: [{property: formats, value: [yyyy-MM-dd]}]";
        let amount =
            "logicalType: number, physicalType: 'decimal(5,2)', customProperties: [{property: decimal, value: ','}]";
        let same: [(&str, &[&str]); 6] = [
            (int, &["7", "007", " 7 ", "\"7\"", "7.9"]),
            (int, &["", " ", "x"]),
            (filled, &["none", "", " "]),
            (day, &["31.12.2024", "2024-12-31"]),
            (amount, &["1,5", "1,50", "+1,499"]),
            ("logicalType: number", &["0.0", "-0", "0e5"]),
        ];
        for (column, cells) in same {
            for cell in cells {
                let keys = keys(&[column], &[&[cells[0]], &[cell]]);
                assert_eq!(keys[0], keys[1], "{column}: {cell}");
            }
        }
        let different = keys(&[filled, int], &[&["a", "1"], &["a1", ""], &["", "1"], &["a", ""]]);
        for (at, key) in different.iter().enumerate() {
            assert!(!different[..at].contains(key));
        }
    }
}
