-- Versions of portfolios, files that are looked at before they are taken, and writes that are done once.

ALTER TABLE portfolios ADD COLUMN version BIGINT DEFAULT 1 NOT NULL;

ALTER TABLE tags ADD CONSTRAINT tags_colour_check CHECK (colour ~ '^#[0-9a-f]{6}$');

CREATE TABLE import_previews (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    content BYTEA NOT NULL,
    lots BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT import_previews_pkey PRIMARY KEY (id),
    CONSTRAINT import_previews_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT import_previews_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id)
        REFERENCES portfolios (id, user_id) ON DELETE CASCADE
);
CREATE INDEX import_previews_user ON import_previews (user_id, created_at);

CREATE TABLE idempotency_keys (
    user_id UUID NOT NULL,
    key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    status INTEGER NOT NULL,
    response JSONB NOT NULL,
    etag TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

DO $$
DECLARE owned TEXT;
BEGIN
    FOREACH owned IN ARRAY ARRAY['import_previews', 'idempotency_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format('CREATE POLICY own_rows ON %I TO sigmasight_api USING (user_id = acting_user()) '
                       'WITH CHECK (user_id = acting_user())', owned);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON import_previews, idempotency_keys TO sigmasight_api;
