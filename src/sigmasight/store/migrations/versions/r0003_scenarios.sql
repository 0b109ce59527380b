-- A stress scenario may say by how much implied volatilities change; NULL: up 1 point for each 1 % that the market falls.

ALTER TABLE stress_test_scenarios ADD COLUMN volatility_change DOUBLE PRECISION;
ALTER TABLE stress_test_scenarios ADD CONSTRAINT stress_test_scenarios_volatility_change_check
    CHECK (volatility_change >= -1 AND volatility_change <= 5);
