-- Dividends that are announced, facts of option contracts by session, and a view that weighs them with positions.

ALTER TABLE dividends ADD COLUMN announced_on DATE;
ALTER TABLE dividends ADD CONSTRAINT dividends_announced_on_check CHECK (announced_on < ex_date);

CREATE TABLE option_analytics (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    as_of DATE NOT NULL,
    spot DOUBLE PRECISION,
    tau_years DOUBLE PRECISION,
    rate DOUBLE PRECISION,
    dividend_yield DOUBLE PRECISION,
    dividend_source TEXT,
    forward DOUBLE PRECISION,
    volatility DOUBLE PRECISION,
    volatility_source TEXT,
    model TEXT,
    quote_day DATE,
    market_price DOUBLE PRECISION,
    price DOUBLE PRECISION,
    price_gap DOUBLE PRECISION GENERATED ALWAYS AS (price - market_price) STORED,
    delta DOUBLE PRECISION,
    gamma DOUBLE PRECISION,
    theta_per_day DOUBLE PRECISION,
    vega_per_point DOUBLE PRECISION,
    rho_per_percent DOUBLE PRECISION,
    reasons TEXT[] NOT NULL,
    CONSTRAINT option_analytics_pkey PRIMARY KEY (market, instrument_id, as_of),
    CONSTRAINT option_analytics_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT option_analytics_dividend_source_check CHECK (dividend_source IN ('dated', 'yield', 'trailing')),
    CONSTRAINT option_analytics_volatility_source_check CHECK (volatility_source IN ('quote', 'smile', 'realised', 'assumed')),
    CONSTRAINT option_analytics_model_check CHECK (model IN ('european', 'american', 'tree', 'forward')),
    CONSTRAINT option_analytics_spot_check CHECK (spot > 0 AND spot < 'Infinity'),
    CONSTRAINT option_analytics_forward_check CHECK (forward > 0 AND forward < 'Infinity'),
    CONSTRAINT option_analytics_tau_years_check CHECK (tau_years >= 0 AND tau_years < 'Infinity'),
    CONSTRAINT option_analytics_volatility_check CHECK (volatility >= 0 AND volatility < 'Infinity'),
    CONSTRAINT option_analytics_market_price_check CHECK (market_price >= 0 AND market_price < 'Infinity'),
    CONSTRAINT option_analytics_price_check CHECK (price >= 0 AND price < 'Infinity'),
    CONSTRAINT option_analytics_rate_check CHECK (rate > '-Infinity' AND rate < 'Infinity'),
    CONSTRAINT option_analytics_dividend_yield_check CHECK (dividend_yield > '-Infinity' AND dividend_yield < 'Infinity'),
    CONSTRAINT option_analytics_price_gap_check CHECK (price_gap > '-Infinity' AND price_gap < 'Infinity'),
    CONSTRAINT option_analytics_delta_check CHECK (delta > '-Infinity' AND delta < 'Infinity'),
    CONSTRAINT option_analytics_gamma_check CHECK (gamma > '-Infinity' AND gamma < 'Infinity'),
    CONSTRAINT option_analytics_theta_per_day_check CHECK (theta_per_day > '-Infinity' AND theta_per_day < 'Infinity'),
    CONSTRAINT option_analytics_vega_per_point_check CHECK (vega_per_point > '-Infinity' AND vega_per_point < 'Infinity'),
    CONSTRAINT option_analytics_rho_per_percent_check CHECK (rho_per_percent > '-Infinity' AND rho_per_percent < 'Infinity'),
    CONSTRAINT option_analytics_priced_check CHECK (num_nonnulls(price, delta, gamma, theta_per_day, vega_per_point, rho_per_percent) IN (0, 6)),
    CONSTRAINT option_analytics_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);
CREATE INDEX option_analytics_as_of ON option_analytics (market, as_of);

-- One row for each option position and each day with facts on which it is held, in units of the position: quantity x
-- multiplier. Quantities are on the split basis of the day. A product of whole numbers is a whole number, so that
-- rounding makes exp(sum(ln)) exact. Where a volatility is an estimate that the portfolio does not allow, nothing that
-- stands on it is shown.
CREATE VIEW position_greeks WITH (security_invoker = true) AS
SELECT p.portfolio_id, p.user_id, p.id AS position_id, f.as_of, o.symbol, u.symbol AS underlying, o.expiry, o.strike, o.option_right,
    o.multiplier, held.quantity, shown.volatility, shown.volatility_source, shown.model, f.spot, f.market_price, shown.price,
    shown.price_gap, shown.delta, shown.gamma, shown.theta_per_day, shown.vega_per_point, shown.rho_per_percent,
    shown.delta * f.spot AS dollar_delta, 0.01 * shown.gamma * f.spot * f.spot AS dollar_gamma_per_percent,
    CASE WHEN s.allow_estimates THEN f.reasons ELSE array_replace(f.reasons, 'estimated', 'no_volatility') END AS reasons
FROM option_analytics f
JOIN instruments o ON o.id = f.instrument_id
JOIN instruments u ON u.id = o.underlying_id
JOIN positions p ON p.instrument_id = f.instrument_id AND p.held_from <= f.as_of AND (p.exit_date IS NULL OR p.exit_date > f.as_of)
JOIN portfolios b ON b.id = p.portfolio_id AND b.market = f.market
LEFT JOIN portfolio_settings s ON s.portfolio_id = p.portfolio_id
CROSS JOIN LATERAL (
    SELECT coalesce(round(exp(sum(ln(new_shares::numeric)))), 1) AS new_shares,
        coalesce(round(exp(sum(ln(old_shares::numeric)))), 1) AS old_shares
    FROM splits
    WHERE market = f.market AND instrument_id = o.underlying_id AND ex_date > p.held_from AND ex_date <= least(f.as_of, o.expiry)
) AS split
CROSS JOIN LATERAL (SELECT trim_scale(p.quantity * split.new_shares / split.old_shares) AS quantity) AS held
CROSS JOIN LATERAL (SELECT (held.quantity * o.multiplier)::double precision AS units) AS weight
LEFT JOIN LATERAL (
    SELECT f.volatility, f.volatility_source, f.model, f.price, f.price_gap, f.delta * weight.units AS delta,
        f.gamma * weight.units AS gamma, f.theta_per_day * weight.units AS theta_per_day,
        f.vega_per_point * weight.units AS vega_per_point, f.rho_per_percent * weight.units AS rho_per_percent
    WHERE s.allow_estimates OR 'estimated' <> ALL (f.reasons)
) AS shown ON true;

GRANT SELECT, INSERT ON option_analytics TO sigmasight_api;  -- facts that a request misses are made and kept
GRANT SELECT ON position_greeks TO sigmasight_api;
