"""The words of the demo answers, in the robot's two languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`opening` takes the question and how many the session has had, `pictures` how many came with
    the question; the rest is Markdown.
    """

    opening: str
    pictures: str
    general: str
    section: str
    table: str
    list: str
    code: str
    sources: tuple[str, ...]
    questions: tuple[str, ...]
    which: str
    options: tuple[str, ...]
    transfer: str


ENGLISH = Language(
    opening="You asked: {question}\n\nThis is question {turn} of our conversation.",
    pictures="Pictures that came with it: {count}. A demo cannot look at them; Beebot does.",
    general=(
        "Here is how I would go about it:\n\n"
        "1. **Say what you want to reach.** One sentence is enough, and it saves a long detour.\n"
        "2. **Look at what is there already.** Most questions have been asked before; the "
        "knowledge base holds the answers of your colleagues.\n"
        "3. **Try the smallest step first.** If it works, the next one is easier to choose.\n\n"
        "> A follow-up in this thread keeps its context, so you need not repeat yourself.\n\n"
        "Type `list`, `table`, `code` or `sources` to see other kinds of answers."
    ),
    section="Part",
    table=(
        "| Plan | Seats | Price per month | Support |\n"
        "|------|------:|----------------:|---------|\n"
        "| Starter | 5 | $0 | Community |\n"
        "| Team | 50 | $199 | Weekdays, within 8 hours |\n"
        "| Business | 500 | $999 | Every day, within 1 hour |\n\n"
        "All plans include **single sign-on** and an audit log for 90 days."
    ),
    list=(
        "What to check before a release:\n\n"
        "- **Tests** pass on the main branch\n"
        "  - unit tests\n"
        "  - tests against the emulators\n"
        "- **Changelog** tells the operator what to do\n"
        "- **Rollback** was tried, and takes less than five minutes\n\n"
        "In this order:\n\n1. Tag the commit\n2. Build the package\n3. Roll out to 10 %"
    ),
    code=(
        "A small example in Python:\n\n"
        "```python\n"
        "from collections import Counter\n\n\n"
        "def most_common_words(text: str, count: int = 3) -> list[str]:\n"
        '    """The words that occur most often, most frequent first."""\n'
        "    words = Counter(text.lower().split())\n"
        "    return [word for word, _ in words.most_common(count)]\n"
        "```\n\n"
        "`Counter` does the counting; ties keep the order of first occurrence."
    ),
    sources=("Employee handbook", "Onboarding guide", "Frequently asked questions"),
    questions=("How do I get access?", "Who can approve it?", "How long does it take?"),
    which="Which of these do you mean?",
    options=("Annual leave", "Sick leave", "Parental leave"),
    transfer="I am transferring you to a colleague; please wait a moment.",
)

CHINESE = Language(
    opening="您的问题是：{question}\n\n这是本次会话的第 {turn} 个问题。",
    pictures="随问题收到了您的 {count} 张图片。我只是演示，看不懂图片；真正的 Beebot 可以。",
    general=(
        "我的建议如下：\n\n"
        "1. **先说清目标。** 用一句话描述您想达到的结果，可以少走很多弯路。\n"
        "2. **再查已有资料。** 大多数问题同事都问过，知识库里往往已经有现成的答案。\n"
        "3. **从最小的一步开始。** 这一步走通了，下一步该怎么做就更容易判断。\n\n"
        "> 在同一话题下继续提问，我会记住上下文，您不必重复说明背景。\n\n"
        "输入“列表”、“表格”、“代码”或“来源”，可以看到其他形式的回答。"
    ),
    section="要点",
    table=(
        "| 套餐 | 席位 | 每月价格 | 支持 |\n"
        "|------|-----:|---------:|------|\n"
        "| 基础版 | 5 | ¥0 | 社区 |\n"
        "| 团队版 | 50 | ¥1,299 | 工作日 8 小时内 |\n"
        "| 企业版 | 500 | ¥6,999 | 每天 1 小时内 |\n\n"
        "所有套餐都包含**单点登录**和 90 天的审计日志。"
    ),
    list=(
        "发布之前请检查：\n\n"
        "- **测试**：主分支全部通过\n"
        "  - 单元测试\n"
        "  - 模拟环境测试\n"
        "- **变更日志**：写明运维需要做什么\n"
        "- **回滚**：已演练，五分钟内完成\n\n"
        "顺序如下：\n\n1. 打标签\n2. 构建安装包\n3. 先发布 10%"
    ),
    code=(
        "一个 Python 小例子：\n\n"
        "```python\n"
        "from collections import Counter\n\n\n"
        "def most_common_words(text: str, count: int = 3) -> list[str]:\n"
        '    """出现次数最多的词，按次数从高到低。"""\n'
        "    words = Counter(text.lower().split())\n"
        "    return [word for word, _ in words.most_common(count)]\n"
        "```\n\n"
        "`Counter` 负责计数；次数相同的词保持首次出现的顺序。"
    ),
    sources=("员工手册", "入职指南", "常见问题"),
    questions=("如何申请权限？", "由谁审批？", "需要多长时间？"),
    which="请问您想了解哪一种？",
    options=("年假", "病假", "育儿假"),
    transfer="正在为您转接人工客服，请稍候。",
)
