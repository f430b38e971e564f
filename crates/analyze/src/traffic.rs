//! Total traffic per IP address, exact for any number of addresses.
//!
//! A dotted IPv4 address is a number of 4 bytes, so its entry takes 16 bytes, and between 19 and 39 with the free room
//! of its table. Any other text, and null, has an entry with its text.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::Ipv4Addr;

use hashbrown::HashTable;
use serde::{Serialize, Serializer};

use super::describe::spark_order;
use drivendata_transform::seed::Seed;

/// Tables that grow one at a time, so that little exists twice while one grows.
const SHARDS: usize = 256;

/// Bytes of memory that an entry takes which is no dotted address, without its text.
const OTHER_BYTES: u64 = 40;

/// The sums under way.
#[derive(Debug)]
pub(super) struct TrafficSums {
    seed: Seed,
    shards: Vec<HashTable<Ipv4Sum>>,
    /// Sums of everything else; `None`: every row's is null.
    others: HashMap<Option<Box<[u8]>>, Option<f64>>,
    /// Bytes of their texts.
    text_bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Ipv4Sum {
    address: u32,
    /// Whether any traffic is not null.
    has_traffic: bool,
    traffic: f64,
}

impl TrafficSums {
    /// No sums. Where an address stands depends on `seed`.
    pub(super) fn new(seed: Seed) -> Self {
        Self { shards: vec![HashTable::new(); SHARDS], others: HashMap::new(), text_bytes: 0, seed }
    }

    /// Adds a row's traffic to its address.
    #[inline]
    pub(super) fn add(&mut self, address: Option<&[u8]>, traffic: Option<f64>) {
        let Some(ipv4) = address.and_then(parse_ipv4) else {
            return self.add_other(address, traffic);
        };
        let hash_of = |address| self.seed.of_number(address);
        let hash = hash_of(ipv4);
        let empty = Ipv4Sum { address: ipv4, has_traffic: false, traffic: 0.0 };
        // A table uses the lowest and the highest bits of the hash itself.
        let shard = &mut self.shards[(hash >> 32) as usize % SHARDS];
        let mut entry = shard.entry(hash, |sum| sum.address == ipv4, |sum| hash_of(sum.address)).or_insert(empty);
        let sum = entry.get_mut();
        if let Some(traffic) = traffic {
            sum.traffic = if sum.has_traffic { sum.traffic + traffic } else { traffic };
            sum.has_traffic = true;
        }
    }

    fn add_other(&mut self, address: Option<&[u8]>, traffic: Option<f64>) {
        let sum = self.others.entry(address.map(Box::from)).or_insert_with(|| {
            self.text_bytes += address.map_or(0, <[u8]>::len) as u64;
            None
        });
        if let Some(traffic) = traffic {
            // From a positive zero on, as in Spark.
            *sum = Some(sum.unwrap_or(0.0) + traffic);
        }
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let shards = self.shards.iter().map(|shard| shard.allocation_size() as u64).sum::<u64>();
        shards + self.others.capacity() as u64 * OTHER_BYTES + self.text_bytes
    }

    /// The same with the totals that are made from the sums at the end.
    pub(super) fn memory_bytes_to_finish(&self) -> u64 {
        let len = self.shards.iter().map(HashTable::len).sum::<usize>() + self.others.len();
        2 * self.memory_bytes() + (len * size_of::<Total>()) as u64
    }

    /// The totals in descending order, those that are null last; equal ones by the bytes of their addresses.
    pub(super) fn finish(self) -> TrafficPerIp {
        let Self { shards, others, .. } = self;
        let mut totals = Vec::with_capacity(shards.iter().map(HashTable::len).sum::<usize>() + others.len());
        // Each table is freed before the next is looked at.
        for sum in shards.into_iter().flatten() {
            let traffic = sum.has_traffic.then_some(sum.traffic);
            totals.push(Total { address: Address::Ipv4(sum.address), traffic });
        }
        let mut texts = Vec::new();
        for (text, sum) in others {
            let address = match text {
                None => Address::Null,
                Some(text) => {
                    texts.push(String::from_utf8_lossy(&text).into_owned());
                    Address::Text(texts.len() as u32 - 1)
                }
            };
            totals.push(Total { address, traffic: sum });
        }
        let mut traffic = TrafficPerIp { totals, texts };
        traffic.sort();
        traffic
    }
}

/// Total traffic per IP address, largest first.
#[derive(Debug, Default)]
pub struct TrafficPerIp {
    totals: Vec<Total>,
    texts: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Total {
    address: Address,
    traffic: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Address {
    Null,
    Ipv4(u32),
    /// Index among the texts.
    Text(u32),
}

/// One address with its total.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IpTraffic {
    /// `None`: the rows without address.
    pub ip_address: Option<String>,
    /// Sum in kB; `None`: every row's traffic is null.
    pub consumed_traffic: Option<super::Cell>,
}

impl TrafficPerIp {
    /// How many addresses there are, null among them.
    pub fn len(&self) -> usize {
        self.totals.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.totals.is_empty()
    }

    /// The addresses with their totals, largest first.
    pub fn iter(&self) -> impl Iterator<Item = IpTraffic> {
        self.totals.iter().map(|total| IpTraffic {
            ip_address: text_of(total.address, &self.texts),
            consumed_traffic: total.traffic.map(super::Cell::Double),
        })
    }

    fn sort(&mut self) {
        let Self { totals, texts } = self;
        totals.sort_unstable_by(|a, b| {
            let by_traffic = match (a.traffic, b.traffic) {
                (Some(a), Some(b)) => spark_order(b, a),
                (None, None) => Ordering::Equal,
                (a, b) => a.is_none().cmp(&b.is_none()),
            };
            by_traffic.then_with(|| text_of(a.address, texts).cmp(&text_of(b.address, texts)))
        });
    }
}

impl Serialize for TrafficPerIp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn text_of(address: Address, texts: &[String]) -> Option<String> {
    match address {
        Address::Null => None,
        Address::Ipv4(address) => Some(Ipv4Addr::from_bits(address).to_string()),
        Address::Text(index) => Some(texts[index as usize].clone()),
    }
}

/// The number behind a dotted address; `None` also for forms that the number would not give back, like `010.0.0.1`.
fn parse_ipv4(text: &[u8]) -> Option<u32> {
    let mut address = 0;
    let mut octets = 0;
    for octet in text.split(|&byte| byte == b'.') {
        let value = match octet {
            [digit @ b'0'..=b'9'] => u32::from(digit - b'0'),
            [b'1'..=b'9', ..] if octet.len() <= 3 => octet.iter().try_fold(0, |value, byte| {
                byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')).filter(|&value| value <= 255)
            })?,
            _ => return None,
        };
        address = address << 8 | value;
        octets += 1;
    }
    (octets == 4).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(rows: &[(Option<&str>, Option<f64>)]) -> Vec<(Option<String>, Option<String>)> {
        let mut sums = TrafficSums::new(Seed::random());
        for (address, traffic) in rows {
            sums.add(address.map(str::as_bytes), *traffic);
        }
        let text = |total: IpTraffic| (total.ip_address, total.consumed_traffic.map(|cell| cell.to_string()));
        sums.finish().iter().map(text).collect()
    }

    #[test]
    fn totals_descend_with_nan_first_and_null_last_and_ties_by_the_bytes_of_the_address() {
        let rows = [
            (Some("9.0.0.1"), Some(5.0)),
            (Some("10.0.0.1"), Some(2.0)),
            (None, Some(5.0)),
            (Some("::1"), Some(7.5)),
            (Some("10.0.0.1"), None),
            (Some("10.0.0.1"), Some(3.0)),
            (Some("1.1.1.1"), None),
            (Some("0.0.0.0"), None),
            (Some("2.2.2.2"), Some(f64::NAN)),
            (Some("010.0.0.1"), Some(-1.0)),
        ];
        let expected = [
            (Some("2.2.2.2"), Some("NaN")),
            (Some("::1"), Some("7.5")),
            (None, Some("5.0")),
            (Some("10.0.0.1"), Some("5.0")),
            (Some("9.0.0.1"), Some("5.0")),
            (Some("010.0.0.1"), Some("-1.0")),
            (Some("0.0.0.0"), None),
            (Some("1.1.1.1"), None),
        ];
        assert_eq!(totals(&rows), expected.map(|(a, b)| (a.map(str::to_owned), b.map(str::to_owned))));
    }

    #[test]
    fn an_address_packed_is_the_text_it_was() {
        for text in ["0.0.0.0", "255.255.255.255", "1.20.255.0"] {
            let packed = parse_ipv4(text.as_bytes()).expect("an address");
            assert_eq!(Ipv4Addr::from_bits(packed).to_string(), text);
        }
        for text in ["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1..2.3", " 1.2.3.4", "1.2.3.4 ", "1.2.3.x"] {
            assert_eq!(parse_ipv4(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn an_address_takes_less_than_40_bytes_and_its_sum_is_exact() {
        let mut sums = TrafficSums::new(Seed::random());
        let addresses = 1_000_000_u32;
        for round in 0..2 {
            for address in (0..addresses).map(|n| n.wrapping_mul(2_654_435_761)) {
                sums.add(Some(Ipv4Addr::from_bits(address).to_string().as_bytes()), Some(f64::from(round) + 0.5));
            }
        }
        assert!(sums.memory_bytes() < 40 * u64::from(addresses), "{} bytes", sums.memory_bytes());
        let totals = sums.finish();
        assert_eq!(totals.len(), addresses as usize);
        assert!(totals.iter().all(|total| total.consumed_traffic == Some(super::super::Cell::Double(2.0))));
    }
}
