// The page: shows what the server pushes, and sends what people do. It keeps no truth of its own:
// after every reconnection the server tells everything anew.

import { Composer, fit, isSendKey } from "./composer.js";
import {
  $, WIDE, avatar, botName, clockTime, here, inPlace, isDirect, isMine, keyOf, make, place, placeName, statusWords,
  threadOf, world,
} from "./world.js";

const SAMPLES = [
  ["你有什么技能?", "你有什么技能?"],
  ["A long answer", "Please give me a long answer about onboarding"],
  ["A table", "Show me the plans as a table"],
  ["Code", "How do I count words? Show me code"],
  ["A list", "Which list do you check before a release?"],
  ["Sources", "How much leave do I have? Name your sources"],
  ["Slow", "A slow question: where do I begin?"],
  ["An error", "Answer this one with an error"],
];
const GROUPED_S = 300; // messages of one author within this time share a head
const GROWING_MS = 1800; // how long after a change an answer counts as growing

const unread = new Set(); // "user channel"
const growing = new Map(); // key -> timer
const pressed = new Map(); // key + action -> value
let awaited = null; // the newest question of one's own, whose thread opens by itself

let toastTimer;
function complain(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 5000);
}

// --- Talking to the server ----------------------------------------------------------------------

async function send(what, body) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" } };
  try {
    const response = await fetch(`/ui/${what}`, { ...request, body: JSON.stringify({ user: here.user, ...body }) });
    if (response.ok) return await response.json();
    complain(await response.text());
  } catch {
    complain("The demo does not answer. Is it still running?");
  }
  return null;
}

function listen() {
  const source = new EventSource("/ui/events");
  source.onopen = () => { $("connection").textContent = ""; };
  source.onerror = () => {
    $("connection").textContent = "Reconnecting…";
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
  source.onmessage = (event) => {
    const news = JSON.parse(event.data);
    hear[news.type](news);
  };
}

const hear = {
  state(state) {
    Object.assign(world, { users: state.users, people: state.people, channels: state.channels, bot: state.bot });
    world.messages = new Map(state.messages.map((message) => [keyOf(message), message]));
    world.statuses = new Map(state.statuses.map((s) => [`${s.channel} ${s.root}`, s.words]));
    $("workspace").textContent = state.workspace;
    if (!world.people.includes(here.user)) here.user = world.people[0];
    if (!place(here.channel)) here.channel = world.channels[0].id;
    if (here.root && !threadOf(here.channel, here.root).length) here.root = null;
    drawAll();
  },
  message({ message }) {
    const key = keyOf(message);
    const isNew = !world.messages.has(key);
    world.messages.set(key, message);
    if (message.user === world.bot) markGrowing(key);
    if (isNew) notice(message);
    if (message.root) openAwaited(message.root);
    drawMessages();
  },
  deleted({ channel, ts }) {
    world.messages.delete(`${channel} ${ts}`);
    if (here.root === ts && !threadOf(channel, ts).length) closeThread();
    drawMessages();
  },
  status({ channel, root, words }) {
    if (words) world.statuses.set(`${channel} ${root}`, words);
    else world.statuses.delete(`${channel} ${root}`);
    if (words && channel === here.channel) announce(statusWords(channel, root));
    openAwaited(root);
    drawMessages();
  },
};

function markGrowing(key) {
  clearTimeout(growing.get(key));
  growing.set(key, setTimeout(() => { growing.delete(key); drawMessages(); }, GROWING_MS));
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
  drawMessages({ toEnd: true });
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
  const hasNews = [...unread].some((entry) => entry.startsWith(userId));
  const button = make("button", { type: "button" }, avatar(userId), world.users[userId].full.split(" ")[0]);
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
  $("intro").replaceChildren(
    make("h3", { textContent: isDirect() ? `This is you and ${bot}` : `This is the beginning of ${name}` }),
    make("p", { textContent: isDirect()
      ? "Write a question; the answer grows in a thread under it."
      : `Write @${bot} and a question, or press a button under Try; the answer grows in a thread.` }),
  );
  mainComposer.setPlace(`Message ${name}`, `Message ${name}`);
  document.title = `${name} · Bridge demo`;
}

function drawMessages({ toEnd = false } = {}) {
  const all = inPlace();
  keepEnd($("scroll"), toEnd, () => drawList($("messages"), all.filter((m) => !m.root), { inThread: false }));
  $("thread").hidden = !here.root;
  document.body.classList.toggle("has-thread", Boolean(here.root));
  if (!here.root) return;
  keepEnd($("thread-scroll"), toEnd, () => {
    drawList($("replies"), threadOf(here.channel, here.root), { inThread: true });
    drawStatus($("thread-status"), statusWords(here.channel, here.root));
  });
  $("thread-place").textContent = placeName(here.channel);
  threadComposer.setPlace("Reply…", `Reply in thread in ${placeName(here.channel)}`);
}

function keepEnd(scroll, toEnd, draw) {
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  draw();
  if (toEnd || isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}

function drawList(list, messages, { inThread }) {
  const old = new Map([...list.children].map((item) => [item.dataset.key, item]));
  messages.forEach((message, index) => {
    const key = keyOf(message);
    const item = old.get(key) ?? $("message-template").content.firstElementChild.cloneNode(true);
    old.delete(key);
    item.dataset.key = key;
    fill(item, message, look(message, messages[index - 1], inThread));
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  old.forEach((item) => item.remove());
}

function look(message, previous, inThread) {
  const replies = inThread ? [] : threadOf(message.channel, message.ts).slice(1);
  const isClose = previous && Number(message.ts) - Number(previous.ts) < GROUPED_S;
  const hadReplies = previous && !inThread && threadOf(previous.channel, previous.ts).length > 1;
  return {
    isGrouped: Boolean(isClose && previous.user === message.user && !hadReplies && !message.only_for),
    isGrowing: growing.has(keyOf(message)),
    isOwn: message.user === here.user,
    isOpen: !inThread && message.ts === here.root,
    replies: replies.map((reply) => [reply.user, reply.ts]),
    status: inThread ? "" : statusWords(message.channel, message.ts),
    inThread,
  };
}

function fill(item, message, look) {
  const drawn = JSON.stringify([message, look, world.bot]);
  if (item.drawn === drawn || item.editing) return;
  item.drawn = drawn;
  const part = (name) => item.querySelector(`:scope > .${name}, :scope > .said > .${name}, :scope > .said > .head > .${name}`);
  const isBot = message.user === world.bot;
  item.classList.toggle("grouped", look.isGrouped);
  item.classList.toggle("growing", look.isGrowing);
  item.classList.toggle("open", look.isOpen);
  part("avatar").replaceChildren(avatar(message.user));
  part("author").textContent = isBot ? message.name : world.users[message.user]?.full ?? message.name;
  part("badge").hidden = !isBot;
  const time = item.querySelector("time");
  time.textContent = clockTime(message.ts);
  time.dateTime = new Date(Number(message.ts) * 1000).toISOString();
  fillContent(part("content"), message);
  part("edited").hidden = !message.is_edited;
  part("private").hidden = !message.only_for;
  fillReplies(part("replies"), look.replies);
  drawStatus(part("status"), look.status);
  item.querySelector(".tools .reply").hidden = look.inThread;
  item.querySelector(".tools .pencil").hidden = !look.isOwn;
  item.querySelector(".tools .trash").hidden = !look.isOwn;
}

function fillContent(content, message) {
  if (content.drawn === message.html) return;
  content.drawn = message.html;
  content.innerHTML = message.html; // drawn and escaped by the server; the page's policy runs no script in it
  for (const button of content.querySelectorAll("button[data-action]")) {
    const value = pressed.get(`${keyOf(message)} ${button.dataset.action}`);
    if (value !== undefined) button.setAttribute("aria-pressed", String(value === (button.dataset.value ?? "")));
  }
}

function fillReplies(button, replies) {
  button.hidden = !replies.length;
  if (!replies.length) return;
  const authors = [...new Set(replies.map(([user]) => user))].slice(0, 3).map(avatar);
  const count = make("span", { className: "count", textContent: replies.length === 1 ? "1 reply" : `${replies.length} replies` });
  const last = make("span", { className: "last", textContent: `Last at ${clockTime(replies.at(-1)[1])}` });
  button.replaceChildren(...authors, count, last);
}

function drawStatus(line, words) {
  line.hidden = !words;
  if (line.words === words) return;
  line.words = words;
  const dots = make("span", { className: "dots" }, make("i"), make("i"), make("i"));
  dots.setAttribute("aria-hidden", "true");
  line.replaceChildren(dots, words);
}

// --- Going about --------------------------------------------------------------------------------

function goTo(channelId) {
  here.channel = channelId;
  here.root = null;
  awaited = null;
  unread.delete(`${here.user} ${channelId}`);
  showMenu(false);
  drawAll();
  mainComposer.focus();
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

// --- Acting on messages -------------------------------------------------------------------------

function onMessageClick(event) {
  const button = event.target.closest("button");
  const item = event.target.closest(".message");
  const message = item && world.messages.get(item.dataset.key);
  if (!button || !message) return;
  if (button.dataset.action !== undefined) press(button, message);
  else if (button.matches(".replies, .reply")) openThread(message.ts);
  else if (button.matches(".pencil")) edit(item, message);
  else if (button.matches(".trash")) remove(button, message);
}

async function press(button, message) {
  const { action, value } = button.dataset;
  const { channel, ts } = message;
  const answer = await send("click", { channel, ts, action, ...(value === undefined ? {} : { value }) });
  if (!answer) return;
  if (!answer.is_taken) return complain("The app did not take the click.");
  if (!button.matches(".good, .bad")) return;
  pressed.set(`${keyOf(message)} ${action}`, value ?? "");
  for (const side of button.parentElement.querySelectorAll("[data-action]")) {
    side.setAttribute("aria-pressed", String(side === button));
  }
}

function edit(item, message) {
  const content = item.querySelector(".content");
  const area = make("textarea", { value: message.typed, ariaLabel: "Edit message" });
  const form = make("form", { className: "edit" }, area,
    make("button", { type: "button", className: "button", textContent: "Cancel" }),
    make("button", { type: "submit", className: "button primary", textContent: "Save" }));
  const finish = () => { item.editing = false; content.drawn = item.drawn = null; drawMessages(); };
  form.querySelector("[type=button]").onclick = finish;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const { channel, ts } = message;
    if (area.value.trim() && await send("edit", { channel, ts, text: area.value })) finish();
  };
  area.onkeydown = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); finish(); }
    if (isSendKey(event)) { event.preventDefault(); form.requestSubmit(); }
  };
  item.editing = true;
  content.replaceChildren(form);
  fit(area);
  area.focus();
}

function remove(button, message) {
  if (button.classList.contains("sure")) {
    send("delete", { channel: message.channel, ts: message.ts });
    return;
  }
  button.classList.add("sure");
  button.title = button.ariaLabel = "Press again to delete";
  button.onblur = () => {
    button.classList.remove("sure");
    button.title = "Delete";
    button.ariaLabel = "Delete message";
  };
}

const mainComposer = new Composer($("composer"), async (text) => {
  const posted = await send("messages", { channel: here.channel, text });
  if (!posted) return false;
  const { ts } = posted;
  const isBegun = threadOf(here.channel, ts).length > 1 || world.statuses.has(`${here.channel} ${ts}`);
  awaited = ts;
  if (isBegun) openAwaited(ts); // the push was faster than the answer to the post
  $("scroll").scrollTop = $("scroll").scrollHeight;
  return true;
});

const threadComposer = new Composer($("thread-composer"), async (text) => {
  const posted = await send("messages", { channel: here.channel, text, root: here.root });
  $("thread-scroll").scrollTop = $("thread-scroll").scrollHeight;
  return Boolean(posted);
});

$("samples").append(...SAMPLES.map(([label, question]) => {
  const button = make("button", { type: "button", textContent: label, title: question });
  button.onclick = () => {
    showMenu(false);
    mainComposer.set(isDirect() ? question : `@${botName()} ${question}`);
  };
  return button;
}));

$("messages").onclick = onMessageClick;
$("replies").onclick = onMessageClick;
$("close").onclick = closeThread;
$("menu").onclick = () => showMenu(!document.body.classList.contains("has-menu"));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (document.body.classList.contains("has-menu")) showMenu(false);
  else if (here.root) closeThread();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && here.channel && unread.delete(`${here.user} ${here.channel}`)) drawSidebar();
});
listen();
