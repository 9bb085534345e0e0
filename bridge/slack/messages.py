"""What the bridge says beside answers in Slack, in each language: on buttons, modals, the Home tab,
and to one person alone. What stands in an answer is in `core/messages.py`.
"""

from bridge.core.messages import MESSAGES, Sentence

SLACK_MESSAGES = MESSAGES | {
    "handover": Sentence(
        "The assistant asks for a human to take over here.", "助手请求由人工接手。"
    ),
    "handover_unheard": Sentence(
        "The assistant thinks that a human should answer this. Nobody is told of it from here: "
        "please ask somebody yourself.",
        "助手认为此问题应由人工处理，但此处不会通知任何人，请自行联系相关人员。",
    ),
    "not_stored": Sentence(
        "That did not reach me. Please try again in a moment.", "未能收到，请稍后重试。"
    ),
    "handover_call": Sentence(
        "{name} needs a human: {question}", "{name} 需要人工协助：{question}"
    ),
    "handover_details": Sentence(" ({details})", "（{details}）"),
    "handover_reason": Sentence("reason: {reason}", "原因：{reason}"),
    "handover_group": Sentence("skill group: {group}", "技能组：{group}"),
    "handover_separator": Sentence("; ", "；"),
    "somebody": Sentence("Somebody", "有人"),
    "some_person": Sentence("@someone", "@某人"),
    "some_channel": Sentence("#a channel", "#某个频道"),
    "some_group": Sentence("@a group", "@某个用户组"),
    "asks": Sentence("{user} asks: {question}", "{user} 问：{question}"),
    "show_sources": Sentence("Show sources", "查看来源"),
    "sources": Sentence("Sources", "来源"),
    "cited": Sentence("Sources: {titles}", "来源：{titles}"),
    "no_answer": Sentence(
        "The assistant found no answer to this. Other words may help.",
        "助手没有找到相关答案，可以换一种方式提问。",
    ),
    "stop": Sentence("Stop", "停止"),
    "ask_again": Sentence("Ask again", "重新回答"),
    "new_conversation": Sentence("New conversation", "开始新对话"),
    "good": Sentence("Good answer", "有帮助"),
    "bad": Sentence("Bad answer", "没帮助"),
    "welcome": Sentence(
        "Hello! Ask me anything here. Each new message begins a conversation; replies "
        "in its thread go on with it.",
        "您好！请在此直接提问。每条新消息会开始一段新的对话，在其话题中回复即可继续。",
    ),
    "greeting": Sentence(
        "Hello! I answer questions with Beebot. Mention me with yours and I answer in a "
        "thread; reply there to go on. `/beebot help` tells more.",
        "大家好！我用 Beebot 回答问题。提及我并写下您的问题，我会在话题中回答；"
        "在其中回复即可继续。输入 `/beebot help` 了解更多。",
    ),
    "prompts_title": Sentence("You could ask:", "您可以这样问："),
    "prompts": Sentence(
        "What can you do?|What can you help me with?\n"
        "What do you know?|Which topics do you know about?",
        "你能做什么？|你能帮我做些什么？\n你了解什么？|你了解哪些方面的知识？",
    ),
    "home_title": Sentence("Ask me", "向我提问"),
    "home_intro": Sentence(
        "I answer questions with Beebot. Within a thread I remember what was said.",
        "我用 Beebot 回答问题，并会记住同一话题中的对话。",
    ),
    "home_asking": Sentence("*How to ask*", "*如何提问*"),
    "home_in_messages": Sentence(
        "•  Write to me in the Messages tab. Each message there begins a conversation.",
        "•  在“消息”标签页中给我写消息，每条消息会开始一段新的对话。",
    ),
    "home_in_channels": Sentence(
        "•  Mention me in a channel that I am in. I answer in a thread.\n"
        "•  Reply in the thread to go on.\n"
        "•  Type `/beebot` and your question: I post it in the channel and answer below it.\n"
        "•  In the menu of any message choose “Ask about this message”.",
        "•  在我所在的频道中提及我，我会在话题中回答。\n"
        "•  在话题中回复即可继续对话。\n"
        "•  输入 `/beebot` 和您的问题，我会在频道中发布该问题并在其下方回答。\n"
        "•  在任意消息的菜单中选择“Ask about this message”。",
    ),
    "home_answers": Sentence(
        "*While I answer, and after*\n"
        "•  Write `stop` in the thread and I stop.\n"
        "•  Write `new` in the thread and I forget what was said there.\n"
        "•  The buttons under an answer show its sources, ask a related question, ask "
        "again, and tell whether it helped.",
        "*回答期间与之后*\n"
        "•  在话题中输入 `停止`，我会停止回答。\n"
        "•  在话题中输入 `重新开始`，我会忘记此前的对话。\n"
        "•  回答下方的按钮可以查看来源、提出相关问题、重新回答，以及评价回答是否有帮助。",
    ),
    "home_robot": Sentence("In direct messages {name} answers.", "私信中由 {name} 回答。"),
    "home_others": Sentence("Some channels have a robot of their own.", "部分频道有各自的机器人。"),
    "robot": Sentence("{name} answers here.", "此处由 {name} 回答。"),
    "home_caution": Sentence(
        "My answers come from a language model and can be wrong. Check what matters.",
        "我的回答由语言模型生成，可能有误，重要内容请核实。",
    ),
    "help": Sentence(
        "`/beebot` and your question: I post it here and answer below it.\n"
        "Or mention me, or write to me directly; reply in the thread to go on.\n"
        "`stop` in the thread stops an answer, `new` makes me forget what was said there.",
        "输入 `/beebot` 和您的问题，我会发布该问题并在其下方回答。\n"
        "您也可以提及我或直接给我发消息，在话题中回复即可继续。\n"
        "在话题中输入 `停止` 可停止回答，输入 `重新开始` 会让我忘记此前的对话。",
    ),
    "reason": Sentence("What was wrong?", "哪里有问题？"),
    "reason_title": Sentence("Bad answer", "没帮助"),
    "reason_hint": Sentence(
        "Your rating is noted already; a few words help to improve the answers.",
        "您的评价已记录；补充几句有助于改进回答。",
    ),
    "question_title": Sentence("Ask about this message", "就此消息提问"),
    "question_hint": Sentence(
        "The answer will stand in the thread of the message.", "回答会出现在该消息的话题中。"
    ),
    "question": Sentence("Your question", "您的问题"),
    "send": Sentence("Send", "发送"),
    "close": Sentence("Close", "关闭"),
    "sources_lost": Sentence(
        "The sources of this answer are no longer kept. Ask again to see them.",
        "此回答的来源已不再保留，重新提问即可查看。",
    ),
    "not_opened": Sentence(
        "I could not open the window. Please try again.", "无法打开窗口，请重试。"
    ),
}
