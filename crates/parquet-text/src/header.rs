//! The headers of pages, in Thrift's compact form.

use parquet::basic::{Encoding, PageType};

use crate::varint::write_zigzag;

/// A field of 32 bits, numbered one more than the field before.
const NEXT_I32: u8 = 0x15;

/// A structure; the upper half of the byte says how much greater its number is than that of the field before.
const STRUCT: u8 = 0x0c;

/// The end of a structure.
const END: u8 = 0;

/// What a page's header says beside its size.
pub(crate) enum PageKind {
    /// Rows.
    Data { rows: usize, encoding: Encoding },
    /// The texts that the numbers of the pages behind stand for.
    Dictionary { texts: usize },
}

/// Appends the header of a page of so many bytes, before and after it was compressed.
pub(crate) fn write(kind: &PageKind, uncompressed_bytes: usize, compressed_bytes: usize, out: &mut Vec<u8>) {
    let (page_type, fields_skipped, fields) = match *kind {
        PageKind::Data { rows, encoding } => {
            let levels = Encoding::RLE as i64;
            (PageType::DATA_PAGE, 2, &[rows as i64, encoding as i64, levels, levels][..])
        }
        PageKind::Dictionary { texts } => (PageType::DICTIONARY_PAGE, 4, &[texts as i64, Encoding::PLAIN as i64][..]),
    };
    write_fields(&[page_type as i64, uncompressed_bytes as i64, compressed_bytes as i64], out);
    out.push(fields_skipped << 4 | STRUCT);
    write_fields(fields, out);
    out.extend_from_slice(&[END, END]);
}

/// Appends fields of 32 bits, numbered from 1.
fn write_fields(fields: &[i64], out: &mut Vec<u8>) {
    for &field in fields {
        out.push(NEXT_I32);
        write_zigzag(field, out);
    }
}
