"""Tables of the ACD."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.platform.database.schema import json_column, tenant_table

skills = tenant_table(
    "skills",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("description", sa.String(500), nullable=False),
    sa.UniqueConstraint("tenant_id", "name"),
)
queues = tenant_table(
    "queues",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    json_column("steps"),
    sa.Column("order", sa.String(20), nullable=False),
    json_column("overflow"),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("hours_id", sa.String(64)),
    json_column("offer_timeout_s"),
    sa.Column("no_answer_strikes", sa.Integer, nullable=False),
    sa.Column("reply_timeout_s", sa.Integer, nullable=False),
    sa.Column("sticky_s", sa.Integer, nullable=False),
    sa.Column("pull_oldest", sa.Integer, nullable=False),
    sa.Column("fairness_window_s", sa.Integer, nullable=False),
    json_column("recall"),
    json_column("wrap_up"),
    json_column("service_target"),
    json_column("disposition_ids"),
    sa.UniqueConstraint("tenant_id", "name"),
)
queue_versions = tenant_table(
    "queue_versions",
    sa.Column("queue_id", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("by_id", sa.String(64), nullable=False),
    sa.Column("by_name", sa.String(120), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("of_version", sa.Integer),
    json_column("body"),
    key=("queue_id", "version"),
)
queue_closures = tenant_table(
    "queue_closures",
    sa.Column("queue_id", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("by_id", sa.String(64), nullable=False),
    sa.Column("by_name", sa.String(120), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    key=("queue_id",),
)
hours = tenant_table(
    "hours",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    json_column("windows"),
    json_column("closed_dates"),
    sa.UniqueConstraint("tenant_id", "name"),
)
dispositions = tenant_table(
    "dispositions",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.UniqueConstraint("tenant_id", "code"),
)
agent_profiles = tenant_table(
    "agent_profiles",
    sa.Column("user_id", sa.String(64), nullable=False),
    json_column("skills"),
    json_column("queue_ids"),
    sa.Column("weight", sa.Integer, nullable=False),
    json_column("capacity"),
    json_column("interrupted_by"),
    key=("user_id",),
)
not_ready_reasons = tenant_table(
    "not_ready_reasons",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("max_s", sa.Integer, nullable=False),
    sa.UniqueConstraint("tenant_id", "code"),
)
capacity_policies = tenant_table(
    "capacity_policies",
    sa.Column("id", sa.String(64), nullable=False),
    json_column("body"),
)
interventions = tenant_table(
    "interventions",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("operation", sa.String(64), nullable=False),
    sa.Column("object_id", sa.String(64), nullable=False),
    json_column("details"),
    sa.Column("why", sa.String(500), nullable=False),
    sa.Column("undoes", sa.String(64), nullable=False),
    sa.Column("undone_by", sa.String(64), nullable=False),
    sa.Index("ix_interventions_object", "tenant_id", "object_id", "at_ms"),
    sa.Index("ix_interventions_time", "tenant_id", "at_ms"),
)
interactions = tenant_table(
    "interactions",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("call_id", sa.String(64)),
    sa.Column("queue_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    json_column("required_skills"),
    sa.Column("agent_id", sa.String(64)),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("enqueued_at_ms", sa.BigInteger, nullable=False),
    sa.Column("accepted_at_ms", sa.BigInteger),
    sa.Column("ended_at_ms", sa.BigInteger),
    sa.Column("wrap_up_until_ms", sa.BigInteger),
    sa.Column("disposition_id", sa.String(64)),
    sa.Column("transfer_note", sa.Text, nullable=False),
    sa.Column("wrap_up_note", sa.Text, nullable=False),
    sa.Column("is_robot", sa.Boolean, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Index("ix_interactions_conversation", "tenant_id", "conversation_id"),
    sa.Index("ix_interactions_state", "tenant_id", "state"),
)
partitions = tenant_table(
    "acd_partitions",
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)
journal = tenant_table(
    "acd_journal",
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    key=("position",),
)
snapshots = tenant_table(
    "acd_snapshots",
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    key=("position",),
)
deliveries = tenant_table(
    "acd_deliveries",
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("interaction_id", sa.String(64), nullable=False),
    sa.Column("call", sa.String(16), nullable=False),
    sa.Column("agent_id", sa.String(64)),
    sa.Column("cause", sa.String(32), nullable=False),
    key=("position",),
)
