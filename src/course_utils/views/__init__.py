"""The views: every calculator as the reader meets it, defined once.

`get_view` finds one by its id; `lab` and `book` render what it returns.
"""

from __future__ import annotations

from course_utils.views import (
    caching_economics,
    clarify_first,
    context,
    data_and_permissions,
    fine_tuning,
    larger_model,
    latency_physics,
    reference_architecture,
    retrieved_context,
    tokens_and_money,
)
from course_utils.views.model import View

_VIEWS = {
    view.id: view
    for view in (
        *context.VIEWS,
        *clarify_first.VIEWS,
        *reference_architecture.VIEWS,
        *tokens_and_money.VIEWS,
        *latency_physics.VIEWS,
        *caching_economics.VIEWS,
        *retrieved_context.VIEWS,
        *data_and_permissions.VIEWS,
        *larger_model.VIEWS,
        *fine_tuning.VIEWS,
    )
}


def view_ids() -> tuple[str, ...]:
    """The ids of all views, in the order of the lessons."""
    return tuple(_VIEWS)


def get_view(view_id: str) -> View:
    """The view with this id; `ValueError` lists the ids there are."""
    if view_id not in _VIEWS:
        raise ValueError(f"there is no calculator {view_id!r}; there are {', '.join(_VIEWS)}")
    return _VIEWS[view_id]
