//! Files that are no CSV the program could read.

use super::*;

#[test]
fn files_that_are_no_csv_are_told_by_what_they_look_like() {
    let cases: [(&[u8], &str); 13] = [
        (b"", "the object is empty"),
        (b"%PDF-1.7\n\xff\xfe\0", "a PDF document"),
        (b"{\"a\": 1}\n", "JSON"),
        (b"<html>\n", "HTML or XML"),
        (b"PAR1\0\0", "Parquet"),
        (b"\xff\xfe\0\0a\0\0\0", "UTF-32 text"),
        (b"a,b\n1,\x001\n", "binary data"),
        (b"a,b\r1,2\r3,4\r", "carriage return"),
        (b"a,\x81\n", "neither those of Windows-1250 nor Windows-1252"),
        (b"1,2,3\n4,5,6\n", "no line looks like a header"),
        (b"id,id\n1,2\n", "no line looks like a header"),
        (b"ana@x.ro,2024-09-14\nbob@x.ro,2024-09-15\n", "no line looks like a header"),
        (b"\"a,b\n1,2\n", "no line looks like a header"),
    ];
    for (bytes, words) in cases {
        let message = refused(bytes);
        assert!(message.contains(words), "{words} is not in {message}");
    }
    let cut = Sample { bytes: b"a,b,c", is_whole: false, path: "feed.csv" };
    assert!(propose(cut, None).expect_err("no line").to_string().contains("longer than 5 bytes"));
}
