-- Walls between organizations on every table that lacks them, and the narrow doors through which an owner is looked up.
DO $walls$
DECLARE
    wall record;
BEGIN
    FOR wall IN
        SELECT format('%I.%I', current_schema(), class.relname) AS name, attribute.attname AS owner
        FROM pg_class AS class
        JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND NOT attribute.attisdropped
        WHERE class.relnamespace = current_schema()::regnamespace AND class.relkind IN ('r', 'p')
            AND attribute.attname = CASE WHEN class.relname = 'organizations' THEN 'id' ELSE 'organization_id' END
            AND NOT (class.relforcerowsecurity AND class.relrowsecurity AND 2 = (
                SELECT count(*) FROM pg_policy
                WHERE polrelid = class.oid AND polname IN ('own_organization', 'upkeep')
            ))
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', wall.name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', wall.name);
        EXECUTE format('DROP POLICY IF EXISTS own_organization ON %s', wall.name);
        EXECUTE format('DROP POLICY IF EXISTS upkeep ON %s', wall.name);
        -- In a sub-select the setting is read once a statement, not once a row.
        EXECUTE format(
            'CREATE POLICY own_organization ON %s USING (%I = (SELECT current_setting(''contactflow.organization'', true)))',
            wall.name, wall.owner
        );
        -- For the owner of the tables alone: migrations, backups and the doors below. Nobody else gains by the setting.
        EXECUTE format(
            'CREATE POLICY upkeep ON %s TO CURRENT_USER USING ((SELECT current_setting(''contactflow.upkeep'', true)) = ''on'')',
            wall.name
        );
    END LOOP;
END
$walls$;

-- Whose a row is, for who knows its id; nothing else of it.
CREATE OR REPLACE FUNCTION contactflow_owner_of(kind text, row_id text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $door$
DECLARE
    found text;
BEGIN
    PERFORM set_config('contactflow.upkeep', 'on', true);
    EXECUTE format('SELECT organization_id FROM %I WHERE id = $1', kind) INTO found USING row_id;
    PERFORM set_config('contactflow.upkeep', '', true);
    RETURN found;
END
$door$;

CREATE OR REPLACE FUNCTION contactflow_owner_of_token(hash text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $door$
DECLARE
    found text;
BEGIN
    PERFORM set_config('contactflow.upkeep', 'on', true);
    SELECT organization_id INTO found FROM sign_ins WHERE token_hash = hash;
    PERFORM set_config('contactflow.upkeep', '', true);
    RETURN found;
END
$door$;

-- Where somebody of this address may sign in.
CREATE OR REPLACE FUNCTION contactflow_employers_of(address text) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER AS $door$
DECLARE
    found text[];
BEGIN
    PERFORM set_config('contactflow.upkeep', 'on', true);
    SELECT coalesce(array_agg(organization_id), '{}') INTO found FROM users WHERE email = address;
    PERFORM set_config('contactflow.upkeep', '', true);
    RETURN found;
END
$door$;

-- Who there is, for what goes from one organization to the next.
CREATE OR REPLACE FUNCTION contactflow_organizations(called text) RETURNS TABLE (id varchar, slug varchar, name text)
LANGUAGE plpgsql SECURITY DEFINER AS $door$
BEGIN
    PERFORM set_config('contactflow.upkeep', 'on', true);
    RETURN QUERY SELECT one.id, one.slug, one.name FROM organizations AS one WHERE called IS NULL OR one.slug = called;
    PERFORM set_config('contactflow.upkeep', '', true);
END
$door$;

-- Rows that stand so or so, of all organizations: the caller's own right, used on one after the other. It sees no row
-- that it could not have asked for by itself; only the asking is one question in place of thousands.
DO $rounds$
DECLARE
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['contact_syncs', 'email_campaigns'] LOOP
        CONTINUE WHEN to_regclass(kind) IS NULL;
        EXECUTE format($make$
            CREATE OR REPLACE FUNCTION %I(standing text[]) RETURNS SETOF %I LANGUAGE plpgsql SECURITY INVOKER AS $round$
            DECLARE
                before text := coalesce(current_setting('contactflow.organization', true), '');
                here text;
            BEGIN
                FOR here IN SELECT one.id FROM contactflow_organizations(NULL) AS one LOOP
                    PERFORM set_config('contactflow.organization', here, true);
                    RETURN QUERY SELECT * FROM %I AS row WHERE row.organization_id = here AND row.status = ANY (standing);
                END LOOP;
                PERFORM set_config('contactflow.organization', before, true);
            END
            $round$
        $make$, 'contactflow_all_' || kind, kind, kind);
    END LOOP;
END
$rounds$;

-- What a question finds in each organization, again by the caller's own right; `$1` in it is whose turn it is.
CREATE OR REPLACE FUNCTION contactflow_everywhere(question text) RETURNS TABLE (organization_id varchar, id varchar)
LANGUAGE plpgsql SECURITY INVOKER AS $round$
DECLARE
    before text := coalesce(current_setting('contactflow.organization', true), '');
    here text;
BEGIN
    FOR here IN SELECT one.id FROM contactflow_organizations(NULL) AS one LOOP
        PERFORM set_config('contactflow.organization', here, true);
        RETURN QUERY EXECUTE question USING here;
    END LOOP;
    PERFORM set_config('contactflow.organization', before, true);
END
$round$;

-- What a caller puts on the search path must not be found by them; and they are for those who were let in.
DO $pinned$
DECLARE
    door regprocedure;
BEGIN
    FOR door IN SELECT oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'contactflow\_%' AND prosecdef
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', door, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', door);
    END LOOP;
END
$pinned$;
