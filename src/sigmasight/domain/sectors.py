"""The eleven GICS sectors, and how vendors call them."""

SECTORS = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
)

_OTHER_NAMES = {
    "basic materials": "Materials",
    "communications": "Communication Services",
    "consumer cyclical": "Consumer Discretionary",
    "consumer defensive": "Consumer Staples",
    "consumer non-cyclical": "Consumer Staples",
    "financial": "Financials",
    "financial services": "Financials",
    "healthcare": "Health Care",
    "industrial goods": "Industrials",
    "technology": "Information Technology",
    "telecommunication services": "Communication Services",
    "telecommunications": "Communication Services",
}


def gics_sector(name: str | None) -> str | None:
    """The GICS sector that a vendor's name means; None where it means none."""
    if name is None:
        return None
    folded = " ".join(name.split()).casefold()
    known = {sector.casefold(): sector for sector in SECTORS}
    return known.get(folded) or _OTHER_NAMES.get(folded)
