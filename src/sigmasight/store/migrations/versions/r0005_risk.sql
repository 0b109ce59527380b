-- Value at risk of portfolios, and how their names move together.

CREATE TABLE value_at_risk (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    value_at_risk DOUBLE PRECISION[] NOT NULL,
    expected_shortfall DOUBLE PRECISION[] NOT NULL,
    sessions INTEGER NOT NULL,
    coverage DOUBLE PRECISION NOT NULL,
    reasons JSONB NOT NULL,
    marks TEXT[] NOT NULL,
    not_included JSONB NOT NULL,
    CONSTRAINT value_at_risk_pkey PRIMARY KEY (portfolio_id, as_of),
    CONSTRAINT value_at_risk_value_at_risk_check CHECK ('Infinity' > ALL (value_at_risk) IS NOT FALSE AND '-Infinity' < ALL (value_at_risk) IS NOT FALSE),
    CONSTRAINT value_at_risk_expected_shortfall_check CHECK ('Infinity' > ALL (expected_shortfall) IS NOT FALSE AND '-Infinity' < ALL (expected_shortfall) IS NOT FALSE),
    CONSTRAINT value_at_risk_coverage_check CHECK (coverage >= 0 AND coverage <= 1),
    CONSTRAINT value_at_risk_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT value_at_risk_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX value_at_risk_as_of ON value_at_risk (as_of);

CREATE TABLE correlation_calculations (
    portfolio_id UUID NOT NULL,
    user_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT NOT NULL,
    symbols TEXT[] NOT NULL,
    exposure DOUBLE PRECISION[] NOT NULL,
    sessions INTEGER NOT NULL,
    window_sessions INTEGER NOT NULL,
    average_correlation DOUBLE PRECISION,
    effective_positions DOUBLE PRECISION,
    effective_positions_classic DOUBLE PRECISION,
    effective_positions_by_weight DOUBLE PRECISION,
    diversification_ratio_squared DOUBLE PRECISION,
    concentration DOUBLE PRECISION,
    clusters JSONB NOT NULL,
    data_quality TEXT NOT NULL,
    coverage DOUBLE PRECISION NOT NULL,
    reasons JSONB NOT NULL,
    marks TEXT[] NOT NULL,
    not_included JSONB NOT NULL,
    CONSTRAINT correlation_calculations_pkey PRIMARY KEY (portfolio_id, as_of),
    CONSTRAINT correlation_calculations_exposure_check CHECK ('Infinity' > ALL (exposure) IS NOT FALSE AND '-Infinity' < ALL (exposure) IS NOT FALSE),
    CONSTRAINT correlation_calculations_average_correlation_check CHECK (average_correlation > '-Infinity' AND average_correlation < 'Infinity'),
    CONSTRAINT correlation_calculations_effective_positions_check CHECK (effective_positions >= 0 AND effective_positions < 'Infinity'),
    CONSTRAINT correlation_calculations_effective_positions_classic_check CHECK (effective_positions_classic >= 0 AND effective_positions_classic < 'Infinity'),
    CONSTRAINT correlation_calculations_effective_positions_by_weight_check CHECK (effective_positions_by_weight >= 0 AND effective_positions_by_weight < 'Infinity'),
    CONSTRAINT correlation_calculations_diversification_ratio_squared_check CHECK (diversification_ratio_squared >= 0 AND diversification_ratio_squared < 'Infinity'),
    CONSTRAINT correlation_calculations_concentration_check CHECK (concentration >= 0 AND concentration < 'Infinity'),
    CONSTRAINT correlation_calculations_data_quality_check CHECK (data_quality IN ('sufficient', 'limited', 'insufficient')),
    CONSTRAINT correlation_calculations_coverage_check CHECK (coverage >= 0 AND coverage <= 1),
    CONSTRAINT correlation_calculations_portfolio_id_user_id_fkey FOREIGN KEY(portfolio_id, user_id) REFERENCES portfolios (id, user_id) ON DELETE CASCADE,
    CONSTRAINT correlation_calculations_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX correlation_calculations_as_of ON correlation_calculations (as_of);

DO $$
DECLARE owned TEXT;
BEGIN
    FOREACH owned IN ARRAY ARRAY['value_at_risk', 'correlation_calculations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format('CREATE POLICY own_rows ON %I TO sigmasight_api USING (user_id = acting_user()) '
                       'WITH CHECK (user_id = acting_user())', owned);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON value_at_risk, correlation_calculations TO sigmasight_api;
