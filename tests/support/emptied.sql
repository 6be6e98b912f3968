-- What empties a database; see emptied.py.
CREATE SCHEMA emptied;

-- The statements that have changed the schema since.
CREATE TABLE emptied.change (tag text);
CREATE FUNCTION emptied.note() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO emptied.change VALUES (tg_tag);
END $$;

-- The planner takes a table that nobody has looked at for a filled one, and one that was looked at while it was empty
-- for an empty one: plans that are kept would be made for no rows at all.
DO $do$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'kompang'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', found.name);
    END LOOP;
END $do$;

-- Copies the rows of the migration, and writes the function that brings every table and sequence back to them.
-- A partition is emptied with its parent. Only the ids of keys go on.
DO $do$
DECLARE
    found record;
    has_rows boolean;
    steps text := '';
BEGIN
    FOR found IN
        SELECT oid::regclass AS name, relname, relkind FROM pg_class
        WHERE relnamespace = 'kompang'::regnamespace AND relkind IN ('r', 'p', 'S') AND NOT relispartition
            AND relname <> 'api_key_id_seq'
    LOOP
        IF found.relkind = 'S' THEN
            steps := steps || format('PERFORM setval(%L, 1, false);', found.name);
            CONTINUE;
        END IF;
        steps := steps || format('DELETE FROM %s;', found.name);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found.name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('CREATE TABLE emptied.%I AS TABLE %s', found.relname, found.name);
            steps := steps
                || format('INSERT INTO %s OVERRIDING SYSTEM VALUE TABLE emptied.%I;', found.name, found.relname);
        END IF;
    END LOOP;
    EXECUTE format('CREATE FUNCTION emptied.empty() RETURNS void LANGUAGE plpgsql AS %L', 'BEGIN ' || steps || ' END');
END $do$;

CREATE EVENT TRIGGER emptied_note ON ddl_command_end EXECUTE FUNCTION emptied.note();
