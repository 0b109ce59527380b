"""Where vendors are asked; each is the default of a setting."""

FMP_ADDRESS = "https://financialmodelingprep.com/stable"
MASSIVE_ADDRESS = "https://api.massive.com"
FRED_ADDRESS = "https://api.stlouisfed.org/fred"
TRADEFEEDS_ADDRESS = "https://data.tradefeeds.com/api/v1"
