"""Tables of figures: the cursor on the journal, counters, waits, stays and agents in between."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.platform.database.schema import json_column, tenant_table
from gateway.supervision.model.tally import COUNTERS, LONGEST

CUBE = ("start_ms", "queue_id", "agent_id", "kind", "is_robot")


def _dimensions() -> list[sa.Column[Any]]:
    return [
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("queue_id", sa.String(64), nullable=False),
        sa.Column("agent_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("is_robot", sa.Boolean, nullable=False),
    ]


cursors = tenant_table(
    "figure_cursors",
    sa.Column("id", sa.String(16), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
counters = tenant_table(
    "figure_counters",
    *_dimensions(),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in (*COUNTERS, LONGEST)),
    key=CUBE,
)
waits = tenant_table(
    "figure_waits",
    *_dimensions(),
    sa.Column("bin", sa.Integer, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    key=(*CUBE, "bin"),
)
stays = tenant_table(
    "figure_stays",
    sa.Column("interaction_id", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("queue_id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("is_robot", sa.Boolean, nullable=False),
    sa.Column("cause", sa.String(16), nullable=False),
    sa.Column("began_ms", sa.BigInteger, nullable=False),
    sa.Column("within_ms", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("settled_ms", sa.BigInteger, nullable=False),
    sa.Column("agent_id", sa.String(64), nullable=False),
    sa.Column("talk_ended_ms", sa.BigInteger, nullable=False),
    sa.Column("over_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_as", sa.String(16), nullable=False),
    sa.Column("replied_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_figure_stays_began", "tenant_id", "began_ms"),
    sa.Index("ix_figure_stays_over", "tenant_id", "over_ms"),
    sa.Index("ix_figure_stays_conversation", "tenant_id", "conversation_id", "settled_ms"),
    sa.Index("ix_figure_stays_settled", "tenant_id", "settled_ms"),
    key=("interaction_id", "number"),
)
agents = tenant_table(
    "figure_agents",
    sa.Column("agent_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("counted_ms", sa.BigInteger, nullable=False),
    sa.Column("in_hand", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("by_id", sa.String(64), nullable=False),
    sa.Column("began_ms", sa.BigInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    key=("agent_id",),
)
spans = tenant_table(
    "figure_spans",
    sa.Column("agent_id", sa.String(64), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("by_id", sa.String(64), nullable=False),
    sa.Column("began_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_figure_spans_began", "tenant_id", "began_ms"),
    sa.Index("ix_figure_spans_ended", "tenant_id", "ended_ms"),
    key=("agent_id", "number"),
)
targets = tenant_table(
    "figure_targets",
    sa.Column("queue_id", sa.String(64), nullable=False),
    json_column("of_kind"),
    key=("queue_id",),
)
alarms = tenant_table(
    "alarms",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("queue_id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("limit", sa.Integer, nullable=False),
    sa.Column("began_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("worst", sa.Integer, nullable=False),
    sa.Index("ix_alarms_began", "tenant_id", "began_ms"),
    sa.Index("ix_alarms_ended", "tenant_id", "ended_ms"),
)
alarm_rules = tenant_table(
    "alarm_rules",
    sa.Column("queue_id", sa.String(64), nullable=False),
    json_column("rule"),
    key=("queue_id",),
)
COUNTED = (counters, waits, stays, agents, targets, spans)
