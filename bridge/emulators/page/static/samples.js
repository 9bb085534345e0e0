// What can be asked at a press: the robot's own conversations, and what every robot can be asked.

import { language, say } from "./strings.js";
import { directChannel, make, world } from "./world.js";

const KINDS = [
  ["A list", "Which list do you check before a release?", "en"],
  ["Code", "How do I count words? Show me code", "en"],
  ["表格", "请用表格列出套餐", "zh"],
  ["代码", "怎么统计词频？写一段代码", "zh"],
];
const CELLS = {
  en: ["Paste cells", "Which region sold most?", "Region\tQ1\tQ2\nNorth\t12\t15\nSouth\t9\t21\nWest\t14\t11"],
  zh: ["粘贴表格", "哪个地区卖得最多？", "地区\tQ1\tQ2\n华北\t12\t15\n华南\t9\t21\n华西\t14\t11"],
};
const PICTURE = { en: ["A picture", "Which month sold most?"], zh: ["一张图片", "哪个月卖得最多？"] };
const SOLD = [3, 5, 4, 8, 6]; // a bar for each month

// `ask` gets a question and what is attached to it, `command` a question.
export function drawSamples(holder, { ask, command, goHome, postAlert }) {
  const button = (label, title, act) => make("button", { type: "button", textContent: label, title, onclick: act });
  const known = world.samples.map(({ label, question, language: of }) => [label, question, of]);
  const [cellsLabel, cellsQuestion, table] = CELLS[language()];
  const [pictureLabel, pictureQuestion] = PICTURE[language()];
  const asked = [...known, ...KINDS].filter(([, , of]) => of === language());
  const ways = world.commands.map(({ name }) => button(name, say("command_title"), () => command(asked[0][1])));
  if (world.hasHome && directChannel()) ways.push(button(say("home"), say("home_title"), goHome));
  holder.replaceChildren(
    ...asked.map(([label, question]) => button(label, question, () => ask(question))),
    ...ways,
    button(cellsLabel, cellsQuestion, () => ask(cellsQuestion, { table, label: say("rows", { count: table.split("\n").length }) })),
    button(pictureLabel, pictureQuestion, () => ask(pictureQuestion, { picture: drawChart(), label: "chart.png" })),
    button(say("alert"), say("alert_title"), postAlert),
  );
}

function drawChart() {
  const canvas = make("canvas", { width: 320, height: 180 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#2b8573";
  SOLD.forEach((sold, month) => pen.fillRect(20 + month * 58, 170 - sold * 20, 44, sold * 20));
  return canvas.toDataURL("image/png");
}
