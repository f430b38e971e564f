//! The chance behind a batch: SplitMix64, started anew for every row.
//!
//! Any row of any day can so be drawn without the rows before it. Not for secrets.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads the bits of `value` over the whole word; different values stay different.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A stream of draws.
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// 64 even bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// An integer below `end`, which must not be 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    /// A number in `0.0..1.0`.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in `share` of the cases: never for 0, always for 1.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.fraction() < share
    }

    /// One of `list`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

/// The source of one day's rows and ids; it is computed from seed and day number alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    rows: u64,
    ids_high: u64,
    ids_low: u64,
}

impl Day {
    pub(super) fn new(seed: u64, day_number: i32) -> Self {
        let mut keys = Random { state: mix(seed.wrapping_add(STEP)) ^ mix(day_number as u64) };
        Self { rows: keys.bits(), ids_high: keys.bits(), ids_low: keys.bits() }
    }

    /// The draws of one row. The state is mixed, lest the streams of neighbouring rows overlap.
    pub(super) fn row(&self, index: u64) -> Random {
        Random { state: mix(self.rows.wrapping_add(index)) }
    }

    /// The row's own id, a version 4 UUID.
    pub(super) fn id(&self, index: u64) -> u128 {
        let high = mix(self.ids_high.wrapping_add(index)) & !0xf000 | 0x4000;
        let low = mix(self.ids_low.wrapping_add(index)) & !(0b11 << 62) | (0b10 << 62);
        u128::from(high) << 64 | u128::from(low)
    }
}
