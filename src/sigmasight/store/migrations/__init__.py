"""Migrations live inside the package so that the wheel can migrate."""
