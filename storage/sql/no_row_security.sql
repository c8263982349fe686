-- Drops the policies and functions that `row_security.sql` creates.
DO $walls$
DECLARE
    wall record;
    door regprocedure;
BEGIN
    FOR wall IN SELECT DISTINCT polrelid::regclass AS name FROM pg_policy
        WHERE polname = 'own_organization' AND polrelid::regclass::oid IN (
            SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        )
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS own_organization ON %s', wall.name);
        EXECUTE format('DROP POLICY IF EXISTS upkeep ON %s', wall.name);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', wall.name);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', wall.name);
    END LOOP;
    FOR door IN SELECT oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'contactflow\_%' AND (prosecdef OR proname LIKE 'contactflow\_all\_%')
    LOOP
        EXECUTE format('DROP FUNCTION %s', door);
    END LOOP;
END
$walls$;
