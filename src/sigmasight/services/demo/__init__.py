"""The demo: three users, three portfolios, sixty sessions."""
