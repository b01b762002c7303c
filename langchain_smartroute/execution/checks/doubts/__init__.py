"""Wordings of uncertainty, with a module per language."""

from __future__ import annotations

from langchain_smartroute.execution.checks.doubts.chinese import CHINESE
from langchain_smartroute.execution.checks.doubts.english import ENGLISH
from langchain_smartroute.execution.checks.doubts.french import FRENCH
from langchain_smartroute.execution.checks.doubts.german import GERMAN
from langchain_smartroute.execution.checks.doubts.japanese import JAPANESE
from langchain_smartroute.execution.checks.doubts.russian import RUSSIAN
from langchain_smartroute.execution.checks.doubts.spanish import SPANISH

__all__ = ["DOUBTS"]

DOUBTS = (ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN, CHINESE, JAPANESE)
