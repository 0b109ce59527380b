-- What funds hold, what asking vendors cost, and jumps of a price that a person has confirmed.

CREATE TABLE fund_holdings (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    as_of DATE NOT NULL,
    line INTEGER NOT NULL,
    symbol TEXT,
    name TEXT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    shares DOUBLE PRECISION,
    market_value DOUBLE PRECISION,
    source TEXT NOT NULL,
    CONSTRAINT fund_holdings_pkey PRIMARY KEY (market, instrument_id, as_of, line),
    CONSTRAINT fund_holdings_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT fund_holdings_weight_check CHECK (weight > '-Infinity' AND weight < 'Infinity'),
    CONSTRAINT fund_holdings_shares_check CHECK (shares > '-Infinity' AND shares < 'Infinity'),
    CONSTRAINT fund_holdings_market_value_check CHECK (market_value > '-Infinity' AND market_value < 'Infinity'),
    CONSTRAINT fund_holdings_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

CREATE TABLE provider_usage (
    day DATE NOT NULL,
    provider TEXT NOT NULL,
    calls BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    credits DOUBLE PRECISION NOT NULL,
    cost DOUBLE PRECISION NOT NULL,
    CONSTRAINT provider_usage_pkey PRIMARY KEY (day, provider),
    CONSTRAINT provider_usage_credits_check CHECK (credits >= 0 AND credits < 'Infinity'),
    CONSTRAINT provider_usage_cost_check CHECK (cost >= 0 AND cost < 'Infinity')
);

CREATE TABLE confirmed_jumps (
    market TEXT NOT NULL,
    instrument_id BIGINT NOT NULL,
    day DATE NOT NULL,
    why TEXT NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT confirmed_jumps_pkey PRIMARY KEY (market, instrument_id, day),
    CONSTRAINT confirmed_jumps_market_check CHECK (market IN ('live', 'simulated')),
    CONSTRAINT confirmed_jumps_instrument_id_fkey FOREIGN KEY(instrument_id) REFERENCES instruments (id)
);

ALTER TABLE asked_ranges DROP CONSTRAINT asked_ranges_kind_check;
ALTER TABLE asked_ranges ADD CONSTRAINT asked_ranges_kind_check
    CHECK (kind IN ('prices', 'actions', 'rates', 'option_quotes', 'chain', 'profile', 'holdings'));

GRANT SELECT ON fund_holdings, refused_rows TO sigmasight_api;
