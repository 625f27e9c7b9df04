"""The words of dates, one table a language; `lexicon.py` says what the symbols stand for."""
