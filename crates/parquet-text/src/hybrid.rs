//! Numbers in Parquet's hybrid of repetitions and packed bits.

use crate::deltas::pack;
use crate::varint::write_varint;

/// Numbers that are packed together.
const GROUP: usize = 8;

/// Appends the numbers, each of at most `width` bits.
pub(crate) fn write(mut numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    while let Some(&first) = numbers.first() {
        let repeated = numbers.iter().take_while(|&&number| number == first).count();
        if repeated >= GROUP || repeated == numbers.len() {
            write_varint((repeated as u64) << 1, out);
            out.extend_from_slice(&first.to_le_bytes()[..width.div_ceil(8) as usize]);
            numbers = &numbers[repeated..];
        } else {
            // Until a group repeats one number. The last group may lack numbers; then zeros stand for them.
            let groups =
                numbers.chunks(GROUP).take_while(|group| group.iter().any(|number| *number != group[0])).count();
            write_varint((groups as u64) << 1 | 1, out);
            let (packed, rest) = numbers.split_at(numbers.len().min(groups * GROUP));
            let (whole, last) = packed.as_chunks::<GROUP>();
            whole.iter().for_each(|group| pack(group, width, out));
            if !last.is_empty() {
                let mut group = [0; GROUP];
                group[..last.len()].copy_from_slice(last);
                pack(&group, width, out);
            }
            numbers = rest;
        }
    }
}
