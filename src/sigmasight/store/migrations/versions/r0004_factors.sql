-- Factors and betas by session, what they make of portfolios, and a view that weighs betas with positions.

CREATE TABLE factor_correlations (
    market TEXT NOT NULL,
    as_of DATE NOT NULL,
    names TEXT[] NOT NULL,
    proxies TEXT[] NOT NULL,
    sessions INTEGER NOT NULL,
    window_sessions INTEGER NOT NULL,
    market_slopes DOUBLE PRECISION[] NOT NULL,
    covariance DOUBLE PRECISION[] NOT NULL,
    correlation DOUBLE PRECISION[] NOT NULL,
    capped_correlation DOUBLE PRECISION[] NOT NULL,
    volatility DOUBLE PRECISION[] NOT NULL,
    variance_inflation DOUBLE PRECISION[] NOT NULL,
    condition_number DOUBLE PRECISION,
    market_yield_slope DOUBLE PRECISION[] NOT NULL,
    yield_sessions INTEGER[] NOT NULL,
    CONSTRAINT factor_correlations_pkey PRIMARY KEY (market, as_of),
    CONSTRAINT factor_correlations_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT factor_correlations_market_slopes_check CHECK ('Infinity' > ALL (market_slopes) IS NOT FALSE AND '-Infinity' < ALL (market_slopes) IS NOT FALSE),
    CONSTRAINT factor_correlations_covariance_check CHECK ('Infinity' > ALL (covariance) IS NOT FALSE AND '-Infinity' < ALL (covariance) IS NOT FALSE),
    CONSTRAINT factor_correlations_correlation_check CHECK ('Infinity' > ALL (correlation) IS NOT FALSE AND '-Infinity' < ALL (correlation) IS NOT FALSE),
    CONSTRAINT factor_correlations_capped_correlation_check CHECK ('Infinity' > ALL (capped_correlation) IS NOT FALSE AND '-Infinity' < ALL (capped_correlation) IS NOT FALSE),
    CONSTRAINT factor_correlations_volatility_check CHECK ('Infinity' > ALL (volatility) IS NOT FALSE AND '-Infinity' < ALL (volatility) IS NOT FALSE),
    CONSTRAINT factor_correlations_variance_inflation_check CHECK ('Infinity' > ALL (variance_inflation) IS NOT FALSE AND '-Infinity' < ALL (variance_inflation) IS NOT FALSE),
    CONSTRAINT factor_correlations_market_yield_slope_check CHECK ('Infinity' > ALL (market_yield_slope) IS NOT FALSE AND '-Infinity' < ALL (market_yield_slope) IS NOT FALSE)
);

CREATE TABLE instrument_betas (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    as_of DATE NOT NULL,
    loading DOUBLE PRECISION[] NOT NULL,
    posterior_error DOUBLE PRECISION[] NOT NULL,
    plain_error DOUBLE PRECISION[] NOT NULL,
    hac_error DOUBLE PRECISION[] NOT NULL,
    t_statistic DOUBLE PRECISION[] NOT NULL,
    r_squared DOUBLE PRECISION,
    residual_volatility DOUBLE PRECISION,
    n_obs INTEGER NOT NULL,
    lagged BOOLEAN NOT NULL,
    exact BOOLEAN NOT NULL,
    reasons TEXT[] NOT NULL,
    yield_beta DOUBLE PRECISION[] NOT NULL,
    yield_error DOUBLE PRECISION[] NOT NULL,
    yield_n_obs INTEGER[] NOT NULL,
    yield_reasons TEXT[] NOT NULL,
    CONSTRAINT instrument_betas_pkey PRIMARY KEY (market, instrument_id, as_of),
    CONSTRAINT instrument_betas_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT instrument_betas_loading_check CHECK ('Infinity' > ALL (loading) IS NOT FALSE AND '-Infinity' < ALL (loading) IS NOT FALSE),
    CONSTRAINT instrument_betas_posterior_error_check CHECK ('Infinity' > ALL (posterior_error) IS NOT FALSE AND '-Infinity' < ALL (posterior_error) IS NOT FALSE),
    CONSTRAINT instrument_betas_plain_error_check CHECK ('Infinity' > ALL (plain_error) IS NOT FALSE AND '-Infinity' < ALL (plain_error) IS NOT FALSE),
    CONSTRAINT instrument_betas_hac_error_check CHECK ('Infinity' > ALL (hac_error) IS NOT FALSE AND '-Infinity' < ALL (hac_error) IS NOT FALSE),
    CONSTRAINT instrument_betas_t_statistic_check CHECK ('Infinity' > ALL (t_statistic) IS NOT FALSE AND '-Infinity' < ALL (t_statistic) IS NOT FALSE),
    CONSTRAINT instrument_betas_yield_beta_check CHECK ('Infinity' > ALL (yield_beta) IS NOT FALSE AND '-Infinity' < ALL (yield_beta) IS NOT FALSE),
    CONSTRAINT instrument_betas_yield_error_check CHECK ('Infinity' > ALL (yield_error) IS NOT FALSE AND '-Infinity' < ALL (yield_error) IS NOT FALSE),
    CONSTRAINT instrument_betas_r_squared_check CHECK (r_squared > '-Infinity' AND r_squared < 'Infinity'),
    CONSTRAINT instrument_betas_residual_volatility_check CHECK (residual_volatility >= 0 AND residual_volatility < 'Infinity'),
    CONSTRAINT instrument_betas_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX instrument_betas_as_of ON instrument_betas (market, as_of);

CREATE TABLE factor_exposures (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    factors TEXT[] NOT NULL,
    exposure DOUBLE PRECISION[] NOT NULL,
    beta DOUBLE PRECISION[] NOT NULL,
    risk_share DOUBLE PRECISION[] NOT NULL,
    specific_share DOUBLE PRECISION,
    volatility DOUBLE PRECISION,
    coverage DOUBLE PRECISION NOT NULL,
    reasons JSONB NOT NULL,
    marks TEXT[] NOT NULL,
    not_included JSONB NOT NULL,
    CONSTRAINT factor_exposures_pkey PRIMARY KEY (portfolio_id, as_of),
    CONSTRAINT factor_exposures_exposure_check CHECK ('Infinity' > ALL (exposure) IS NOT FALSE AND '-Infinity' < ALL (exposure) IS NOT FALSE),
    CONSTRAINT factor_exposures_beta_check CHECK ('Infinity' > ALL (beta) IS NOT FALSE AND '-Infinity' < ALL (beta) IS NOT FALSE),
    CONSTRAINT factor_exposures_risk_share_check CHECK ('Infinity' > ALL (risk_share) IS NOT FALSE AND '-Infinity' < ALL (risk_share) IS NOT FALSE),
    CONSTRAINT factor_exposures_specific_share_check CHECK (specific_share > '-Infinity' AND specific_share < 'Infinity'),
    CONSTRAINT factor_exposures_volatility_check CHECK (volatility >= 0 AND volatility < 'Infinity'),
    CONSTRAINT factor_exposures_coverage_check CHECK (coverage >= 0 AND coverage <= 1),
    CONSTRAINT factor_exposures_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT factor_exposures_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX factor_exposures_as_of ON factor_exposures (as_of);

CREATE TABLE market_risk_scenarios (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    scenarios TEXT[] NOT NULL,
    direct DOUBLE PRECISION[] NOT NULL,
    correlated DOUBLE PRECISION[] NOT NULL,
    coverage DOUBLE PRECISION[] NOT NULL,
    reasons JSONB NOT NULL,
    marks TEXT[] NOT NULL,
    not_included JSONB NOT NULL,
    CONSTRAINT market_risk_scenarios_pkey PRIMARY KEY (portfolio_id, as_of),
    CONSTRAINT market_risk_scenarios_direct_check CHECK ('Infinity' > ALL (direct) IS NOT FALSE AND '-Infinity' < ALL (direct) IS NOT FALSE),
    CONSTRAINT market_risk_scenarios_correlated_check CHECK ('Infinity' > ALL (correlated) IS NOT FALSE AND '-Infinity' < ALL (correlated) IS NOT FALSE),
    CONSTRAINT market_risk_scenarios_coverage_check CHECK ('Infinity' > ALL (coverage) IS NOT FALSE AND '-Infinity' < ALL (coverage) IS NOT FALSE),
    CONSTRAINT market_risk_scenarios_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT market_risk_scenarios_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX market_risk_scenarios_as_of ON market_risk_scenarios (as_of);

CREATE TABLE stress_test_results (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    scenarios TEXT[] NOT NULL,
    direct DOUBLE PRECISION[] NOT NULL,
    correlated DOUBLE PRECISION[] NOT NULL,
    coverage DOUBLE PRECISION[] NOT NULL,
    reasons JSONB NOT NULL,
    marks TEXT[] NOT NULL,
    not_included JSONB NOT NULL,
    CONSTRAINT stress_test_results_pkey PRIMARY KEY (portfolio_id, as_of),
    CONSTRAINT stress_test_results_direct_check CHECK ('Infinity' > ALL (direct) IS NOT FALSE AND '-Infinity' < ALL (direct) IS NOT FALSE),
    CONSTRAINT stress_test_results_correlated_check CHECK ('Infinity' > ALL (correlated) IS NOT FALSE AND '-Infinity' < ALL (correlated) IS NOT FALSE),
    CONSTRAINT stress_test_results_coverage_check CHECK ('Infinity' > ALL (coverage) IS NOT FALSE AND '-Infinity' < ALL (coverage) IS NOT FALSE),
    CONSTRAINT stress_test_results_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT stress_test_results_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX stress_test_results_as_of ON stress_test_results (as_of);

DO $$
DECLARE owned TEXT;
BEGIN
    FOREACH owned IN ARRAY ARRAY['factor_exposures', 'market_risk_scenarios', 'stress_test_results'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format('CREATE POLICY own_rows ON %I TO sigmasight_api USING (user_id = acting_user()) '
                       'WITH CHECK (user_id = acting_user())', owned);
    END LOOP;
END $$;

-- One row for each position, each day with betas on which it is held, and each factor. Exposures are delta-adjusted, on the
-- split basis of the day, at the last close of at most ten days; an option enters through its underlying.
CREATE VIEW position_factor_exposures WITH (security_invoker = true) AS
SELECT p.portfolio_id, p.user_id, p.id AS position_id, b.as_of, o.symbol, u.symbol AS underlying, f.factor, f.beta, f.hac_error, f.t_statistic,
    held.dollar_delta, held.dollar_delta * f.beta AS exposure, b.reasons
FROM instrument_betas b
JOIN instruments u ON u.id = b.instrument_id AND u.currency = 'USD'
JOIN instruments o ON coalesce(o.underlying_id, o.id) = u.id AND o.currency = 'USD'
JOIN positions p ON p.instrument_id = o.id AND p.held_from <= b.as_of AND (p.exit_date IS NULL OR p.exit_date > b.as_of)
JOIN portfolios owned ON owned.id = p.portfolio_id AND owned.market = b.market
JOIN factor_correlations s ON s.market = b.market AND s.as_of = b.as_of
LEFT JOIN portfolio_settings setting ON setting.portfolio_id = p.portfolio_id
LEFT JOIN option_analytics a ON a.market = b.market AND a.instrument_id = o.id AND a.as_of = b.as_of
    AND (setting.allow_estimates OR 'estimated' <> ALL (a.reasons))
CROSS JOIN LATERAL (
    SELECT coalesce(round(exp(sum(ln(new_shares::numeric)))), 1) / coalesce(round(exp(sum(ln(old_shares::numeric)))), 1) AS shares
    FROM splits
    WHERE market = b.market AND instrument_id = u.id AND ex_date > p.held_from AND ex_date <= b.as_of
) AS split
LEFT JOIN LATERAL (
    SELECT close FROM prices WHERE market = b.market AND instrument_id = u.id AND day <= b.as_of AND day > b.as_of - 10
    ORDER BY day DESC LIMIT 1
) AS spot ON true
CROSS JOIN LATERAL (
    SELECT (p.quantity * split.shares * o.multiplier)::double precision * CASE WHEN o.underlying_id IS NULL THEN 1 ELSE a.delta END
        * coalesce(a.spot, spot.close) AS dollar_delta
    WHERE o.expiry IS NULL OR o.expiry > b.as_of
) AS held
CROSS JOIN LATERAL unnest(s.names, b.loading, b.hac_error, b.t_statistic) AS f (factor, beta, hac_error, t_statistic);

GRANT SELECT ON factor_correlations, instrument_betas, position_factor_exposures TO sigmasight_api;
GRANT INSERT ON factor_correlations, instrument_betas TO sigmasight_api;  -- facts that a request misses are made and kept
GRANT SELECT, INSERT, UPDATE, DELETE ON factor_exposures, market_risk_scenarios, stress_test_results TO sigmasight_api;
