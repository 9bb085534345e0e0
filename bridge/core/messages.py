"""What the bridge itself says in and around an answer, in each language."""

from enum import StrEnum
from typing import NamedTuple


class Locale(StrEnum):
    """The languages in which the bridge speaks, by their tags, as `Sentence` has them."""

    EN = "en"
    ZH = "zh"


class Sentence(NamedTuple):
    """One sentence in English and in Simplified Chinese; `{name}` is filled in."""

    en: str
    zh: str

    def in_language(self, locale: Locale) -> str:
        return str(getattr(self, locale))


MESSAGES: dict[str, Sentence] = {
    "thinking": Sentence("is thinking…", "正在思考…"),
    "waiting": Sentence("is busy; your question is in line…", "正忙，您的问题正在排队…"),
    "in_line": Sentence(
        "The assistant is busy; your question is in line.", "助手正忙，您的问题正在排队。"
    ),
    "slow": Sentence("is still thinking; this takes longer than usual…", "仍在思考，用时比平时长…"),
    "very_slow": Sentence(
        "is still thinking, for much longer than usual; write “stop” to give up…",
        "仍在思考，用时远比平时长；如不想再等，请输入“停止”…",
    ),
    "hello": Sentence(
        "Hi! Ask me something: mention me with your question, or reply in this thread.",
        "您好！请提及我并写下您的问题，或直接在此话题中回复。",
    ),
    "hello_files": Sentence(
        "I cannot read files. Please write your question as text.",
        "我无法读取文件，请用文字写下您的问题。",
    ),
    "hello_images_off": Sentence(
        "I cannot look at images: that is not switched on here. "
        "Please write your question as text.",
        "此处未开启图片读取，我无法查看图片。请用文字写下您的问题。",
    ),
    "look_at_image": Sentence("What does this image show?", "这张图片里是什么内容？"),
    "files_unread": Sentence("The attached files were not read.", "未读取附件。"),
    "files_partly_unread": Sentence(
        "I read {read} of the {count} attached files.", "共 {count} 个附件，已读取其中 {read} 个。"
    ),
    "said_before": Sentence(
        "Earlier in this thread, the newest first:", "此话题中之前的内容（最新的在前）："
    ),
    "thread_read": Sentence(
        "I also read what was said in this thread before.", "我还阅读了此话题中之前的内容。"
    ),
    "images_off": Sentence(
        "The attached files were not read: reading images is not switched on here.",
        "未读取附件：此处未开启图片读取。",
    ),
    "parts_unread": Sentence(
        "A part of the message is of a kind that I cannot read.",
        "消息中有一部分内容的类型无法识别，未读取。",
    ),
    "attached_cut": Sentence(
        "What was quoted or attached is too long for one question: "
        "I read its first {read} characters.",
        "引用或附带的内容过长，仅读取了开头的 {read} 个字符。",
    ),
    "attached_unread": Sentence(
        "Your question left no room for what was quoted or attached: I did not read it.",
        "问题本身较长，未能读取引用或附带的内容。",
    ),
    "too_long": Sentence(
        "Your question has {length} characters; I can take at most {limit}. "
        "Please shorten it and ask again.",
        "您的问题有 {length} 个字符，最多可接受 {limit} 个。请缩短后再问一次。",
    ),
    "late_minutes": Sentence(
        "You asked this {count} min ago; I could not answer sooner.",
        "这是您 {count} 分钟前的提问，未能更早回答。",
    ),
    "late_hours": Sentence(
        "You asked this {count} h ago; I could not answer sooner.",
        "这是您 {count} 小时前的提问，未能更早回答。",
    ),
    "dm_threads": Sentence(
        "Reply in this thread to go on with this conversation; a new message starts a new one.",
        "在此话题中回复即可继续本次对话；新消息会开始新的对话。",
    ),
    "incomplete": Sentence(
        "This answer is incomplete: the connection to the assistant broke off. "
        "(Reference {reference})",
        "回答不完整：与助手的连接中断了。（编号 {reference}）",
    ),
    "stopped": Sentence("Stopped.", "已停止。"),
    "empty": Sentence(
        "The assistant gave no answer to this. Please put your question differently.",
        "助手没有给出回答，请换一种方式提问。",
    ),
    "failed": Sentence(
        "Something went wrong and I could not answer. (Reference {reference})",
        "出了点问题，我无法回答。（编号 {reference}）",
    ),
    "refused": Sentence(
        "The assistant declined this question. (Reference {reference})",
        "助手拒绝了这个问题。（编号 {reference}）",
    ),
    "unavailable": Sentence(
        "The assistant cannot be reached right now. Please ask again in a few minutes. "
        "(Reference {reference})",
        "暂时无法连接助手，请几分钟后再试。（编号 {reference}）",
    ),
    "busy": Sentence(
        "The assistant has too many questions right now. "
        "Please ask again in a few minutes. (Reference {reference})",
        "当前提问较多，请几分钟后再试。（编号 {reference}）",
    ),
    "credentials": Sentence(
        "I am not allowed to ask the assistant. Please tell your administrator. "
        "(Reference {reference})",
        "我没有访问助手的权限，请告知管理员。（编号 {reference}）",
    ),
    "misconfigured": Sentence(
        "The assistant is not set up correctly here. Please tell your administrator. "
        "(Reference {reference})",
        "助手的配置有误，请告知管理员。（编号 {reference}）",
    ),
    "restarted": Sentence(
        "I was restarted before I could finish. Please ask again.",
        "服务刚刚重启，未能完成回答，请再问一次。",
    ),
    "conversation_reset": Sentence(
        "I have forgotten what we said here. Your next question begins a new conversation.",
        "我已忘记此前的对话，您的下一个问题将重新开始。",
    ),
    "nothing_to_stop": Sentence(
        "There is nothing to stop: no answer is running.", "目前没有正在生成的回答，无需停止。"
    ),
    "not_member": Sentence(
        "I am not in this channel. Invite me with `/invite`, then ask again.",
        "我不在此频道中。请先用 `/invite` 邀请我，然后再问一次。",
    ),
    "not_yours": Sentence(
        "Only the person who asked can stop this answer.", "只有提问者本人可以停止此回答。"
    ),
    "refused_channel": Sentence("I do not answer in this channel.", "我不在此频道中回答问题。"),
    "refused_dm": Sentence(
        "I do not answer direct messages. Please mention me in a channel.",
        "我不回答私信，请在频道中提及我。",
    ),
    "refused_person": Sentence(
        "I am not set up to answer you. Your administrator can change that.",
        "我未被设置为回答您的问题，如有需要请联系管理员。",
    ),
    "refused_guest": Sentence("I do not answer guests of this workspace.", "我不回答访客的问题。"),
    "refused_unknown": Sentence(
        "I answer members of this workspace only, and could not find out whether you are one. "
        "Please ask again in a minute.",
        "我只回答工作区成员的问题，暂时无法确认您的身份，请一分钟后再试。",
    ),
    "person_quota": Sentence(
        "You have asked as many questions as one person may. Please ask again in {wait}.",
        "您的提问次数已达上限，请在 {wait}后再问。",
    ),
    "workspace_quota": Sentence(
        "This workspace has asked as many questions as it may. Please ask again in {wait}.",
        "本工作区的提问次数已达上限，请在 {wait}后再问。",
    ),
    "seconds": Sentence("{count} s", "{count} 秒"),
    "minutes": Sentence("{count} min", "{count} 分钟"),
    "hours": Sentence("{count} h", "{count} 小时"),
    "queued": Sentence(
        "Got it. I will answer this after the question before it.",
        "已收到，将在前一个问题之后回答。",
    ),
}
