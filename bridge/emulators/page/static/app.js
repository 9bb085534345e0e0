// The page: shows what the server pushes, and sends what people do. It keeps no truth of its own:
// after every reconnection the server tells everything anew.

import { Composer } from "./composer.js";
import { drawDialog, showErrors } from "./dialog.js";
import { drawList, drawStatus, enliven, markGrowing } from "./messages.js";
import { complain, listen, onControls, press, send } from "./server.js";
import {
  $, WIDE, avatar, botName, hasBot, here, inPlace, isDirect, isMine, keyOf, make, place, placeName, promptsOf,
  statusOf, take, threadKey, threadOf, world,
} from "./world.js";

const SAMPLES = [
  ["你有什么技能?", "你有什么技能?"],
  ["A long answer", "Please give me a long answer about onboarding"],
  ["A table", "Show me the plans as a table"],
  ["Code", "How do I count words? Show me code"],
  ["A list", "Which list do you check before a release?"],
  ["Sources", "How much leave do I have? Name your sources"],
  ["Slow", "A slow question: where do I begin?"],
  ["Paste cells", "Which region sold most?", "Region\tQ1\tQ2\nNorth\t12\t15\nSouth\t9\t21\nWest\t14\t11"],
  ["An error", "Answer this one with an error"],
];

const unread = new Set(); // "user channel"
let awaited = null; // the newest question of one's own, whose thread opens by itself

// --- What the server tells ----------------------------------------------------------------------

const hear = {
  state(state) {
    take(state);
    $("workspace").textContent = state.workspace;
    if (!world.people.includes(here.user)) here.user = world.people[0];
    if (!place()) here.channel = world.channels[0].id;
    if (here.root && !threadOf(here.channel, here.root).length) here.root = null;
    drawAll();
  },
  message({ message }) {
    const key = keyOf(message);
    const isNew = !world.messages.has(key);
    world.messages.set(key, message);
    if (message.is_join) enter(message);
    else if (message.user === world.bot) markGrowing(key, drawMessages);
    if (isNew) notice(message);
    if (message.root) openAwaited(message.root);
    drawMessages();
  },
  deleted({ channel, ts }) {
    world.messages.delete(`${channel} ${ts}`);
    if (here.root === ts && !threadOf(channel, ts).length) closeThread();
    drawMessages();
  },
  status(status) {
    const { channel, root } = status;
    world.statuses.set(threadKey(status), status);
    if (status.words && channel === here.channel) announce(statusOf(channel, root).words);
    if (statusOf(channel, root)) openAwaited(root);
    drawMessages();
  },
  prompts(told) {
    world.prompts.set(threadKey(told), told.prompts);
    drawMessages();
  },
  home(home) {
    world.homes.set(home.user, home);
    drawHome();
  },
  modal({ modal }) {
    world.modals.set(modal.id, modal);
    drawDialog();
  },
  modal_closed({ id }) {
    world.modals.delete(id);
    drawDialog();
  },
  modal_errors({ id, errors }) {
    showErrors(id, errors);
  },
};

function enter({ channel, user }) {
  const { members } = place(channel);
  if (!members.includes(user)) members.push(user);
  drawPlace();
}

function notice(message) {
  const readers = place(message.channel).members.filter((user) => world.people.includes(user));
  for (const reader of readers) {
    const isHere = reader === here.user && message.channel === here.channel && !document.hidden;
    const isForOthers = message.only_for && message.only_for !== reader;
    if (reader !== message.user && !isHere && !isForOthers) unread.add(`${reader} ${message.channel}`);
  }
  if (message.channel === here.channel && message.user !== here.user) {
    const text = make("div", { innerHTML: message.html }).textContent.trim();
    announce(`${message.name}: ${text.slice(0, 160)}`);
  }
  drawSidebar();
}

function announce(text) {
  $("live").textContent = text;
}

function openAwaited(root) {
  if (root !== awaited) return;
  awaited = null;
  if (WIDE.matches) openThread(root, { takesFocus: false });
}

// --- Drawing ------------------------------------------------------------------------------------

function drawAll() {
  sessionStorage.setItem("user", here.user);
  drawSidebar();
  drawPlace();
  drawHome();
  drawMessages({ toEnd: true });
  drawDialog();
}

function drawSidebar() {
  const own = world.channels.filter(isMine);
  const row = (channel) => {
    const isHere = channel.id === here.channel;
    const isUnread = unread.has(`${here.user} ${channel.id}`);
    const button = make("button", { type: "button", className: isUnread ? "unread" : "" });
    button.append(make("span", { className: channel.kind === "im" ? "presence" : "hash" }), placeName(channel.id).replace("#", ""));
    if (isUnread) button.append(make("span", { className: "dot", title: "Unread" }, make("span", { className: "unseen", textContent: "unread" })));
    if (isHere) button.setAttribute("aria-current", "page");
    button.onclick = () => goTo(channel.id);
    return make("li", {}, button);
  };
  $("channels").replaceChildren(...own.filter((channel) => channel.kind !== "im").map(row));
  $("directs").replaceChildren(...own.filter((channel) => channel.kind === "im").map(row));
  $("people").replaceChildren(...world.people.map(drawPerson));
}

function drawPerson(userId) {
  const isMe = userId === here.user;
  const { full, locale } = world.users[userId];
  const hasNews = [...unread].some((entry) => entry.startsWith(userId));
  const language = make("small", { textContent: locale.split("-")[0] });
  const button = make("button", { type: "button", title: `${full}, ${locale}` }, avatar(userId), full.split(" ")[0], language);
  button.setAttribute("aria-pressed", String(isMe));
  if (hasNews && !isMe) button.append(make("span", { className: "dot", title: "Unread" }));
  button.onclick = () => becomeUser(userId);
  return button;
}

function drawPlace() {
  const name = placeName(here.channel);
  const bot = botName();
  $("place").textContent = name;
  $("topic").textContent = isDirect() ? "Direct message with the app" : `Mention @${bot} to ask`;
  $("tabs").hidden = !(isDirect() && world.hasHome);
  $("intro").replaceChildren(
    make("h3", { textContent: isDirect() ? `This is you and ${bot}` : `This is the beginning of ${name}` }),
    make("p", { textContent: isDirect()
      ? "Write a question; the answer grows in a thread under it."
      : `Write @${bot} and a question, or press a button under Try; the answer grows in a thread.` }),
  );
  $("outside").hidden = hasBot();
  $("outside-words").textContent = `${bot} is not in ${name} yet.`;
  $("invite").textContent = `Invite ${bot}`;
  mainComposer.setPlace(`Message ${name}`, `Message ${name}`);
  document.title = `${name} · Bridge demo`;
}

function drawHome() {
  const isShown = isDirect() && world.hasHome && here.tab === "home";
  document.body.classList.toggle("at-home", isShown);
  for (const tab of $("tabs").children) tab.setAttribute("aria-selected", String((tab.id === "tab-home") === isShown));
  $("home").hidden = !isShown;
  if (!isShown) return;
  const home = world.homes.get(here.user);
  if (home && $("home").drawn === home) return;
  $("home").drawn = home;
  const empty = `<p class="empty">The app has shown nothing here yet.</p>`;
  $("home").innerHTML = `<div class="surface">${home?.html ?? empty}</div>`; // escaped by the server
}

function drawMessages({ toEnd = false } = {}) {
  const all = inPlace();
  keepEnd($("scroll"), toEnd, () => drawList($("messages"), all.filter((m) => !m.root), { inThread: false }));
  drawPrompts($("prompts"), promptsOf(here.channel), null);
  $("thread").hidden = !here.root;
  document.body.classList.toggle("has-thread", Boolean(here.root));
  if (!here.root) return;
  keepEnd($("thread-scroll"), toEnd, () => {
    drawList($("replies"), threadOf(here.channel, here.root), { inThread: true });
    drawStatus($("thread-status"), statusOf(here.channel, here.root));
  });
  drawPrompts($("thread-prompts"), promptsOf(here.channel, here.root), here.root);
  $("thread-place").textContent = placeName(here.channel);
  threadComposer.setPlace("Reply…", `Reply in thread in ${placeName(here.channel)}`);
}

function keepEnd(scroll, toEnd, draw) {
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  draw();
  if (toEnd || isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}

function drawPrompts(holder, prompts, root) {
  const drawn = JSON.stringify([here.channel, root, prompts]);
  if (holder.drawn === drawn) return;
  holder.drawn = drawn;
  holder.hidden = !prompts.length;
  holder.replaceChildren(...prompts.map(({ title, message }) => {
    const chip = make("button", { type: "button", className: "chip", textContent: title, title: message });
    chip.onclick = () => (root ? sayInThread(message) : say(message));
    return chip;
  }));
}

// --- Going about --------------------------------------------------------------------------------

function goTo(channelId) {
  here.channel = channelId;
  here.root = null;
  here.tab = "messages";
  awaited = null;
  unread.delete(`${here.user} ${channelId}`);
  showMenu(false);
  drawAll();
  mainComposer.focus();
  if (isDirect()) send("open", { tab: "messages" });
}

function showTab(tab) {
  here.tab = tab;
  if (tab === "home") here.root = null;
  drawHome();
  drawMessages({ toEnd: true });
  send("open", { tab });
}

function becomeUser(userId) {
  const wasDirect = isDirect();
  here.user = userId;
  const own = world.channels.find((channel) => channel.kind === "im" && channel.members.includes(userId));
  goTo(wasDirect ? own.id : here.channel);
}

function openThread(root, { takesFocus = true } = {}) {
  here.root = root;
  drawMessages();
  $("thread-scroll").scrollTop = $("thread-scroll").scrollHeight;
  if (takesFocus) threadComposer.focus();
}

function closeThread() {
  here.root = null;
  drawMessages();
  mainComposer.focus();
}

function showMenu(isOpen) {
  document.body.classList.toggle("has-menu", isOpen);
  $("menu").setAttribute("aria-expanded", String(isOpen));
}

// --- Saying something ---------------------------------------------------------------------------

async function say(text, attached) {
  if (text.startsWith("/")) return order(text);
  const posted = await post(text, attached);
  if (!posted) return false;
  const { ts } = posted;
  awaited = ts;
  if (threadOf(here.channel, ts).length > 1 || statusOf(here.channel, ts)) openAwaited(ts); // the push was faster
  $("scroll").scrollTop = $("scroll").scrollHeight;
  return true;
}

async function sayInThread(text, attached) {
  if (text.startsWith("/")) {
    complain("Slash commands do not work in threads.");
    return false;
  }
  const posted = await post(text, attached, { root: here.root });
  $("thread-scroll").scrollTop = $("thread-scroll").scrollHeight;
  return Boolean(posted);
}

function post(text, attached, where = {}) {
  const { label, ...carried } = attached ?? {};
  return send(carried.source ? "forward" : "messages", { channel: here.channel, text, ...carried, ...where });
}

// Goes with the next message, wherever that is posted.
function forward({ channel, ts, typed, name }) {
  const composer = here.root ? threadComposer : mainComposer;
  composer.attach({ source: channel, ts, label: `Forward: ${typed?.slice(0, 60) || `a message of ${name}`}` });
  composer.focus();
}

async function order(typed) {
  const [, command, text] = typed.match(/^(\/\S*)\s*(.*)$/s);
  if (command === "/invite") return Boolean(await send("invite", { channel: here.channel })); // Slack's own
  if (!world.commands.some(({ name }) => name === command)) {
    complain(`${command} is not a command of this app.`);
    return false;
  }
  const answer = await send("command", { channel: here.channel, command, text });
  if (answer && !answer.is_taken) complain(`The app did not take ${command}.`);
  return Boolean(answer?.is_taken);
}

const mainComposer = new Composer($("composer"), say, { offersCommands: true });
const threadComposer = new Composer($("thread-composer"), sayInThread, { offersCommands: false });

$("samples").append(...SAMPLES.map(([label, question, table]) => {
  const button = make("button", { type: "button", textContent: label, title: question });
  button.onclick = () => {
    showMenu(false);
    mainComposer.set(isDirect() ? question : `@${botName()} ${question}`);
    if (table) mainComposer.attach({ table, label: "A table of 4 rows" });
  };
  return button;
}));
const alert = make("button", { type: "button", textContent: "An alert", title: "Another app posts an alert to ask about" });
alert.onclick = () => { showMenu(false); send("alert", { channel: here.channel }); };
$("samples").append(alert);

enliven($("messages"), { openThread, forward, redraw: drawMessages });
enliven($("replies"), { openThread, forward, redraw: drawMessages });
onControls($("home"), (control) => press(control, "press", { view: world.homes.get(here.user).id }));
$("tab-home").onclick = () => showTab("home");
$("tab-messages").onclick = () => showTab("messages");
$("invite").onclick = () => send("invite", { channel: here.channel });
$("close").onclick = closeThread;
$("menu").onclick = () => showMenu(!document.body.classList.contains("has-menu"));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || $("dialog").open) return;
  if (document.body.classList.contains("has-menu")) showMenu(false);
  else if (here.root) closeThread();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && here.channel && unread.delete(`${here.user} ${here.channel}`)) drawSidebar();
});
listen(hear);
