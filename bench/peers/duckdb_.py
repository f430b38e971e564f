"""The job in DuckDB: duckdb_.py LAKE OUT

The fastest form found: a typed temporary table in file order, the smallest `rowid` of each id as the rows that stay,
the filtered Parquet file first, and the other three outputs from that file. Masking takes the first `@`: no address
here has two.
"""

import sys
from pathlib import Path

import duckdb

CASTS = """
    CREATE TEMP TABLE raw AS
    SELECT * REPLACE (
        CASE WHEN trim(email) <> '' THEN email ELSE 'unknown@example.com' END AS email,
        CASE WHEN trim(phone) <> '' THEN phone ELSE '000-000-0000' END AS phone,
        TRY_CAST(birth_date AS DATE) AS birth_date
    )
    FROM read_csv(
        $batches, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '',
        columns = {
            person_name: 'VARCHAR', user_name: 'VARCHAR', email: 'VARCHAR', personal_number: 'VARCHAR',
            birth_date: 'VARCHAR', address: 'VARCHAR', phone: 'VARCHAR', mac_address: 'VARCHAR', ip_address: 'VARCHAR',
            iban: 'VARCHAR', accessed_at: 'TIMESTAMP', session_duration: 'INTEGER', download_speed: 'DOUBLE',
            upload_speed: 'DOUBLE', consumed_traffic: 'DOUBLE', unique_id: 'VARCHAR'
        }
    )
"""
FILTERED = """
    SELECT
        *,
        download_speed + upload_speed AS total_bandwidth,
        CASE WHEN session_duration > 120 THEN 'active' WHEN session_duration >= 30 THEN 'moderate'
            ELSE 'less_active' END AS activity_level,
        left(email, greatest(least(3, instr(email, '@') - 2), 0)) || '***' || substr(email, instr(email, '@'))
            AS masked_email
    FROM raw
    WHERE accessed_at >= TIMESTAMP '2024-01-01' AND accessed_at < TIMESTAMP '2025-01-01' AND session_duration > 30
        AND rowid IN (SELECT min(rowid) FROM raw GROUP BY unique_id)
"""
# The default version: files of version 2 hold texts in an encoding that Spark before 4.1 reads wrongly (SPARK-52240), which
# is no output for a lake.
PARQUET = "FORMAT parquet, COMPRESSION snappy"
GROUPED = """
    CREATE TEMP TABLE grouped AS
    SELECT
        person_name,
        avg(session_duration) AS avg_session_duration,
        sum(consumed_traffic) AS sum_consumed_traffic,
        count(*) AS sessions
    FROM read_parquet($filtered) GROUP BY person_name ORDER BY person_name
"""


def main(lake: Path, out: Path) -> None:
    batches = [str(lake / "raw_data" / f"batch_2024-09-{day}.csv") for day in ("14", "15")]
    filtered = out / "filtered.parquet"
    with duckdb.connect() as engine:
        engine.execute("SET threads = 2")
        engine.execute(CASTS, {"batches": batches})
        # From here on rowid has the order, and rows need not be written in it.
        engine.execute("SET preserve_insertion_order = false")
        engine.execute(f"COPY ({FILTERED}) TO '{filtered}' ({PARQUET})")
        engine.execute("DROP TABLE raw")
        engine.execute(f"COPY (FROM read_parquet('{filtered}')) TO '{out}/filtered.csv' (HEADER)")
        engine.execute(GROUPED, {"filtered": str(filtered)})
        engine.execute(f"COPY grouped TO '{out}/grouped.parquet' ({PARQUET})")
        engine.execute(f"COPY grouped TO '{out}/grouped.csv' (HEADER)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
