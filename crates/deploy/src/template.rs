//! The CloudFormation template of a feed: `template.yaml`, with each part that follows from a contract replaced by that
//! of the feed's own contract.
//!
//! So there is one template to read and to change. `template.yaml` must contain, word for word, what is printed here for
//! the built-in contract. A part that differs is an error, so nothing of one feed is ever left in another's.

use super::parameters::{conditions, declarations, group, variables, window_days};
use super::yaml::scalar;
use super::{Feed, Places, cloudformation, yaml};
use drivendata_transform::contract;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::metrics::filtered_by;

const BUILT_IN: &str = include_str!("../../../template.yaml");

/// A part of the template that follows from a contract, and what it is, for messages.
type Part = (&'static str, String);

/// The whole template of a feed.
///
/// # Errors
///
/// Two tables for Athena would have the same name. Or `template.yaml` is not what it should be, which a test finds.
pub fn template(feed: &Feed<'_>) -> Result<String> {
    let built_in = contract::drivendata();
    let (from, to) = (parts(&Feed::built_in(&built_in))?, parts(feed)?);
    from.iter().zip(&to).try_fold(BUILT_IN.to_owned(), |template, ((what, from), (_, to))| {
        // A line's beginning is a part of it, so that no part is found within another line.
        let (from, to) = (format!("\n{from}"), format!("\n{to}"));
        match template.matches(&from).count() {
            1 => Ok(template.replacen(&from, &to, 1)),
            found => {
                Err(Error::internal(format!("template.yaml has {what} {found} times as the built-in contract says it")))
            }
        }
    })
}

/// The parts, each of whole lines.
fn parts(feed: &Feed<'_>) -> Result<Vec<Part>> {
    let Feed { bucket, database, stack, input_prefix, output_prefix, .. } = feed;
    let id = scalar(&feed.contract.id);
    let batches = format!("{input_prefix}{}", feed.contract.input.objects.common_prefix());
    Ok(vec![
        ("whose template it is", heading(feed)),
        ("the feed", format!("  Feed: {{ Contract: {id}, StackName: {stack} }}\n")),
        ("the group of settings", group(feed)),
        ("the bucket's name", format!("    Default: {bucket}\n    Description: Bucket of the data lake\n")),
        ("the database's name", format!("  DatabaseName:\n    Type: String\n    Default: {database}\n")),
        ("the window", window_days(feed)),
        ("the parameters", declarations(feed)),
        ("the conditions", conditions(feed)),
        (
            "what the function does",
            format!(
                "      Description: !Sub Cleans the batches of s3://${{BucketName}}/{input_prefix} into {output_prefix}\n"
            ),
        ),
        ("the variables", variables(feed)),
        (
            "what may be listed",
            format!("                  StringLike: {{ \"s3:prefix\": [{input_prefix}*, {output_prefix}*] }}\n"),
        ),
        ("what may be read", resource("ReadBatches", "s3:GetObject", &batches)),
        (
            "what may be written",
            resource("PublishOutputs", "[s3:GetObject, s3:PutObject, s3:AbortMultipartUpload]", output_prefix),
        ),
        ("what may be deleted", resource("ForgetFailures", "s3:DeleteObject", &format!("{output_prefix}state/"))),
        ("the notifications", notifications(feed, &batches)),
        (
            "what the rule is about",
            format!("      Description: !Sub A batch has landed in s3://${{BucketName}}/{input_prefix}\n"),
        ),
        ("the rule", keys_of_rule(feed, &batches)),
        ("the filters on the dashboard", filters(feed)),
        ("the tables", cloudformation::tables(feed, &Places::default())?),
        ("where batches go", format!("    Description: Batches go to {input_prefix} there\n")),
    ])
}

/// The end of the comment at the top.
fn heading(feed: &Feed<'_>) -> String {
    match feed.is_file {
        true => format!(
            "# This is the template of the contract {}, as `drivendata contract template` printed it.\n",
            scalar(&feed.contract.id)
        ),
        false => "# This is the template of the built-in contract, and `drivendata contract template` prints exactly it. For another
# contract the command prints another one: with its keys, parameters, filters and tables.
"
        .to_owned(),
    }
}

/// A statement of the function's role, up to its resource: what lies below a part of the bucket.
fn resource(sid: &str, action: &str, below: &str) -> String {
    // These letters would mean something else in a policy; their place is taken by any one letter.
    let below = below.replace(['*', '?', '$'], "?");
    let resource = format!("arn:${{AWS::Partition}}:s3:::${{BucketName}}/{below}*");
    let is_simple = below.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!_.()/=-".contains(&byte));
    let resource = if is_simple { resource } else { yaml::quoted(&resource) };
    format!(
        "              - Sid: {sid}
                Effect: Allow
                Action: {action}
                Resource: !Sub {resource}
"
    )
}

/// The bucket's notifications: one for each ending of batches. Their filters do not overlap, as S3 wants it.
fn notifications(feed: &Feed<'_>, batches: &str) -> String {
    let prefix = scalar(batches);
    let notification = |suffix: &String| {
        let suffix = match &suffix[..] {
            "" => String::new(),
            suffix => format!("                  - {{ Name: suffix, Value: {} }}\n", scalar(suffix)),
        };
        format!(
            "          - Event: s3:ObjectCreated:*
            Function: !GetAtt Function.Arn
            Filter:
              S3Key:
                Rules:
                  - {{ Name: prefix, Value: {prefix} }}
{suffix}"
        )
    };
    feed.contract.input.objects.suffixes().iter().map(notification).collect()
}

/// The keys that the rule of EventBridge waits for.
fn keys_of_rule(feed: &Feed<'_>, batches: &str) -> String {
    let key = |suffix: &String| {
        let wildcard = format!("{}*{}", escaped(batches), escaped(suffix));
        let is_simple = wildcard.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./-*".contains(&byte));
        let wildcard = if is_simple { wildcard } else { yaml::quoted(&wildcard) };
        format!("              - wildcard: {wildcard}\n")
    };
    feed.contract.input.objects.suffixes().iter().map(key).collect()
}

/// A text that stands for itself in a wildcard of EventBridge.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*")
}

/// The rows on the dashboard: between those written and the duplicates, what each filter dropped.
fn filters(feed: &Feed<'_>) -> String {
    let metric = |name: &str| format!("                  [\".\", \"{name}\", \".\", \".\"],\n");
    let filters = feed.contract.rows.filters.iter().map(|filter| metric(&filtered_by(&filter.name)));
    metric("RowsWritten") + &filters.collect::<String>()
}
