// Messages as a list: each drawn once and changed in place, and what one can do with it.

import { fit, isSendKey } from "./composer.js";
import { complain, onControls, press, send } from "./server.js";
import { say, translate } from "./strings.js";
import { $, avatar, botName, clockTime, here, keyOf, make, statusOf, threadOf, world } from "./world.js";

const GROUPED_S = 300; // messages of one author within this time share a head
const GROWING_MS = 1800; // how long after a change an answer counts as growing
const PARTS = [
  "avatar", "author", "badge", "content", "edited", "private", "replies", "status", "tools", "time", "reply", "forward", "more",
  "shortcuts", "pencil", "trash",
];

const growing = new Map(); // key -> timer
const pressed = new Map(); // user + key + action -> value

export function markGrowing(key, redraw) {
  clearTimeout(growing.get(key));
  growing.set(key, setTimeout(() => { growing.delete(key); redraw(); }, GROWING_MS));
}

// Draws into `list`; `inThread` says whether the list is one thread, or what stands in the channel itself.
export function drawList(list, messages, { inThread }) {
  const old = new Map([...list.children].map((item) => [item.dataset.key, item]));
  messages.forEach((message, index) => {
    const key = keyOf(message);
    const item = old.get(key) ?? build(key);
    old.delete(key);
    fill(item, message, look(message, messages[index - 1], inThread));
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  old.forEach((item) => item.remove());
  if (list.contains(document.activeElement)) return;
  for (const item of list.children) item.tabIndex = item === list.lastElementChild ? 0 : -1;
}

export function wordsOf(status) {
  return `${botName()} ${status.words || say("answering")}`;
}

export function drawStatus(line, status) {
  line.hidden = !status;
  const words = status ? wordsOf(status) : "";
  const drawn = JSON.stringify([status, words]);
  if (line.drawn === drawn) return;
  line.drawn = drawn;
  const dots = make("span", { className: "dots" }, make("i"), make("i"), make("i"));
  dots.setAttribute("aria-hidden", "true");
  line.replaceChildren(dots, words);
  if (!status?.mayStop) return;
  const stop = make("button", { type: "button", className: "button stop", textContent: say("stop") });
  stop.onclick = () => { // one that comes too late stops nothing, and nobody need be told
    stop.disabled = true;
    send("stop", { channel: status.channel, root: status.root }, { quietly: true });
  };
  line.append(stop);
}

// Lets people act on the messages in `list`; `openThread`, `forward` and `redraw` are the page's own.
export function enliven(list, { openThread, forward, redraw }) {
  onControls(list, (control) => pressIn(control));
  keepOneTabStop(list);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const message = button && messageOf(button);
    if (!message || button.dataset.action !== undefined) return;
    if (button.matches(".replies, .reply")) openThread(message.ts);
    else if (button.matches(".forward")) forward(message);
    else if (button.matches(".more")) toggleShortcuts(button);
    else if (button.matches(".pencil")) edit(button.closest(".message"), message, redraw);
    else if (button.matches(".tools .trash")) remove(button, message);
  });
}

// The list is one stop of the Tab key: arrows go from message to message, and the tools of the one that
// has the focus can be reached.
function keepOneTabStop(list) {
  const reach = (item, isReached) => {
    for (const tool of item.querySelectorAll(".tools > button")) tool.tabIndex = isReached ? 0 : -1;
  };
  list.addEventListener("focusin", (event) => {
    const item = event.target.closest(".message");
    for (const other of list.children) if (other !== item) other.tabIndex = -1;
    item.tabIndex = 0;
    reach(item, true);
  });
  list.addEventListener("focusout", (event) => reach(event.target.closest(".message"), false));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = step && event.target.matches(".message") && event.target[step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

function build(key) {
  const item = $("message-template").content.firstElementChild.cloneNode(true);
  item.dataset.key = key;
  translate(item);
  item.parts = Object.fromEntries(PARTS.map((name) => [name, item.querySelector(`.${name}`)]));
  return item;
}

function messageOf(element) {
  return world.messages.get(element.closest(".message")?.dataset.key);
}

function look(message, previous, inThread) {
  const replies = inThread ? [] : threadOf(message.channel, message.ts).slice(1);
  const isClose = previous && Number(message.ts) - Number(previous.ts) < GROUPED_S;
  const hadReplies = previous && !inThread && threadOf(previous.channel, previous.ts).length > 1;
  const isAlike = previous && previous.user === message.user && !previous.is_join && !previous.only_for;
  return {
    isGrouped: Boolean(isClose && isAlike && !hadReplies && !message.only_for && !message.is_join),
    isGrowing: growing.has(keyOf(message)),
    isOwn: message.user === here.user,
    isOpen: !inThread && message.ts === here.root,
    replies: replies.map((reply) => [reply.user, reply.ts]),
    status: inThread ? null : statusOf(message.channel, message.ts),
    inThread,
    reader: here.user,
  };
}

function fill(item, message, look) {
  const drawn = JSON.stringify([message, look, world.bot]);
  if (item.drawn === drawn || item.editing) return;
  item.drawn = drawn;
  const { parts } = item;
  const marks = {
    grouped: look.isGrouped, growing: look.isGrowing, open: look.isOpen, streaming: message.is_streaming,
    joined: message.is_join, whispered: Boolean(message.only_for),
  };
  for (const [name, isSet] of Object.entries(marks)) item.classList.toggle(name, isSet);
  parts.avatar.replaceChildren(avatar(message.user, message.name));
  parts.author.textContent = message.is_app ? message.name : world.users[message.user].full;
  parts.badge.hidden = !message.is_app;
  parts.time.textContent = clockTime(message.ts);
  parts.time.dateTime = new Date(Number(message.ts) * 1000).toISOString();
  fillContent(parts.content, message);
  parts.edited.hidden = !message.is_edited;
  parts.private.hidden = !message.only_for;
  fillReplies(parts.replies, look.replies);
  drawStatus(parts.status, look.status);
  fillTools(parts, message, look);
}

function fillContent(content, message) {
  const reader = `${here.user} ${keyOf(message)}`;
  if (content.drawn !== message.html) {
    content.drawn = message.html;
    content.innerHTML = message.html; // drawn and escaped by the server; the page's policy runs no script in it
  }
  for (const button of content.querySelectorAll(".feedback [data-action]")) {
    const value = pressed.get(`${reader} ${button.dataset.action}`);
    button.setAttribute("aria-pressed", String(value === button.dataset.value));
  }
}

function fillReplies(button, replies) {
  button.hidden = !replies.length;
  if (!replies.length) return;
  const authors = [...new Set(replies.map(([user]) => user))].slice(0, 3).map((user) => avatar(user));
  const count = make("span", { className: "count", textContent: say(replies.length === 1 ? "reply" : "replies", { count: replies.length }) });
  const last = make("span", { className: "last", textContent: say("last_at", { time: clockTime(replies.at(-1)[1]) }) });
  button.replaceChildren(...authors, count, last);
}

function fillTools(parts, message, look) {
  const isCommon = !message.only_for && !message.is_join;
  parts.reply.hidden = look.inThread || !isCommon;
  parts.forward.hidden = !isCommon;
  parts.more.hidden = !isCommon || !world.shortcuts.length;
  parts.pencil.hidden = parts.trash.hidden = !look.isOwn || !isCommon;
  if (!parts.more.hidden) parts.shortcuts.replaceChildren(...world.shortcuts.map((shortcut) => offer(shortcut, message)));
}

function offer(shortcut, { channel, ts }) {
  const button = make("button", { type: "button", textContent: shortcut.name });
  button.onclick = async () => {
    button.parentElement.hidden = true;
    const answer = await send("shortcut", { channel, ts, shortcut: shortcut.id });
    if (answer && !answer.is_taken) complain(say("not_taken_as", { name: `“${shortcut.name}”` }));
  };
  return button;
}

function toggleShortcuts(button) {
  const list = button.closest(".tools").querySelector(".shortcuts");
  list.hidden = !list.hidden;
  if (!list.hidden) list.firstElementChild.focus();
  const closeOutside = (event) => {
    if (list.contains(event.target) || button.contains(event.target)) return;
    list.hidden = true;
    document.removeEventListener("pointerdown", closeOutside);
  };
  document.addEventListener("pointerdown", closeOutside);
}

async function pressIn(control) {
  const message = messageOf(control);
  const isTaken = await press(control, "click", { channel: message.channel, ts: message.ts });
  if (!isTaken || !control.closest(".feedback")) return;
  pressed.set(`${here.user} ${keyOf(message)} ${control.dataset.action}`, control.dataset.value);
  const content = control.closest(".content"); // null when the app has redrawn it meanwhile
  if (content) fillContent(content, message);
}

function edit(item, message, redraw) {
  const { content } = item.parts;
  const area = make("textarea", { value: message.typed, ariaLabel: say("edit") });
  const form = make("form", { className: "edit" }, area,
    make("button", { type: "button", className: "button", textContent: say("cancel") }),
    make("button", { type: "submit", className: "button primary", textContent: say("save") }));
  const finish = () => { item.editing = false; content.drawn = item.drawn = null; redraw(); };
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
  button.title = button.ariaLabel = say("delete_sure");
  button.onblur = () => {
    button.classList.remove("sure");
    button.title = button.ariaLabel = say("delete");
  };
}
