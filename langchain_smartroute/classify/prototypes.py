"""A few typical prompts per task, for classifiers that use examples."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PROTOTYPES"]

PROTOTYPES: Mapping[str, tuple[str, ...]] = {
    "code": (
        "Write a Python function that removes duplicates from a list",
        "Why does this JavaScript throw a TypeError, and how do I fix it?",
        "SQL query for the customers without an order",
        "Refactor this class so that it can be tested",
    ),
    "classification": (
        "Is this review positive or negative?",
        "Label the ticket as billing, login or other",
        "Does the second sentence follow from the first? Answer yes, no or unclear",
        "Which of these categories does the article belong to?",
    ),
    "reasoning": (
        "Three people each make a claim and one of them lies. Who did it?",
        "What would happen if nobody could tell a lie?",
        "Which statement, if true, most weakens the argument?",
        "Seat five guests so that all these conditions hold",
    ),
    "math": (
        "Solve 3x + 5 = 20",
        "What is the probability of two sixes in a row?",
        "A train covers 210 km at 84 km/h. How long does it take?",
        "Prove that the square root of two is irrational",
    ),
    "translation": (
        "Translate this sentence into German",
        "How do you say 'thank you' in Korean?",
        "Give me the English version of the paragraph below",
    ),
    "creative": (
        "Write a short story about a lighthouse keeper",
        "A poem for my grandmother's birthday",
        "Think of a name and a slogan for a bakery",
        "Pretend that you are a pirate and greet me",
    ),
    "summarization": (
        "Summarize the article below in three sentences",
        "Give me the gist of this conversation",
        "Shorten this report to one paragraph",
    ),
    "extraction": (
        "List all names and dates that the text mentions",
        "Pull the invoice number and the total out as JSON",
        "According to the passage, when was the bridge opened?",
    ),
    "vision": (
        "What is in this picture?",
        "Describe the attached screenshot",
        "Which colour is the car in the photo?",
    ),
    "general": (
        "What is the capital of Australia?",
        "How do I get red wine out of a carpet?",
        "Explain how vaccines work",
        "Hello, how are you?",
        "Correct the grammar of this sentence",
    ),
}
