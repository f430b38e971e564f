"""Which stage of a run a function belongs to, told by its symbol: shared by `make bench-instructions` and `make profile`.

The optimiser inlines freely, so a stage's functions are those that stay symbols of their own; the entry of each stage
is kept out of line in the source for this. Copying and allocating are what every stage does: who knows the callers
counts them there, who does not shows them as stages of their own.
"""

import re
from collections.abc import Iterable

OTHER = "other"
COPYING = "copy and compare memory"
ALLOCATING = "allocate"
THREADS = "threads and hand-over"
# Stages of what other stages call.
SHARED = {OTHER, COPYING, ALLOCATING}
KERNEL = "system calls (kernel)"

# The first that matches decides, so the special stand before the general.
STAGES = (
    ("dedup", r"drivendata_transform::(rows::dedup|engine::(select|tally|keys))::|PackedSet"),
    ("contract and SQL", r"drivendata_transform::(contract|config)::|sqlparser::|saphyr|drivendata_transform::expr::(parse|bind|fold)"),
    ("groups", r"drivendata_transform::(group|sinks::groups)::"),
    ("read and cut", r"drivendata_transform::(read::(cutter|decompress|header)|engine::reader)::|zlib_rs::"),
    ("scan for fields", r"drivendata_transform::read::scan::"),
    ("parse and rules", r"(drivendata_transform::(rows|rules|expr)|spark_cast)::|arrow_(arith|select)::|simdutf8::|core::num::(dec2flt|imp::dec2flt)"),
    ("CSV", r"drivendata_transform::sinks::(csv|rejected)::|zmij::"),
    ("Snappy, zstd", r"\bsnap::|zstd|ZSTD_|\bHUF_|\bFSE_"),
    ("Parquet gather", r"drivendata_transform::sinks::(parquet::(gathered|column)::|RowSource)|parquet_text::texts::"),
    ("Parquet text pages", r"parquet_text::"),
    ("Parquet choice of encodings", r"drivendata_transform::sinks::parquet::encoding::"),
    ("Parquet general encoder", r"\bparquet::|\barrow_|drivendata_transform::sinks::parquet::"),
    ("upload and checksums", r"drivendata_transform::(store|day)|crc_fast|sha2|md5|aws_|\bhyper"),
    (COPYING, r"^_*(mem(cpy|move|set|cmp|chr)|bcmp|builtin_mem)|\bmemchr::|__mem"),
    (ALLOCATING, r"^_*(int_)?((m|c|re)alloc|free)|^(malloc_|sysmalloc|unlink_chunk)|alloc::raw_vec|__rust_(re|de)?alloc"),
    (THREADS, r"rayon|crossbeam|tokio|std::sync|std::thread|pthread|futex|sched_yield|park"),
)
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in STAGES)
# What makes two builds' symbols of one function differ.
_HASH = re.compile(r"(::h[0-9a-f]{16}|\.llvm\.\d+|\[[0-9a-f]{16}\]|'\d+)")


def plain(symbol: str) -> str:
    """The symbol without hashes."""
    return _HASH.sub("", symbol)


def stage(symbol: str) -> str:
    if symbol == KERNEL:
        return KERNEL
    name = plain(symbol)
    return next((stage for stage, pattern in _PATTERNS if pattern.search(name)), OTHER)


def by_stage(costs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Sums of the costs of symbols, largest stage first."""
    sums: dict[str, float] = {}
    for symbol, cost in costs:
        name = stage(symbol)
        sums[name] = sums.get(name, 0) + cost
    return dict(sorted(sums.items(), key=lambda item: -item[1]))
