/** Words of the rules for agents, and of calendar files. */
export const policyEn = {
  "policy.title": "Agent rules",
  "policy.more": "What holds for every agent, whatever queue they serve.",

  "reasons.title": "Reasons to be not ready",
  "reasons.more":
    "What agents choose from when they step away. After its longest time a reason is shown as overdue to leads and to the agent; nobody is signed off.",
  "reasons.add": "Add reason",
  "reasons.empty": "No reasons yet",
  "reasons.empty.more": "Without any, agents cannot say why they are not ready.",
  "reasons.name.more": "What agents and leads read.",
  "reasons.longest": "Longest time",
  "reasons.longest.more": "After it, leads see the agent as overdue. 0: no limit.",
  "reasons.unlimited": "no limit",
  "reasons.minutes": " min",

  "policy.interrupts": "What may interrupt what",
  "policy.interrupts.more":
    "An agent who holds one kind of work may still be offered another kind, as far as the agent's own limits allow. A profile can say otherwise for one agent.",
  "policy.offer": "Offer {kind}",
  "policy.own": "to the limit",
  "policy.many.chat": "chats",
  "policy.many.call": "calls",
  "policy.many.message": "messages",
  "policy.during.chat": "During a chat",
  "policy.during.call": "During a call",
  "policy.during.message": "During a message",
  "policy.cell": "{held}, offer {kind}",
  "policy.and": " and ",
  "policy.gets": "{held}, {names} may still come.",
  "policy.getsNone": "{held}, nothing else comes.",

  "agents.own": "A rule of interruption of their own",
  "agents.own.more": "Otherwise the rule for everybody holds, as set under Agent rules.",

  "policy.counting": "What counts",
  "policy.counting.more": "How much room an agent has, and for whom work waits.",
  "policy.quiet": "A chat is quiet after",
  "policy.quiet.more":
    "Without a word of the contact for so long it takes no room until they write again. 0: every chat counts.",
  "policy.personal": "Waiting for one agent, at most",
  "policy.personal.more": "Handed over to one agent by name; more is refused.",
  "policy.sticky": "Wait for the last agent also while they are not ready",
  "policy.sticky.more": "For as long as the queue says; never while they are offline.",

  "policy.labels": "Labels",
  "policy.labels.more":
    "A second limit over some queues together, after the limit of the kind: “of VIP work, one at a time”.",
  "policy.labels.none": "No labels: only the limits of each kind count.",
  "policy.label.n": "Label {n}",
  "policy.label.add": "Add a label",
  "policy.label.remove": "Remove label {n}",
  "policy.label.queues": "Queues",
  "policy.label.empty": "Choose at least one queue.",
  "policy.label.limit": "At once",

  "policy.dirty": "Changed, not saved",
  "policy.same": "Saved, in force",
  "policy.discard": "Discard changes",
  "policy.save": "Save rules",

  "hours.file.open": "Add from a calendar file (.ics)",
  "hours.file.found": "Found in {file}",
  "hours.file.sum": "{file}: {n} days from this year on, {fresh} of them new.",
  "hours.file.skipped":
    "Events left out: {n}. They have a time of day, or repeat other than once a year.",
  "hours.file.days": "Days in the file",
  "hours.file.there": "closed already",
  "hours.file.new": "new",
  "hours.file.add": "Add {n} days",
  "hours.file.drop": "Do not add",
  "hours.file.added": "{n} days added above. Save to put them in force.",
  "hours.file.tooBig": "This file is too large: a calendar file has at most 512 KiB.",
  "hours.file.bad": "No holidays can be read from this file.",
};
