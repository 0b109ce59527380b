-- The root of the schema: every table, the view for hand queries, and what the API's role may see.

CREATE TABLE asked_ranges (
    market TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT asked_ranges_pkey PRIMARY KEY (market, kind, subject),
    CONSTRAINT asked_ranges_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT asked_ranges_kind_check CHECK (kind IN ('prices', 'actions', 'rates', 'option_quotes', 'chain', 'profile')),
    CONSTRAINT asked_ranges_range_check CHECK (last_day >= first_day)
);

CREATE TABLE batch_runs (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    as_of DATE NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER DEFAULT 1 NOT NULL,
    holder TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    shards INTEGER NOT NULL,
    portfolios INTEGER DEFAULT 0 NOT NULL,
    failed_portfolios INTEGER DEFAULT 0 NOT NULL,
    coverage DOUBLE PRECISION,
    errors JSONB DEFAULT '[]' NOT NULL,
    CONSTRAINT batch_runs_pkey PRIMARY KEY (id),
    CONSTRAINT batch_runs_status_check CHECK (status IN ('queued', 'running', 'ok', 'partial', 'failed', 'cancelled', 'skipped'))
);
CREATE INDEX batch_runs_as_of ON batch_runs (as_of, id);
CREATE UNIQUE INDEX batch_runs_open ON batch_runs (as_of) WHERE status IN ('queued', 'running');

CREATE TABLE factor_definitions (
    name TEXT NOT NULL,
    display_order SMALLINT NOT NULL,
    active BOOLEAN NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    CONSTRAINT factor_definitions_pkey PRIMARY KEY (name),
    CONSTRAINT factor_definitions_display_order_key UNIQUE (display_order)
);

CREATE TABLE instruments (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    symbol TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sector TEXT,
    industry TEXT,
    exchange TEXT,
    country TEXT,
    currency TEXT DEFAULT 'USD' NOT NULL,
    market_cap DOUBLE PRECISION,
    dividend_yield DOUBLE PRECISION,
    multiplier NUMERIC DEFAULT 1 NOT NULL,
    option_exercise TEXT,
    option_multiplier NUMERIC,
    underlying_id BIGINT,
    option_right TEXT,
    strike NUMERIC,
    expiry DATE,
    exercise_style TEXT,
    terms_as_of DATE,
    source TEXT,
    CONSTRAINT instruments_pkey PRIMARY KEY (id),
    CONSTRAINT instruments_kind_check CHECK (kind IN ('stock', 'etf', 'mutual_fund', 'index', 'option', 'unknown')),
    CONSTRAINT instruments_option_right_check CHECK (option_right IN ('call', 'put')),
    CONSTRAINT instruments_exercise_style_check CHECK (exercise_style IN ('american', 'european')),
    CONSTRAINT instruments_option_exercise_check CHECK (option_exercise IN ('american', 'european')),
    CONSTRAINT instruments_multiplier_check CHECK (multiplier > 0 AND multiplier < 'Infinity'),
    CONSTRAINT instruments_option_multiplier_check CHECK (option_multiplier > 0 AND option_multiplier < 'Infinity'),
    CONSTRAINT instruments_strike_check CHECK (strike > 0 AND strike < 'Infinity'),
    CONSTRAINT instruments_market_cap_check CHECK (market_cap > 0 AND market_cap < 'Infinity'),
    CONSTRAINT instruments_dividend_yield_check CHECK (dividend_yield > '-Infinity' AND dividend_yield < 'Infinity'),
    CONSTRAINT instruments_option_terms_check CHECK (num_nonnulls(underlying_id, option_right, strike, expiry, exercise_style, terms_as_of) = CASE kind WHEN 'option' THEN 6 ELSE 0 END),
    CONSTRAINT instruments_underlying_id_expiry_option_right_strike_key UNIQUE (underlying_id, expiry, option_right, strike),
    CONSTRAINT instruments_symbol_key UNIQUE (symbol),
    CONSTRAINT instruments_underlying_id_fkey FOREIGN KEY(underlying_id) REFERENCES instruments (id)
);

CREATE TABLE rates (
    market TEXT NOT NULL,
    series TEXT NOT NULL,
    day DATE NOT NULL,
    par_yield DOUBLE PRECISION NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT rates_pkey PRIMARY KEY (market, series, day),
    CONSTRAINT rates_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT rates_par_yield_check CHECK (par_yield >= -0.5 AND par_yield <= 0.5)
);

CREATE TABLE refused_rows (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    market TEXT NOT NULL,
    symbol TEXT NOT NULL,
    day DATE,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    why TEXT NOT NULL,
    source TEXT NOT NULL,
    refused_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT refused_rows_pkey PRIMARY KEY (id),
    CONSTRAINT refused_rows_market_check CHECK (market IN ('live', 'simulated'))
);

CREATE TABLE trading_calendar (
    exchange TEXT NOT NULL,
    source_version TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    CONSTRAINT trading_calendar_pkey PRIMARY KEY (exchange)
);

CREATE TABLE users (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT DEFAULT 'user' NOT NULL,
    active BOOLEAN DEFAULT true NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_role_check CHECK (role IN ('user', 'admin')),
    CONSTRAINT users_email_check CHECK (email LIKE '_%@_%')
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

CREATE TABLE audit_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    user_id UUID,
    portfolio_id UUID,
    action TEXT NOT NULL,
    detail JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX audit_log_portfolio ON audit_log (portfolio_id, at);

CREATE TABLE batch_steps (
    run_id BIGINT NOT NULL,
    job TEXT NOT NULL,
    shard INTEGER NOT NULL,
    status TEXT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    counts JSONB NOT NULL,
    coverage DOUBLE PRECISION,
    errors JSONB NOT NULL,
    CONSTRAINT batch_steps_pkey PRIMARY KEY (run_id, job, shard),
    CONSTRAINT batch_steps_status_check CHECK (status IN ('queued', 'running', 'ok', 'partial', 'failed', 'cancelled', 'skipped')),
    CONSTRAINT batch_steps_run_id_fkey FOREIGN KEY(run_id) REFERENCES batch_runs (id) ON DELETE CASCADE
);

CREATE TABLE dividends (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    ex_date DATE NOT NULL,
    amount DOUBLE PRECISION NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT dividends_pkey PRIMARY KEY (market, instrument_id, ex_date),
    CONSTRAINT dividends_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT dividends_amount_check CHECK (amount > 0 AND amount < 'Infinity'),
    CONSTRAINT dividends_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE factor_proxies (
    factor TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    symbol TEXT NOT NULL,
    CONSTRAINT factor_proxies_pkey PRIMARY KEY (factor, valid_from),
    CONSTRAINT factor_proxies_valid_to_check CHECK (valid_to > valid_from),
    CONSTRAINT factor_proxies_factor_fkey FOREIGN KEY(factor) REFERENCES factor_definitions (name) ON UPDATE CASCADE
);

CREATE TABLE instrument_aliases (
    source TEXT NOT NULL,
    symbol TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    instrument_id BIGINT NOT NULL,
    CONSTRAINT instrument_aliases_pkey PRIMARY KEY (source, symbol, valid_from),
    CONSTRAINT instrument_aliases_valid_to_check CHECK (valid_to > valid_from),
    CONSTRAINT instrument_aliases_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX instrument_aliases_instrument ON instrument_aliases (instrument_id);

CREATE TABLE late_rows (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    day DATE NOT NULL,
    CONSTRAINT late_rows_pkey PRIMARY KEY (id),
    CONSTRAINT late_rows_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT late_rows_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE option_quotes (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    day DATE NOT NULL,
    bid DOUBLE PRECISION,
    ask DOUBLE PRECISION,
    last DOUBLE PRECISION,
    volume DOUBLE PRECISION,
    open_interest DOUBLE PRECISION,
    source TEXT NOT NULL,
    CONSTRAINT option_quotes_pkey PRIMARY KEY (market, instrument_id, day),
    CONSTRAINT option_quotes_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT option_quotes_bid_check CHECK (bid >= 0 AND bid < 'Infinity'),
    CONSTRAINT option_quotes_ask_check CHECK (ask >= 0 AND ask < 'Infinity'),
    CONSTRAINT option_quotes_last_check CHECK (last >= 0 AND last < 'Infinity'),
    CONSTRAINT option_quotes_volume_check CHECK (volume >= 0 AND volume < 'Infinity'),
    CONSTRAINT option_quotes_open_interest_check CHECK (open_interest >= 0 AND open_interest < 'Infinity'),
    CONSTRAINT option_quotes_spread_check CHECK (ask >= bid),
    CONSTRAINT option_quotes_usable_check CHECK (num_nonnulls(bid, ask) = 2 OR last IS NOT NULL),
    CONSTRAINT option_quotes_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE portfolios (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    market TEXT NOT NULL,
    opened_on DATE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT portfolios_pkey PRIMARY KEY (id),
    CONSTRAINT portfolios_user_id_name_key UNIQUE (user_id, name),
    CONSTRAINT portfolios_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT portfolios_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT portfolios_name_check CHECK (name <> ''),
    CONSTRAINT portfolios_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE prices (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    day DATE NOT NULL,
    open DOUBLE PRECISION,
    high DOUBLE PRECISION,
    low DOUBLE PRECISION,
    close DOUBLE PRECISION NOT NULL,
    adjusted_close DOUBLE PRECISION NOT NULL,
    volume DOUBLE PRECISION,
    source TEXT NOT NULL,
    CONSTRAINT prices_pkey PRIMARY KEY (market, instrument_id, day),
    CONSTRAINT prices_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT prices_open_check CHECK (open > 0 AND open < 'Infinity'),
    CONSTRAINT prices_high_check CHECK (high > 0 AND high < 'Infinity'),
    CONSTRAINT prices_low_check CHECK (low > 0 AND low < 'Infinity'),
    CONSTRAINT prices_close_check CHECK (close > 0 AND close < 'Infinity'),
    CONSTRAINT prices_adjusted_close_check CHECK (adjusted_close > 0 AND adjusted_close < 'Infinity'),
    CONSTRAINT prices_volume_check CHECK (volume >= 0 AND volume < 'Infinity'),
    CONSTRAINT prices_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE splits (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    ex_date DATE NOT NULL,
    new_shares INTEGER NOT NULL,
    old_shares INTEGER NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT splits_pkey PRIMARY KEY (market, instrument_id, ex_date),
    CONSTRAINT splits_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT splits_ratio_check CHECK (new_shares > 0 AND old_shares > 0 AND new_shares <> old_shares),
    CONSTRAINT splits_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE stress_test_scenarios (
    key BIGINT GENERATED ALWAYS AS IDENTITY,
    user_id UUID,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    active BOOLEAN DEFAULT true NOT NULL,
    basis TEXT DEFAULT 'relative' NOT NULL,
    shocks JSONB NOT NULL,
    position INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT stress_test_scenarios_pkey PRIMARY KEY (key),
    CONSTRAINT stress_test_scenarios_user_id_id_key UNIQUE NULLS NOT DISTINCT (user_id, id),
    CONSTRAINT stress_test_scenarios_category_check CHECK (category IN ('market', 'rates', 'rotation', 'volatility', 'historical', 'custom')),
    CONSTRAINT stress_test_scenarios_severity_check CHECK (severity IN ('mild', 'moderate', 'severe', 'extreme')),
    CONSTRAINT stress_test_scenarios_basis_check CHECK (basis IN ('relative', 'total')),
    CONSTRAINT stress_test_scenarios_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE tags (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    kind TEXT DEFAULT 'regular' NOT NULL,
    colour TEXT,
    CONSTRAINT tags_pkey PRIMARY KEY (id),
    CONSTRAINT tags_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT tags_kind_check CHECK (kind IN ('regular', 'strategy')),
    CONSTRAINT tags_name_check CHECK (name <> ''),
    CONSTRAINT tags_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX tags_name_key ON tags (user_id, lower(name));

CREATE TABLE trading_sessions (
    exchange TEXT NOT NULL,
    session DATE NOT NULL,
    early_close TEXT,
    CONSTRAINT trading_sessions_pkey PRIMARY KEY (exchange, session),
    CONSTRAINT trading_sessions_exchange_fkey FOREIGN KEY(exchange) REFERENCES trading_calendar (exchange) ON DELETE CASCADE
);

CREATE TABLE imports (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_taken INTEGER NOT NULL,
    rows_known INTEGER NOT NULL,
    rows_refused INTEGER NOT NULL,
    committed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT imports_pkey PRIMARY KEY (id),
    CONSTRAINT imports_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT imports_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT imports_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE portfolio_settings (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    allow_estimates BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT portfolio_settings_pkey PRIMARY KEY (portfolio_id),
    CONSTRAINT portfolio_settings_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT portfolio_settings_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE portfolio_snapshots (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    nav DOUBLE PRECISION,
    cash DOUBLE PRECISION,
    unmodelled_assets DOUBLE PRECISION,
    market_value DOUBLE PRECISION,
    gross DOUBLE PRECISION,
    net DOUBLE PRECISION,
    long DOUBLE PRECISION,
    short DOUBLE PRECISION,
    stock_exposure DOUBLE PRECISION,
    option_exposure DOUBLE PRECISION,
    notional DOUBLE PRECISION,
    delta_adjusted_exposure DOUBLE PRECISION,
    leverage DOUBLE PRECISION,
    hhi DOUBLE PRECISION,
    effective_positions DOUBLE PRECISION,
    top_3 DOUBLE PRECISION,
    top_10 DOUBLE PRECISION,
    unrealised_pnl DOUBLE PRECISION,
    daily_pnl DOUBLE PRECISION,
    cumulative_pnl DOUBLE PRECISION,
    daily_return DOUBLE PRECISION,
    flows DOUBLE PRECISION,
    coverage_change DOUBLE PRECISION,
    dividends DOUBLE PRECISION,
    delta DOUBLE PRECISION,
    gamma DOUBLE PRECISION,
    theta DOUBLE PRECISION,
    vega DOUBLE PRECISION,
    rho DOUBLE PRECISION,
    beta DOUBLE PRECISION,
    value_at_risk DOUBLE PRECISION,
    positions INTEGER NOT NULL,
    long_positions INTEGER NOT NULL,
    short_positions INTEGER NOT NULL,
    option_positions INTEGER NOT NULL,
    coverage DOUBLE PRECISION NOT NULL,
    delta_coverage DOUBLE PRECISION NOT NULL,
    reasons JSONB NOT NULL,
    marks TEXT[] NOT NULL,
    not_included JSONB NOT NULL,
    warnings TEXT[] NOT NULL,
    CONSTRAINT portfolio_snapshots_pkey PRIMARY KEY (portfolio_id, as_of),
    CONSTRAINT portfolio_snapshots_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT portfolio_snapshots_nav_check CHECK (nav > '-Infinity' AND nav < 'Infinity'),
    CONSTRAINT portfolio_snapshots_cash_check CHECK (cash > '-Infinity' AND cash < 'Infinity'),
    CONSTRAINT portfolio_snapshots_unmodelled_assets_check CHECK (unmodelled_assets > '-Infinity' AND unmodelled_assets < 'Infinity'),
    CONSTRAINT portfolio_snapshots_market_value_check CHECK (market_value > '-Infinity' AND market_value < 'Infinity'),
    CONSTRAINT portfolio_snapshots_gross_check CHECK (gross > '-Infinity' AND gross < 'Infinity'),
    CONSTRAINT portfolio_snapshots_net_check CHECK (net > '-Infinity' AND net < 'Infinity'),
    CONSTRAINT portfolio_snapshots_long_check CHECK (long > '-Infinity' AND long < 'Infinity'),
    CONSTRAINT portfolio_snapshots_short_check CHECK (short > '-Infinity' AND short < 'Infinity'),
    CONSTRAINT portfolio_snapshots_stock_exposure_check CHECK (stock_exposure > '-Infinity' AND stock_exposure < 'Infinity'),
    CONSTRAINT portfolio_snapshots_option_exposure_check CHECK (option_exposure > '-Infinity' AND option_exposure < 'Infinity'),
    CONSTRAINT portfolio_snapshots_notional_check CHECK (notional > '-Infinity' AND notional < 'Infinity'),
    CONSTRAINT portfolio_snapshots_delta_adjusted_exposure_check CHECK (delta_adjusted_exposure > '-Infinity' AND delta_adjusted_exposure < 'Infinity'),
    CONSTRAINT portfolio_snapshots_leverage_check CHECK (leverage > '-Infinity' AND leverage < 'Infinity'),
    CONSTRAINT portfolio_snapshots_hhi_check CHECK (hhi > '-Infinity' AND hhi < 'Infinity'),
    CONSTRAINT portfolio_snapshots_effective_positions_check CHECK (effective_positions > '-Infinity' AND effective_positions < 'Infinity'),
    CONSTRAINT portfolio_snapshots_top_3_check CHECK (top_3 > '-Infinity' AND top_3 < 'Infinity'),
    CONSTRAINT portfolio_snapshots_top_10_check CHECK (top_10 > '-Infinity' AND top_10 < 'Infinity'),
    CONSTRAINT portfolio_snapshots_unrealised_pnl_check CHECK (unrealised_pnl > '-Infinity' AND unrealised_pnl < 'Infinity'),
    CONSTRAINT portfolio_snapshots_daily_pnl_check CHECK (daily_pnl > '-Infinity' AND daily_pnl < 'Infinity'),
    CONSTRAINT portfolio_snapshots_cumulative_pnl_check CHECK (cumulative_pnl > '-Infinity' AND cumulative_pnl < 'Infinity'),
    CONSTRAINT portfolio_snapshots_daily_return_check CHECK (daily_return > '-Infinity' AND daily_return < 'Infinity'),
    CONSTRAINT portfolio_snapshots_flows_check CHECK (flows > '-Infinity' AND flows < 'Infinity'),
    CONSTRAINT portfolio_snapshots_coverage_change_check CHECK (coverage_change > '-Infinity' AND coverage_change < 'Infinity'),
    CONSTRAINT portfolio_snapshots_dividends_check CHECK (dividends > '-Infinity' AND dividends < 'Infinity'),
    CONSTRAINT portfolio_snapshots_delta_check CHECK (delta > '-Infinity' AND delta < 'Infinity'),
    CONSTRAINT portfolio_snapshots_gamma_check CHECK (gamma > '-Infinity' AND gamma < 'Infinity'),
    CONSTRAINT portfolio_snapshots_theta_check CHECK (theta > '-Infinity' AND theta < 'Infinity'),
    CONSTRAINT portfolio_snapshots_vega_check CHECK (vega > '-Infinity' AND vega < 'Infinity'),
    CONSTRAINT portfolio_snapshots_rho_check CHECK (rho > '-Infinity' AND rho < 'Infinity'),
    CONSTRAINT portfolio_snapshots_beta_check CHECK (beta > '-Infinity' AND beta < 'Infinity'),
    CONSTRAINT portfolio_snapshots_value_at_risk_check CHECK (value_at_risk > '-Infinity' AND value_at_risk < 'Infinity'),
    CONSTRAINT portfolio_snapshots_coverage_check CHECK (coverage >= 0 AND coverage <= 1),
    CONSTRAINT portfolio_snapshots_delta_coverage_check CHECK (delta_coverage >= 0 AND delta_coverage <= 1),
    CONSTRAINT portfolio_snapshots_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX portfolio_snapshots_as_of ON portfolio_snapshots (as_of);

CREATE TABLE statements (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind TEXT NOT NULL,
    as_of DATE NOT NULL,
    amount NUMERIC NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT statements_pkey PRIMARY KEY (id),
    CONSTRAINT statements_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT statements_kind_check CHECK (kind IN ('cash', 'unmodelled_assets')),
    CONSTRAINT statements_amount_check CHECK (amount > '-Infinity' AND amount < 'Infinity'),
    CONSTRAINT statements_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX statements_portfolio ON statements (portfolio_id, kind, as_of);

CREATE TABLE positions (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    instrument_id BIGINT NOT NULL,
    quantity NUMERIC NOT NULL,
    entry_price NUMERIC NOT NULL,
    entry_date DATE NOT NULL,
    recorded_on DATE NOT NULL,
    imported BOOLEAN DEFAULT false NOT NULL,
    held_from DATE GENERATED ALWAYS AS (greatest(entry_date, recorded_on)) STORED NOT NULL,
    brought_in BOOLEAN GENERATED ALWAYS AS (imported OR entry_date < recorded_on) STORED NOT NULL,
    exit_date DATE,
    exit_price NUMERIC,
    import_id UUID,
    notes TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT positions_pkey PRIMARY KEY (id),
    CONSTRAINT positions_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT positions_import_id_user_id_fkey FOREIGN KEY(import_id, user_id) REFERENCES imports (id, user_id) ON DELETE SET NULL (import_id),
    CONSTRAINT positions_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT positions_quantity_check CHECK (quantity <> 0 AND quantity > '-Infinity' AND quantity < 'Infinity'),
    CONSTRAINT positions_entry_price_check CHECK (entry_price > 0 AND entry_price < 'Infinity'),
    CONSTRAINT positions_exit_price_check CHECK (exit_price > 0 AND exit_price < 'Infinity'),
    CONSTRAINT positions_exit_date_check CHECK (exit_date >= greatest(entry_date, recorded_on)),
    CONSTRAINT positions_exit_check CHECK (exit_price IS NULL OR exit_date IS NOT NULL),
    CONSTRAINT positions_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT positions_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX positions_instrument ON positions (instrument_id);
CREATE INDEX positions_portfolio ON positions (portfolio_id);

CREATE TABLE position_tags (
    position_id UUID NOT NULL,
    tag_id UUID NOT NULL,
    user_id UUID NOT NULL,
    CONSTRAINT position_tags_pkey PRIMARY KEY (position_id, tag_id),
    CONSTRAINT position_tags_position_id_user_id_fkey FOREIGN KEY(position_id, user_id) REFERENCES positions (id, user_id) ON DELETE CASCADE,
    CONSTRAINT position_tags_tag_id_user_id_fkey FOREIGN KEY(tag_id, user_id) REFERENCES tags (id, user_id) ON DELETE CASCADE,
    CONSTRAINT position_tags_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX position_tags_tag ON position_tags (tag_id);

CREATE VIEW market_data_cache AS
SELECT p.market, p.day AS date, i.symbol, i.kind, i.sector, i.industry, p.open, p.high, p.low, p.close, p.adjusted_close, p.volume, p.source
FROM prices p JOIN instruments i ON i.id = p.instrument_id;

-- The owner of the tables (night, migrations, command line) is not bound by these policies; the API takes the role
-- sigmasight_api in each request's transaction and names its user: SET LOCAL ROLE and set_config('sigmasight.user', ...).
CREATE FUNCTION acting_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('sigmasight.user', true), '')::uuid;

DO $$
DECLARE owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['portfolios', 'portfolio_settings', 'statements', 'positions', 'tags', 'position_tags', 'imports',
                                 'portfolio_snapshots']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format('CREATE POLICY own_rows ON %I TO sigmasight_api USING (user_id = acting_user()) '
                       'WITH CHECK (user_id = acting_user())', owned);
    END LOOP;
END $$;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON users TO sigmasight_api USING (id = acting_user()) WITH CHECK (id = acting_user());
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON audit_log TO sigmasight_api USING (user_id = acting_user()) WITH CHECK (user_id = acting_user());
ALTER TABLE stress_test_scenarios ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_shipped ON stress_test_scenarios FOR SELECT TO sigmasight_api USING (user_id IS NULL);
CREATE POLICY own_rows ON stress_test_scenarios TO sigmasight_api USING (user_id = acting_user())
    WITH CHECK (user_id = acting_user());

GRANT SELECT ON instruments, instrument_aliases, trading_calendar, trading_sessions, factor_definitions, factor_proxies, prices,
    dividends, splits, rates, option_quotes, market_data_cache TO sigmasight_api;
GRANT SELECT (id, email, name, role, active, created_at) ON users TO sigmasight_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolios, portfolio_settings, positions, tags, position_tags, portfolio_snapshots,
    stress_test_scenarios TO sigmasight_api;
GRANT SELECT, INSERT ON statements, imports, audit_log TO sigmasight_api;
GRANT INSERT ON instruments TO sigmasight_api;  -- a ticker that nobody knows yet, so that the position can be kept
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO sigmasight_api;
