-- A stress scenario may say by how much implied volatilities change (NULL: up 1 point for each 1 % that the market falls), and
-- between which closes lies what it replays.

ALTER TABLE stress_test_scenarios ADD COLUMN volatility_change DOUBLE PRECISION;
ALTER TABLE stress_test_scenarios ADD CONSTRAINT stress_test_scenarios_volatility_change_check
    CHECK (volatility_change >= -1 AND volatility_change <= 5);
ALTER TABLE stress_test_scenarios ADD COLUMN first_close DATE;
ALTER TABLE stress_test_scenarios ADD COLUMN last_close DATE;
ALTER TABLE stress_test_scenarios ADD CONSTRAINT stress_test_scenarios_closes_check
    CHECK (num_nonnulls(first_close, last_close) IN (0, 2) AND (first_close < last_close) IS NOT FALSE);
