"""Every sentence that the bridge itself says, in English and Simplified Chinese."""

from enum import StrEnum


class Locale(StrEnum):
    EN = "en"
    ZH = "zh"


MESSAGES: dict[str, dict[Locale, str]] = {
    "thinking": {
        Locale.EN: "is thinking…",
        Locale.ZH: "正在思考…",
    },
    "waiting": {
        Locale.EN: "is busy; your question is in line…",
        Locale.ZH: "正忙，您的问题正在排队…",
    },
    "slow": {
        Locale.EN: "is still thinking; this takes longer than usual…",
        Locale.ZH: "仍在思考，用时比平时长…",
    },
    "very_slow": {
        Locale.EN: "is still thinking, for much longer than usual; write “stop” to give up…",
        Locale.ZH: "仍在思考，用时远比平时长；如不想再等，请输入“停止”…",
    },
    "hello": {
        Locale.EN: "Hi! Ask me something: mention me with your question, or reply in this thread.",
        Locale.ZH: "您好！请提及我并写下您的问题，或直接在此消息列中回复。",
    },
    "hello_files": {
        Locale.EN: "I cannot read files. Please write your question as text.",
        Locale.ZH: "我无法读取文件，请用文字写下您的问题。",
    },
    "files_unread": {
        Locale.EN: "The attached files were not read.",
        Locale.ZH: "未读取附件。",
    },
    "parts_unread": {
        Locale.EN: "A part of the message is of a kind that I cannot read.",
        Locale.ZH: "消息中有一部分内容的类型无法识别，未读取。",
    },
    "attached_cut": {
        Locale.EN: "What was quoted or attached is too long for one question: "
        "I read its first {read} characters.",
        Locale.ZH: "引用或附带的内容过长，仅读取了开头的 {read} 个字符。",
    },
    "attached_unread": {
        Locale.EN: "Your question left no room for what was quoted or attached: I did not read it.",
        Locale.ZH: "问题本身较长，未能读取引用或附带的内容。",
    },
    "too_long": {
        Locale.EN: "Your question has {length} characters; I can take at most {limit}. "
        "Please shorten it and ask again.",
        Locale.ZH: "您的问题有 {length} 个字符，最多可接受 {limit} 个。请缩短后再问一次。",
    },
    "late_minutes": {
        Locale.EN: "You asked this {count} min ago; I could not answer sooner.",
        Locale.ZH: "这是您 {count} 分钟前的提问，未能更早回答。",
    },
    "late_hours": {
        Locale.EN: "You asked this {count} h ago; I could not answer sooner.",
        Locale.ZH: "这是您 {count} 小时前的提问，未能更早回答。",
    },
    "dm_threads": {
        Locale.EN: "Reply in this thread to go on with this conversation; "
        "a new message starts a new one.",
        Locale.ZH: "在此消息列中回复即可继续本次对话；新消息会开始新的对话。",
    },
    "incomplete": {
        Locale.EN: "This answer is incomplete: the connection to the assistant broke off. "
        "(Reference {reference})",
        Locale.ZH: "回答不完整：与助手的连接中断了。（编号 {reference}）",
    },
    "stopped": {
        Locale.EN: "Stopped.",
        Locale.ZH: "已停止。",
    },
    "empty": {
        Locale.EN: "The assistant gave no answer to this. Please put your question differently.",
        Locale.ZH: "助手没有给出回答，请换一种方式提问。",
    },
    "failed": {
        Locale.EN: "Something went wrong and I could not answer. (Reference {reference})",
        Locale.ZH: "出了点问题，我无法回答。（编号 {reference}）",
    },
    "refused": {
        Locale.EN: "The assistant declined this question. (Reference {reference})",
        Locale.ZH: "助手拒绝了这个问题。（编号 {reference}）",
    },
    "unavailable": {
        Locale.EN: "The assistant cannot be reached right now. Please ask again in a few minutes. "
        "(Reference {reference})",
        Locale.ZH: "暂时无法连接助手，请几分钟后再试。（编号 {reference}）",
    },
    "busy": {
        Locale.EN: "The assistant has too many questions right now. "
        "Please ask again in a few minutes. (Reference {reference})",
        Locale.ZH: "当前提问较多，请几分钟后再试。（编号 {reference}）",
    },
    "credentials": {
        Locale.EN: "I am not allowed to ask the assistant. Please tell your administrator. "
        "(Reference {reference})",
        Locale.ZH: "我没有访问助手的权限，请告知管理员。（编号 {reference}）",
    },
    "misconfigured": {
        Locale.EN: "The assistant is not set up correctly here. Please tell your administrator. "
        "(Reference {reference})",
        Locale.ZH: "助手的配置有误，请告知管理员。（编号 {reference}）",
    },
    "restarted": {
        Locale.EN: "I was restarted before I could finish. Please ask again.",
        Locale.ZH: "服务刚刚重启，未能完成回答，请再问一次。",
    },
    "handover": {
        Locale.EN: "The assistant asks for a human to take over here.",
        Locale.ZH: "助手请求由人工接手。",
    },
    "began_anew": {
        Locale.EN: "I have forgotten what we said here. Your next question begins anew.",
        Locale.ZH: "我已忘记此前的对话，您的下一个问题将重新开始。",
    },
    "nothing_to_stop": {
        Locale.EN: "There is nothing to stop: no answer is running.",
        Locale.ZH: "目前没有正在生成的回答，无需停止。",
    },
    "not_member": {
        Locale.EN: "I am not in this channel. Invite me with `/invite`, then ask again.",
        Locale.ZH: "我不在此频道中。请先用 `/invite` 邀请我，然后再问一次。",
    },
    "not_yours": {
        Locale.EN: "Only the person who asked can stop this answer.",
        Locale.ZH: "只有提问者本人可以停止此回答。",
    },
    "not_stored": {
        Locale.EN: "That did not reach me. Please try again in a moment.",
        Locale.ZH: "未能收到，请稍后重试。",
    },
    "queued": {
        Locale.EN: "Got it. I will answer this after the question before it.",
        Locale.ZH: "已收到，将在前一个问题之后回答。",
    },
    "handover_call": {
        Locale.EN: "{name} needs a human: {question}",
        Locale.ZH: "{name} 需要人工协助：{question}",
    },
    "somebody": {
        Locale.EN: "Somebody",
        Locale.ZH: "有人",
    },
    "asks": {
        Locale.EN: "{user} asks: {question}",
        Locale.ZH: "{user} 问：{question}",
    },
    "show_sources": {
        Locale.EN: "Show sources",
        Locale.ZH: "查看来源",
    },
    "sources": {
        Locale.EN: "Sources",
        Locale.ZH: "来源",
    },
    "no_answer": {
        Locale.EN: "The assistant found no answer to this. Other words may help.",
        Locale.ZH: "助手没有找到相关答案，可以换一种方式提问。",
    },
    "stop": {
        Locale.EN: "Stop",
        Locale.ZH: "停止",
    },
    "ask_again": {
        Locale.EN: "Ask again",
        Locale.ZH: "重新回答",
    },
    "new_conversation": {
        Locale.EN: "New conversation",
        Locale.ZH: "开始新对话",
    },
    "good": {
        Locale.EN: "Good answer",
        Locale.ZH: "有帮助",
    },
    "bad": {
        Locale.EN: "Bad answer",
        Locale.ZH: "没帮助",
    },
    "welcome": {
        Locale.EN: "Hello! Ask me anything here. Each new message begins a conversation; replies "
        "in its thread go on with it.",
        Locale.ZH: "您好！请在此直接提问。每条新消息会开始一段新的对话，在其消息列中回复即可继续。",
    },
    "greeting": {
        Locale.EN: "Hello! I answer questions with Beebot. Mention me with yours and I answer in a "
        "thread; reply there to go on. `/beebot help` tells more.",
        Locale.ZH: "大家好！我用 Beebot 回答问题。提及我并写下您的问题，我会在消息列中回答；"
        "在其中回复即可继续。输入 `/beebot help` 了解更多。",
    },
    "prompts_title": {
        Locale.EN: "You could ask:",
        Locale.ZH: "您可以这样问：",
    },
    "prompts": {
        Locale.EN: "What can you do?|What can you help me with?\n"
        "What do you know?|Which topics do you know about?",
        Locale.ZH: "你能做什么？|你能帮我做些什么？\n你了解什么？|你了解哪些方面的知识？",
    },
    "home_title": {
        Locale.EN: "Ask me",
        Locale.ZH: "向我提问",
    },
    "home_intro": {
        Locale.EN: "I answer questions with Beebot. Within a thread I remember what was said.",
        Locale.ZH: "我用 Beebot 回答问题，并会记住同一消息列中的对话。",
    },
    "home_asking": {
        Locale.EN: "*How to ask*\n"
        "•  Write to me in the Messages tab. Each message there begins a conversation.\n"
        "•  Mention me in a channel that I am in. I answer in a thread.\n"
        "•  Reply in the thread to go on.\n"
        "•  Type `/beebot` and your question: I post it in the channel and answer below it.\n"
        "•  In the menu of any message choose “Ask about this message”.",
        Locale.ZH: "*如何提问*\n"
        "•  在“消息”标签页中给我写消息，每条消息会开始一段新的对话。\n"
        "•  在我所在的频道中提及我，我会在消息列中回答。\n"
        "•  在消息列中回复即可继续对话。\n"
        "•  输入 `/beebot` 和您的问题，我会在频道中发布该问题并在其下方回答。\n"
        "•  在任意消息的菜单中选择“Ask about this message”。",
    },
    "home_answers": {
        Locale.EN: "*While I answer, and after*\n"
        "•  Write `stop` in the thread and I stop.\n"
        "•  Write `new` in the thread and I forget what was said there.\n"
        "•  The buttons under an answer show its sources, ask a related question, ask "
        "again, and tell whether it helped.",
        Locale.ZH: "*回答期间与之后*\n"
        "•  在消息列中输入 `停止`，我会停止回答。\n"
        "•  在消息列中输入 `重新开始`，我会忘记此前的对话。\n"
        "•  回答下方的按钮可以查看来源、提出相关问题、重新回答，以及评价回答是否有帮助。",
    },
    "home_caution": {
        Locale.EN: "My answers come from a language model and can be wrong. Check what matters.",
        Locale.ZH: "我的回答由语言模型生成，可能有误，重要内容请核实。",
    },
    "help": {
        Locale.EN: "`/beebot` and your question: I post it here and answer below it.\n"
        "Or mention me, or write to me directly; reply in the thread to go on.\n"
        "`stop` in the thread stops an answer, `new` makes me forget what was said there.",
        Locale.ZH: "输入 `/beebot` 和您的问题，我会发布该问题并在其下方回答。\n"
        "您也可以提及我或直接给我发消息，在消息列中回复即可继续。\n"
        "在消息列中输入 `停止` 可停止回答，输入 `重新开始` 会让我忘记此前的对话。",
    },
    "reason": {
        Locale.EN: "What was wrong?",
        Locale.ZH: "哪里有问题？",
    },
    "reason_title": {
        Locale.EN: "Bad answer",
        Locale.ZH: "没帮助",
    },
    "reason_hint": {
        Locale.EN: "Your rating is noted already; a few words help to improve the answers.",
        Locale.ZH: "您的评价已记录；补充几句有助于改进回答。",
    },
    "question_title": {
        Locale.EN: "Ask about this message",
        Locale.ZH: "就此消息提问",
    },
    "question_hint": {
        Locale.EN: "The answer will stand in the thread of the message.",
        Locale.ZH: "回答会出现在该消息的消息列中。",
    },
    "question": {
        Locale.EN: "Your question",
        Locale.ZH: "您的问题",
    },
    "send": {
        Locale.EN: "Send",
        Locale.ZH: "发送",
    },
    "close": {
        Locale.EN: "Close",
        Locale.ZH: "关闭",
    },
    "sources_lost": {
        Locale.EN: "The sources of this answer are no longer kept. Ask again to see them.",
        Locale.ZH: "此回答的来源已不再保留，重新提问即可查看。",
    },
    "not_opened": {
        Locale.EN: "I could not open the window. Please try again.",
        Locale.ZH: "无法打开窗口，请重试。",
    },
}
