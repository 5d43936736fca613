-- Turns the table of sessions into one that is hash-partitioned by its primary key. PostgreSQL 14 or newer.
--
--     psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction \
--         --command "SET LOCAL keyturn.partitions = '16'" --file partition-sessions.sql
--
-- To be run by the owner of the table, after `keyturn migrate`, in one transaction: nothing or all of it happens. The table
-- is locked meanwhile and copied whole. Requests that need it wait or are answered 503; nobody is signed out by that.
-- docs/scale.md says what it is good for. Later migrations treat the table like any other.

LOCK TABLE keyturn_session IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    -- 16 where nothing was said. Few are better than many: each costs every statement about a user one more index.
    partitions integer := coalesce(nullif(current_setting('keyturn.partitions', true), ''), '16')::integer;
    old_table constant regclass := 'keyturn_session'::regclass;
    foreign_keys text[];
    indexes text[];
    step text;
BEGIN
    IF partitions < 2 OR partitions > 1024 THEN
        RAISE EXCEPTION 'keyturn.partitions must be from 2 to 1024, not %', partitions;
    END IF;
    IF (SELECT relkind FROM pg_class WHERE oid = old_table) = 'p' THEN
        RAISE EXCEPTION 'keyturn_session is partitioned already';
    END IF;

    -- Under their own names, as Django knows them. The primary key is written out below.
    SELECT coalesce(array_agg(format('ALTER TABLE keyturn_session ADD CONSTRAINT %I %s', conname,
                                     pg_get_constraintdef(oid))), '{}')
      INTO foreign_keys FROM pg_constraint WHERE conrelid = old_table AND contype = 'f';
    SELECT coalesce(array_agg(pg_get_indexdef(indexrelid)), '{}')
      INTO indexes FROM pg_index WHERE indrelid = old_table AND NOT indisprimary;

    ALTER TABLE keyturn_session RENAME TO keyturn_session_whole;
    CREATE TABLE keyturn_session (
        LIKE keyturn_session_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS
    ) PARTITION BY HASH (id);
    FOR number IN 0 .. partitions - 1 LOOP
        -- A fifth of each page stays free, so that a refresh finds room in the page of its row.
        EXECUTE format('CREATE TABLE %I PARTITION OF keyturn_session'
                       ' FOR VALUES WITH (MODULUS %s, REMAINDER %s) WITH (fillfactor = 80)',
                       format('keyturn_session_p%s', number), partitions, number);
    END LOOP;
    INSERT INTO keyturn_session SELECT * FROM keyturn_session_whole;

    -- Fails if somebody's own table or view refers to it, and then nothing has happened.
    DROP TABLE keyturn_session_whole;
    ALTER TABLE keyturn_session ADD CONSTRAINT keyturn_session_pkey PRIMARY KEY (id);
    FOREACH step IN ARRAY indexes || foreign_keys LOOP
        EXECUTE step;
    END LOOP;
END
$$;

ANALYZE keyturn_session;
