"""Local servers that refuse what their providers' documentation refuses, with HTTP 400.

`anthropic`, `deepseek`, `openai` and `zhipu` each have a pure `faults(payload)`, for
properties over generated histories, and an answer in the provider's own form; `server`
puts them behind HTTP, whole and streamed.
"""
