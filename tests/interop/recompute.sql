-- The whole job once more, from cells as text, as DuckDB understands it.
--
-- `raw` has the records of a window in order: number, whether the record is whole (right number of fields, UTF-8),
-- and the cells, null where they are empty. {columns} are the carried-through columns of the filtered output.

CREATE TEMP TABLE cast_rows AS
SELECT
    * EXCLUDE (session_duration, accessed_at, birth_date, download_speed, upload_speed, consumed_traffic, email, phone),
    CASE WHEN regexp_full_match(trim(session_duration), '[+-]?\d+(\.\d*)?')
        THEN TRY_CAST(regexp_extract(trim(session_duration), '^[+-]?\d+') AS INTEGER) END AS session_duration,
    CASE WHEN regexp_full_match(accessed_at, '\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?')
        THEN TRY_CAST(replace(accessed_at, 'T', ' ') AS TIMESTAMP) END AS accessed_at,
    CASE WHEN regexp_full_match(trim(birth_date), '\d{4}(-\d\d?(-\d\d?([ T].*)?)?)?')
        THEN TRY_CAST(concat_ws('-',
            regexp_extract(trim(birth_date), '^\d{4}'),
            lpad(coalesce(nullif(regexp_extract(trim(birth_date), '^\d{4}-(\d\d?)', 1), ''), '1'), 2, '0'),
            lpad(coalesce(nullif(regexp_extract(trim(birth_date), '^\d{4}-\d\d?-(\d\d?)', 1), ''), '1'), 2, '0')
        ) AS DATE) END AS birth_date,
    TRY_CAST(download_speed AS DOUBLE) AS download_speed,
    TRY_CAST(upload_speed AS DOUBLE) AS upload_speed,
    TRY_CAST(consumed_traffic AS DOUBLE) AS consumed_traffic,
    CASE WHEN coalesce(regexp_full_match(email, '\s*'), true) THEN 'unknown@example.com' ELSE email END AS email,
    CASE WHEN coalesce(regexp_full_match(phone, '\s*'), true) THEN '000-000-0000' ELSE phone END AS phone
FROM raw;

CREATE TEMP TABLE usable AS
SELECT *, row_number() OVER (PARTITION BY unique_id ORDER BY number) AS occurrence
FROM cast_rows
WHERE whole AND unique_id IS NOT NULL AND session_duration IS NOT NULL AND accessed_at IS NOT NULL;

CREATE TEMP TABLE judged AS
SELECT
    *,
    CASE
        WHEN occurrence > 1 THEN 'duplicates'
        WHEN CAST(accessed_at AS DATE) NOT BETWEEN DATE '2024-01-01' AND DATE '2024-12-31' THEN 'filtered_by_date'
        WHEN session_duration <= 30 THEN 'filtered_by_duration'
        ELSE 'written'
    END AS verdict,
    download_speed + upload_speed AS total_bandwidth,
    CASE WHEN session_duration > 120 THEN 'active' WHEN session_duration >= 30 THEN 'moderate' ELSE 'less_active' END
        AS activity_level,
    CASE WHEN contains(email, '@') THEN regexp_extract(email, '(?s)^(.*)@[^@]*$', 1) ELSE email END AS local_part,
    substr(local_part, 1, greatest(least(3, length(local_part) - 1), 0)) || '***'
        || substr(email, length(local_part) + 1) AS masked_email
FROM usable;

CREATE TEMP TABLE filtered AS
SELECT {columns} FROM judged WHERE verdict = 'written' ORDER BY number;

CREATE TEMP TABLE grouped AS
SELECT
    person_name,
    avg(session_duration) AS avg_session_duration,
    sum(consumed_traffic) AS sum_consumed_traffic,
    count(*) AS sessions
FROM filtered GROUP BY person_name ORDER BY person_name NULLS FIRST;

CREATE TEMP TABLE balance AS
SELECT verdict AS place, count(*) AS rows FROM judged GROUP BY verdict
UNION ALL SELECT 'read', count(*) FROM raw
UNION ALL SELECT 'rejected', (SELECT count(*) FROM raw) - (SELECT count(*) FROM usable);
