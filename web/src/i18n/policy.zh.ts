import type { policyEn } from "./policy.en";

/** 客服规则和日历文件的用语。 */
export const policyZh = {
  "policy.title": "客服规则",
  "policy.more": "适用于每位客服，无论其服务哪个队列。",

  "reasons.title": "未就绪原因",
  "reasons.more":
    "客服离开时从中选择。超过最长时间后，主管和客服本人会看到“已超时”；不会强制任何人下线。",
  "reasons.add": "添加原因",
  "reasons.empty": "还没有原因",
  "reasons.empty.more": "没有原因时，客服无法说明为何未就绪。",
  "reasons.name.more": "客服和主管看到的名称。",
  "reasons.longest": "最长时间",
  "reasons.longest.more": "超过后主管会看到该客服已超时。0：不限。",
  "reasons.unlimited": "不限",
  "reasons.minutes": " 分钟",

  "policy.interrupts": "什么可以打断什么",
  "policy.interrupts.more":
    "手上有某类工作的客服，在其自身上限内仍可收到其他类工作。个人资料可以为某位客服另作规定。",
  "policy.offer": "分配{kind}",
  "policy.own": "至上限",
  "policy.many.chat": "聊天",
  "policy.many.call": "通话",
  "policy.many.message": "留言",
  "policy.during.chat": "聊天时",
  "policy.during.call": "通话时",
  "policy.during.message": "处理留言时",
  "policy.cell": "{held}，分配{kind}",
  "policy.and": "和",
  "policy.gets": "{held}仍可收到{names}。",
  "policy.getsNone": "{held}不再收到其他工作。",

  "agents.own": "单独的打断规则",
  "agents.own.more": "否则适用“客服规则”中对所有人的规定。",

  "policy.counting": "如何计算",
  "policy.counting.more": "客服还有多少余量，工作为谁等待。",
  "policy.quiet": "聊天静默判定",
  "policy.quiet.more": "联系人这么久没有发言，则不占余量，直到再次发言。0：每个聊天都计入。",
  "policy.personal": "为一位客服等待的上限",
  "policy.personal.more": "指名转给一位客服的工作；超出则拒绝。",
  "policy.sticky": "上次的客服未就绪时也等待",
  "policy.sticky.more": "时长由队列决定；离线时不等待。",

  "policy.labels": "标签",
  "policy.labels.more": "在各类上限之外，对若干队列合计的第二个上限，例如“VIP 工作同时只接一个”。",
  "policy.labels.none": "没有标签：只计算各类上限。",
  "policy.label.n": "标签 {n}",
  "policy.label.add": "添加标签",
  "policy.label.remove": "移除标签 {n}",
  "policy.label.queues": "队列",
  "policy.label.empty": "请至少选择一个队列。",
  "policy.label.limit": "同时最多",

  "policy.dirty": "已修改，未保存",
  "policy.same": "已保存并生效",
  "policy.discard": "放弃修改",
  "policy.save": "保存规则",

  "hours.file.open": "从日历文件（.ics）添加",
  "hours.file.found": "{file} 中的内容",
  "hours.file.sum": "{file}：今年起共 {n} 天，其中 {fresh} 天为新增。",
  "hours.file.skipped": "略过 {n} 个事件：带有时刻，或不是每年重复一次。",
  "hours.file.days": "文件中的日期",
  "hours.file.there": "已关闭",
  "hours.file.new": "新增",
  "hours.file.add": "添加 {n} 天",
  "hours.file.drop": "不添加",
  "hours.file.added": "已在上方添加 {n} 天，保存后生效。",
  "hours.file.tooBig": "文件过大：日历文件最大 512 KiB。",
  "hours.file.bad":
    "无法从此文件读取节假日：须为以 BEGIN:VCALENDAR 开头的日历文件，最多 2000 个事件、1000 天。",
} satisfies Record<keyof typeof policyEn, string>;
