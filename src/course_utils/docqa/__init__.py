"""The reference architecture as a small running system: document question answering.

Box by box, in the order of the diagram; each runs without key, network or weights:

    Client             client.py        how an answer is shown (assistant.py: as a chat)
    Backend API        api.py           an ASGI application with limits and request ids
    Auth + Policy      policy.py        tokens, identities, rights, the audit log
    AI Orchestrator    orchestrator.py  named states, limits, retries, fallback
    Retrieval          retrieval.py     BM25, LSA and their fusion (documents.py, cache.py)
    Tools              tools.py         two side effects, behind approval
    Model              model.py         what any model is asked (extractive.py, endpoint.py)
    Validation + Eval  validation.py    is it supported? (evaluation.py, labels.py)

`system.py` puts them together, `trace.py` and `latency.py` say what a request took, and
`switches.py`, `switch_costs.py` and `misbehaving.py` take guarantees away. Import from these
modules; the package itself loads nothing, so that it costs nothing where it is not used.

    from course_utils.docqa.system import System
    print(System.default().ask("intern-1", "What does PT-270 mean?").as_text())
"""
