//! A proposal as YAML, with its guesses as comments.

use std::fmt::{self, Write};

use super::super::{ColumnType, DecimalSign};
use super::{Proposal, ProposedColumn, ProposedForm};
use crate::visible::visible;

/// Comments are broken after so many characters.
const COMMENT_CHARS: usize = 100;

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, table, objects, dialect, encoding, header_line, comment, columns, key, records, odd_records } =
            self;
        let head = format!(
            "A proposal, made from {records} records of a sample file. Whatever is guessed is marked; check it, change \
             what is wrong, and take the marks away. Then: drivendata contract lint, and drivendata contract show."
        );
        remark(f, 0, "", &head)?;
        f.write_str("apiVersion: v3.1.0\nkind: DataContract\n")?;
        guess(f, 0, "contract and table are called like the file, or as you said")?;
        writeln!(f, "id: {}\nname: {}", scalar(&id(name)), scalar(name))?;
        f.write_str("version: 0.1.0\nstatus: draft\ncustomProperties:\n  - property: input\n    value:\n")?;
        guess(f, 6, &objects.why)?;
        writeln!(f, "      objects: {}", quoted(&objects.value))?;
        guess(f, 6, &dialect.why)?;
        let delimiter = if dialect.value.delimiter == b'\t' {
            "\\t".to_owned()
        } else {
            char::from(dialect.value.delimiter).to_string()
        };
        writeln!(f, "      delimiter: {}", quoted(&delimiter))?;
        let quote = match dialect.value.quote {
            b'"' => "double quotes as usual; no file can show that there are no others",
            _ => "cells stand in these quotes, and none in double ones",
        };
        guess(f, 6, quote)?;
        writeln!(f, "      quote: {}", quoted(&char::from(dialect.value.quote).to_string()))?;
        guess(f, 6, &encoding.why)?;
        writeln!(f, "      encoding: {}", encoding.value.to_string().to_lowercase())?;
        guess(f, 6, &header_line.why)?;
        writeln!(f, "      headerLine: {}", header_line.value)?;
        if let Some(comment) = comment {
            guess(f, 6, &comment.why)?;
            writeln!(f, "      comment: {}", quoted(&comment.value))?;
        }
        let window =
            "a run reads the batch of its own day alone; with more days it finds duplicates of earlier days, too";
        guess(f, 6, window)?;
        f.write_str("      windowDays: 1\n")?;
        if *odd_records > 0 {
            let odd = format!(
                "{odd_records} of {records} records have more or fewer fields than the header and would be rejected; \
                 with the custom property records, {{shortAndLong: pad}}, they would be padded or cut"
            );
            guess(f, 0, &odd)?;
        }
        writeln!(f, "schema:\n  - name: {}", scalar(table))?;
        if key.value.is_none() {
            guess(f, 4, &key.why)?;
        }
        f.write_str("    properties:\n")?;
        for (index, column) in columns.iter().enumerate() {
            let is_key = key.value == Some(index);
            write_column(f, column, is_key.then_some(&*key.why))?;
        }
        example(f, table, columns, key.value)
    }
}

fn write_column(f: &mut fmt::Formatter<'_>, column: &ProposedColumn, key: Option<&str>) -> fmt::Result {
    let ProposedColumn { name, source_name, form, nulls, is_personal } = column;
    let ProposedForm { data_type, formats, decimal } = &form.value;
    writeln!(f, "      - name: {}", scalar(name))?;
    if name != source_name {
        guess(f, 8, "it has another name in the outputs, which Athena can hold; choose a better one if you like")?;
        writeln!(f, "        physicalName: {}", scalar(source_name))?;
    }
    guess(f, 8, &form.why)?;
    writeln!(f, "        logicalType: {}", data_type.logical())?;
    match data_type {
        ColumnType::Int | ColumnType::BigInt | ColumnType::Double | ColumnType::Decimal { .. } => {
            writeln!(f, "        physicalType: {data_type}")?;
        }
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => {}
    }
    if let Some(first) = formats.first() {
        writeln!(f, "        logicalTypeOptions: {{format: {}}}", quoted(first))?;
    }
    if *is_personal {
        guess(f, 8, "by its name the column tells about persons; classify it as your rules say")?;
        f.write_str("        classification: restricted\n")?;
    }
    if let Some(why) = key {
        guess(f, 8, why)?;
        f.write_str("        required: true\n        primaryKey: true\n        primaryKeyPosition: 1\n")?;
    }
    let mut words = String::new();
    if *decimal == DecimalSign::Comma {
        words.push_str("          - {property: decimal, value: \",\"}\n");
    }
    if formats.len() > 1 {
        let further: Vec<String> = formats[1..].iter().map(|format| quoted(format)).collect();
        writeln!(words, "          - {{property: formats, value: [{}]}}", further.join(", "))?;
    }
    if !nulls.is_empty() {
        guess(&mut words, 10, "these cells stand where a value should, and seem to mean that there is none")?;
        let nulls: Vec<String> = nulls.iter().map(|null| quoted(null)).collect();
        writeln!(words, "          - {{property: nulls, value: [{}]}}", nulls.join(", "))?;
    }
    if words.is_empty() { Ok(()) } else { write!(f, "        customProperties:\n{words}") }
}

/// A table of groups to be switched on.
fn example(f: &mut fmt::Formatter<'_>, table: &str, columns: &[ProposedColumn], key: Option<usize>) -> fmt::Result {
    let groups = |&(index, column): &(usize, &ProposedColumn)| Some(index) != key && !column.is_personal;
    let found = columns.iter().enumerate().find(groups).map(|(_, column)| column).or(columns.first());
    let Some(column) = found else { return Ok(()) };
    let (name, data_type) = (scalar(&column.name), column.form.value.data_type);
    f.write_str("  # An example of a table of groups. Take the marks away to publish it.\n")?;
    writeln!(f, "  # - name: {table}_groups\n  #   customProperties: [{{property: from, value: {table}}}]")?;
    f.write_str("  #   properties:\n")?;
    let types = format!("logicalType: {}, physicalType: {}", data_type.logical(), quoted(&data_type.to_string()));
    writeln!(f, "  #     - {{name: {name}, {types}, primaryKey: true, primaryKeyPosition: 1}}")?;
    f.write_str("  #     - {name: row_count, logicalType: integer, required: true, transformLogic: COUNT(*)}\n")
}

fn guess(f: &mut impl Write, indent: usize, why: &str) -> fmt::Result {
    remark(f, indent, "guess: ", why)
}

/// A comment, broken into lines.
fn remark(f: &mut impl Write, indent: usize, mark: &str, text: &str) -> fmt::Result {
    let mut line = mark.to_owned();
    for word in text.split(' ') {
        if !line.ends_with(' ') && !line.is_empty() {
            if line.len() + word.len() > COMMENT_CHARS {
                writeln!(f, "{:indent$}# {line}", "")?;
                line.clear();
            } else {
                line.push(' ');
            }
        }
        line.push_str(word);
    }
    writeln!(f, "{:indent$}# {line}", "")
}

/// The `id`: letters, digits, `_` and `-`.
fn id(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "feed".to_owned() } else { words.join("-").to_lowercase() }
}

/// A text without quotes where YAML takes it for one.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    // What does not show is escaped as JSON does, which YAML reads, too.
    format!("\"{}\"", visible(&escaped))
}
