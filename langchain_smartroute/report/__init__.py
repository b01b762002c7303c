"""Figures as documents: tables and charts for the terminal, for machines and for a browser."""
