// The page's own words, in the language of whoever looks at it.

import { here, world } from "./world.js";

const STRINGS = {
  channels: ["Channels", "频道"],
  directs: ["Direct messages", "私信"],
  try: ["Try", "试一试"],
  rules: ["Who is answered", "谁能提问"],
  guest: ["guest", "访客"],
  received: ["What Beebot got", "Beebot 收到了什么"],
  received_question: ["The newest question", "最新的问题"],
  received_rating: ["The newest rating", "最新的评分"],
  ratings_hint: ["This command lists all ratings. Try it in a terminal while the demo runs:", "这条命令列出所有评分。演示运行时可以在终端里试："],
  command_title: ["Ask by the slash command", "用斜杠命令提问"],
  home_title: ["The app's Home tab", "应用的主页"],
  break: ["Break something", "制造故障"],
  you: ["You are", "您是"],
  menu: ["Workspace menu", "工作区菜单"],
  skip: ["Skip to the message field", "跳到输入框"],
  home: ["Home", "主页"],
  messages: ["Messages", "消息"],
  suggested: ["Suggested prompts", "推荐问题"],
  note: ["A demo on this machine: Slack and Beebot are emulated, and nothing leaves it.", "本机演示：Slack 和 Beebot 都是模拟的，数据不会离开本机。"],
  note_beebot: ["A demo on this machine: Slack is emulated, the answers are those of your own Beebot.", "本机演示：Slack 是模拟的，回答来自您自己的 Beebot。"],
  thread: ["Thread", "话题"],
  close_thread: ["Close thread", "关闭话题"],
  back: ["Back", "返回"],
  close: ["Close", "关闭"],
  only_you: ["Only visible to you", "仅您可见"],
  edited: ["(edited)", "（已编辑）"],
  app: ["App", "应用"],
  reply_in_thread: ["Reply in thread", "在话题中回复"],
  forward: ["Forward message", "转发消息"],
  shortcuts: ["Message shortcuts", "消息快捷方式"],
  edit: ["Edit message", "编辑消息"],
  delete: ["Delete message", "删除消息"],
  delete_sure: ["Press again to delete", "再按一次即删除"],
  mention: ["Mention the bot", "提及机器人"],
  send: ["Send", "发送"],
  detach: ["Remove what is attached", "移除附件"],
  keys: ["Enter sends, Shift+Enter starts a line", "Enter 发送，Shift+Enter 换行"],
  unheard: ["Without @{bot} the app does not answer here", "不提及 @{bot}，机器人不会回答"],
  stop: ["Stop", "停止"],
  answering: ["is answering…", "正在回答…"],
  replies: ["{count} replies", "{count} 条回复"],
  reply: ["1 reply", "1 条回复"],
  last_at: ["Last at {time}", "最近 {time}"],
  direct_topic: ["Direct message with the app", "与应用的私信"],
  channel_topic: ["Mention @{bot} to ask", "提及 @{bot} 即可提问"],
  direct_intro: ["This is you and {bot}", "您和 {bot} 的私信"],
  channel_intro: ["This is the beginning of {name}", "{name} 从这里开始"],
  direct_how: ["Write a question; the answer grows in a thread under it.", "写下问题，回答会在它的话题里逐步出现。"],
  channel_how: ["Write @{bot} and a question, or press a button under Try; the answer grows in a thread.", "写 @{bot} 和您的问题，或点击“试一试”里的按钮；回答会在话题里逐步出现。"],
  outside: ["{bot} is not in {name} yet.", "{bot} 还不在 {name}。"],
  invite: ["Invite {bot}", "邀请 {bot}"],
  message_to: ["Message {name}", "发消息到 {name}"],
  reply_placeholder: ["Reply…", "回复…"],
  reply_label: ["Reply in thread in {name}", "在 {name} 的话题中回复"],
  nothing_home: ["The app has shown nothing here yet.", "应用还没有在这里显示内容。"],
  unread: ["unread", "未读"],
  reconnecting: ["Reconnecting…", "正在重新连接…"],
  no_answer: ["The demo does not answer. Is it still running?", "演示没有响应，它还在运行吗？"],
  not_taken: ["The app did not take the click.", "应用没有接受这次点击。"],
  not_taken_as: ["The app did not take {name}.", "应用没有接受 {name}。"],
  not_taken_form: ["The app did not take it. Try again?", "应用没有接受，请再试一次。"],
  no_command: ["{name} is not a command of this app.", "{name} 不是本应用的命令。"],
  no_thread_commands: ["Slash commands do not work in threads.", "话题中不能使用斜杠命令。"],
  forwarded: ["Forward: {text}", "转发：{text}"],
  a_message_of: ["a message of {name}", "{name} 的消息"],
  rows: ["A table of {count} rows", "{count} 行的表格"],
  cancel: ["Cancel", "取消"],
  save: ["Save", "保存"],
  alert: ["An alert", "一条告警"],
  alert_title: ["Another app posts an alert to ask about", "另一个应用发出告警，您可以就它提问"],
};

// A guest, whose language nobody knows, is spoken to as whoever was here before.
export function language() {
  const locale = world.users[here.user]?.locale || sessionStorage.getItem("language") || navigator.language;
  return locale.startsWith("zh") ? "zh" : "en";
}

export function say(key, values = {}) {
  const text = STRINGS[key][language() === "zh" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Of what stands in index.html: `data-text` is the words, `data-label` what is read out and shown on hovering.
export function translate(root) {
  for (const one of root.querySelectorAll("[data-text]")) one.textContent = say(one.dataset.text);
  for (const one of root.querySelectorAll("[data-label]")) {
    one.ariaLabel = say(one.dataset.label);
    if (one.matches("button")) one.title = one.ariaLabel;
  }
}
