//! What the tree holds of a text.

use super::*;

/// One line for each key and value: its path, place and text.
fn flat(node: &Node, path: &str, lines: &mut Vec<String>) {
    let Place { line, column, .. } = node.place;
    match &node.content {
        Content::Scalar(scalar) => lines.push(format!("{path} {line}:{column} {:?} {:?}", scalar.text, scalar.kind())),
        Content::List(items) => {
            lines.push(format!("{path} {line}:{column} list"));
            for (index, item) in items.iter().enumerate() {
                flat(item, &format!("{path}/{index}"), lines);
            }
        }
        Content::Mapping(entries) => {
            lines.push(format!("{path} {line}:{column} mapping"));
            for entry in entries {
                lines.push(format!("{path}/{} {}:{} key", entry.key, entry.place.line, entry.place.column));
                flat(&entry.value, &format!("{path}/{}", entry.key), lines);
            }
        }
    }
}

fn tree(text: &str) -> (Vec<String>, Vec<String>) {
    let mut mistakes = Mistakes::default();
    let mut lines = Vec::new();
    if let Some(root) = parse(text, &mut mistakes) {
        flat(&root, "", &mut lines);
    }
    (lines, mistakes.into_vec().iter().map(ToString::to_string).collect())
}

#[test]
fn everything_knows_its_place() {
    let (lines, mistakes) = tree("ă: 1\nb:\n  - x\n  - {c: 'd', \"e\": }\nf: |\n  g\n");
    let expected = [
        " 1:1 mapping",
        "/ă 1:1 key",
        "/ă 1:4 \"1\" Integer",
        "/b 2:1 key",
        "/b 3:3 list",
        "/b/0 3:5 \"x\" Text",
        "/b/1 4:5 mapping",
        "/b/1/c 4:6 key",
        "/b/1/c 4:9 \"d\" Text",
        "/b/1/e 4:14 key",
        "/b/1/e 4:17 \"\" Null",
        "/f 5:1 key",
        "/f 6:3 \"g\\n\" Text",
    ];
    assert_eq!(lines, expected);
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn an_alias_is_what_its_anchor_is_and_where_it_is() {
    let (lines, mistakes) = tree("a: &a [1]\nb: *a\n");
    let expected = [
        " 1:1 mapping",
        "/a 1:1 key",
        "/a 1:4 list",
        "/a/0 1:8 \"1\" Integer",
        "/b 2:1 key",
        "/b 1:4 list",
        "/b/0 1:8 \"1\" Integer",
    ];
    assert_eq!(lines, expected);
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn of_two_equal_keys_the_first_counts_and_both_are_told() {
    let (lines, mistakes) = tree("a: 1\nb: 2\n'a': 3\n");
    assert_eq!(lines, [" 1:1 mapping", "/a 1:1 key", "/a 1:4 \"1\" Integer", "/b 2:1 key", "/b 2:4 \"2\" Integer"]);
    assert_eq!(mistakes, ["3:1: the key `a` is in line 1, too; keep one"]);
}

#[test]
fn tags_and_keys_that_are_no_texts_are_told() {
    let (_, mistakes) = tree("a: !!str 30\nb: !x [1]\n? [c]\n: 1\n");
    let expected = [
        "1:4: the tag `tag:yaml.org,2002:!str` means nothing here; take it away",
        "2:4: the tag `!x` means nothing here; take it away",
        "3:3: a key must be a text, not a list or mapping",
    ];
    assert_eq!(mistakes, expected);
}
