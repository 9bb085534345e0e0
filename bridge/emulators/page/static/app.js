// The page: shows what the server pushes, and sends what people do. It keeps no truth of its own:
// after every reconnection the server tells everything anew.

import { Composer } from "./composer.js";
import { drawDialog, showErrors } from "./dialog.js";
import { drawList, drawStatus, enliven, markGrowing, wordsOf } from "./messages.js";
import { drawSamples } from "./samples.js";
import { complain, listen, onControls, press, send } from "./server.js";
import { language, say, translate } from "./strings.js";
import {
  $, WIDE, avatar, botName, clockTime, directChannel, hasBot, here, inPlace, isDirect, isMine, keyOf, make, place, placeName, promptsOf,
  statusOf, take, threadKey, threadOf, titleOf, world,
} from "./world.js";

const unread = new Set(); // "user channel"
let awaited = null; // the newest question of one's own, whose thread opens by itself
let awaitsRoot = false; // a command was typed: the app posts the question

// --- What the server tells ----------------------------------------------------------------------

const hear = {
  state(state) {
    take(state);
    $("workspace").textContent = state.workspace;
    if (!world.people.includes(here.user)) here.user = whoSpeaks(navigator.language);
    readAddress();
    if (!place() || !isMine(place())) here.channel = world.channels[0].id;
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
    if (isNew && awaitsRoot) awaitRoot(message);
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
    if (status.words && channel === here.channel) announce(wordsOf(status));
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
  received(record) {
    world.received.set(record.what, record);
    drawReceived();
  },
  happened(event) {
    world.happened.push(event);
    drawHappened();
    $("happened").lastElementChild.scrollIntoView({ block: "nearest" });
    announce(event[language()]);
    complain(event[language()]);
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

function whoSpeaks(language) {
  const [own] = language.split("-");
  return world.people.find((user) => world.users[user].locale.startsWith(own)) ?? world.people[0];
}

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
  openThread(root, { takesFocus: false });
}

function awaitRoot(message) {
  if (message.channel !== here.channel || message.user !== world.bot || message.root) return;
  awaitsRoot = false;
  if (!message.only_for) awaited = message.ts;
}

// --- Where the reader is ------------------------------------------------------------------------

// `#CHANNEL` or `#CHANNEL/ROOT`, so that a reload, a bookmark and the Back key keep the place.
function readAddress() {
  const [channel, root] = location.hash.slice(1).split("/");
  const found = world.channels.find((one) => one.id === channel && isMine(one));
  if (!found) return;
  here.channel = found.id;
  here.root = root || null;
}

function writeAddress() {
  const address = `#${here.channel}${here.root ? `/${here.root}` : ""}`;
  if (location.hash !== address) history.pushState(null, "", address);
}

// --- Drawing ------------------------------------------------------------------------------------

function drawAll() {
  sessionStorage.setItem("user", here.user);
  sessionStorage.setItem("language", language());
  document.documentElement.lang = language();
  translate(document);
  $("note").textContent = say(world.hasOwnBeebot ? "note_beebot" : "note");
  drawSamples($("samples"), { ask: askSample, command, goHome, postAlert: () => send("alert", { channel: here.channel }) });
  drawButtons("rules", "rule-list", world.rules);
  drawButtons("faults", "fault-list", world.faults);
  drawHappened();
  drawReceived();
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
    if (isUnread) button.append(make("span", { className: "dot", title: say("unread") }, make("span", { className: "unseen", textContent: say("unread") })));
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
  const { full, locale, is_guest: isGuest } = world.users[userId];
  const hasNews = [...unread].some((entry) => entry.startsWith(userId));
  const kind = isGuest ? say("guest") : locale;
  const mark = make("small", { textContent: isGuest ? kind : locale.split("-")[0] });
  const button = make("button", { type: "button", title: `${full}, ${kind}` }, avatar(userId), full.split(" ")[0], mark);
  button.setAttribute("aria-pressed", String(isMe));
  if (hasNews && !isMe) button.append(make("span", { className: "dot", title: say("unread") }));
  button.onclick = () => becomeUser(userId);
  return button;
}

function drawPlace() {
  const name = placeName(here.channel);
  const bot = botName();
  $("place").textContent = name;
  $("topic").textContent = say(isDirect() ? "direct_topic" : "channel_topic", { bot });
  $("tabs").hidden = !(isDirect() && world.hasHome);
  $("intro").replaceChildren(
    make("h3", { textContent: say(isDirect() ? "direct_intro" : "channel_intro", { bot, name }) }),
    make("p", { textContent: say(isDirect() ? "direct_how" : "channel_how", { bot }) }),
  );
  $("outside").hidden = hasBot();
  $("outside-words").textContent = say("outside", { bot, name });
  $("invite").textContent = say("invite", { bot });
  const label = say("message_to", { name });
  mainComposer.setPlace(label, label, isDirect() ? null : `@${bot}`);
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
  const empty = `<p class="empty">${say("nothing_home")}</p>`;
  $("home").innerHTML = `<div class="surface">${home?.html ?? empty}</div>`; // escaped by the server
}

function drawMessages({ toEnd = false } = {}) {
  const all = inPlace();
  keepEnd($("scroll"), toEnd, () => {
    drawList($("messages"), all.filter((m) => !m.root), { inThread: false });
    drawPrompts($("prompts"), promptsOf(here.channel), null);
    $("thread").hidden = !here.root; // the channel becomes narrower, and so longer
    document.body.classList.toggle("has-thread", Boolean(here.root));
  });
  if (!here.root) return;
  keepEnd($("thread-scroll"), toEnd, () => {
    drawList($("replies"), threadOf(here.channel, here.root), { inThread: true });
    drawStatus($("thread-status"), statusOf(here.channel, here.root));
  });
  drawPrompts($("thread-prompts"), promptsOf(here.channel, here.root), here.root);
  const title = titleOf(here.channel, here.root);
  $("thread-place").textContent = title ? `${placeName(here.channel)} · ${title}` : placeName(here.channel);
  threadComposer.setPlace(say("reply_placeholder"), say("reply_label", { name: placeName(here.channel) }));
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
    chip.onclick = () => (root ? postInThread(message) : postHere(message));
    return chip;
  }));
}

function drawButtons(section, list, buttons) {
  $(section).hidden = !buttons.length;
  $(list).replaceChildren(...buttons.map(({ name, label, effect }) => {
    const button = make("button", { type: "button", textContent: label[language()] });
    button.onclick = async () => {
      button.disabled = true;
      const found = await send("button", { name });
      button.disabled = false;
      if (found?.ts) return lookAt(found);
      if (found) button.classList.add("armed");
      setTimeout(() => button.classList.remove("armed"), 3000);
    };
    return make("li", {}, button, make("small", { textContent: effect[language()] }));
  }));
}

function drawHappened() {
  $("happened").replaceChildren(...world.happened.map((event) => {
    const time = make("time", { textContent: clockTime(event.at, { second: "2-digit" }) });
    return make("li", {}, time, ` ${event[language()]}`);
  }));
}

// The fields as they were sent, so that nobody has to believe what is said of them.
function drawReceived() {
  $("received").hidden = !world.received.size;
  const parts = [...world.received.values()].flatMap(({ what, fields }) => {
    const list = make("dl", {}, ...Object.entries(fields).flatMap(([name, value]) => [
      make("dt", { textContent: name }),
      make("dd", { textContent: typeof value === "string" ? value : JSON.stringify(value) }),
    ]));
    return [make("h3", { textContent: say(`received_${what}`) }), list];
  });
  if (world.received.has("rating")) {
    parts.push(make("p", { textContent: say("ratings_hint") }), make("code", { textContent: world.ratingsCommand }));
  }
  $("received-fields").replaceChildren(...parts);
}

// --- Going about --------------------------------------------------------------------------------

function goTo(channelId) {
  here.channel = channelId;
  here.root = null;
  here.tab = "messages";
  awaited = null;
  unread.delete(`${here.user} ${channelId}`);
  awaitsRoot = false;
  showMenu(false);
  writeAddress();
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
  const next = wasDirect ? directChannel() : place();
  goTo(next && isMine(next) ? next.id : world.channels[0].id);
}

// Where a button has led.
function lookAt({ user, channel, ts }) {
  here.user = user;
  goTo(channel);
  awaited = ts;
  if (threadOf(channel, ts).length > 1 || statusOf(channel, ts)) openAwaited(ts);
}

function openThread(root, { takesFocus = true } = {}) {
  here.root = root;
  writeAddress();
  drawMessages();
  $("thread-scroll").scrollTop = $("thread-scroll").scrollHeight;
  if (takesFocus) threadComposer.focus();
}

function closeThread() {
  here.root = null;
  writeAddress();
  drawMessages();
  mainComposer.focus();
}

function showMenu(isOpen) {
  document.body.classList.toggle("has-menu", isOpen);
  $("menu").setAttribute("aria-expanded", String(isOpen));
}

// --- Saying something ---------------------------------------------------------------------------

function askSample(question, attached) {
  showMenu(false);
  return postHere(isDirect() ? question : `@${botName()} ${question}`, attached);
}

function command(question) {
  showMenu(false);
  return order(`${world.commands[0].name} ${question}`);
}

function goHome() {
  goTo(directChannel().id);
  showTab("home");
}

async function postHere(text, attached) {
  if (text.startsWith("/")) return order(text);
  const posted = await post(text, attached);
  if (!posted) return false;
  const { ts } = posted;
  awaited = ts;
  if (threadOf(here.channel, ts).length > 1 || statusOf(here.channel, ts)) openAwaited(ts); // the push was faster
  $("scroll").scrollTop = $("scroll").scrollHeight;
  return true;
}

async function postInThread(text, attached) {
  if (text.startsWith("/")) {
    complain(say("no_thread_commands"));
    return false;
  }
  const posted = await post(text, attached, { root: here.root });
  $("thread-scroll").scrollTop = $("thread-scroll").scrollHeight;
  return Boolean(posted);
}

function post(text, attached, where = {}) {
  const { label, ...carried } = attached ?? {};
  if (carried.picture) carried.name = label;
  return send(carried.source ? "forward" : "messages", { channel: here.channel, text, ...carried, ...where });
}

// Goes with the next message, wherever that is posted.
function forward({ channel, ts, typed, name }) {
  const composer = here.root ? threadComposer : mainComposer;
  composer.attach({ source: channel, ts, label: say("forwarded", { text: typed?.slice(0, 60) || say("a_message_of", { name }) }) });
  composer.focus();
}

async function order(typed) {
  const [, command, text] = typed.match(/^(\/\S*)\s*(.*)$/s);
  if (command === "/invite") return Boolean(await send("invite", { channel: here.channel })); // Slack's own
  if (!world.commands.some(({ name }) => name === command)) {
    complain(say("no_command", { name: command }));
    return false;
  }
  awaitsRoot = true;
  const answer = await send("command", { channel: here.channel, command, text });
  if (answer && !answer.is_taken) complain(say("not_taken_as", { name: command }));
  return Boolean(answer?.is_taken);
}

const mainComposer = new Composer($("composer"), postHere, { offersCommands: true });
const threadComposer = new Composer($("thread-composer"), postInThread, { offersCommands: false });

enliven($("messages"), { openThread, forward, redraw: drawMessages });
enliven($("replies"), { openThread, forward, redraw: drawMessages });
onControls($("home"), (control) => press(control, "press", { view: world.homes.get(here.user).id }));
$("tab-home").onclick = () => showTab("home");
$("tab-messages").onclick = () => showTab("messages");
$("invite").onclick = () => send("invite", { channel: here.channel });
$("close").onclick = closeThread;
$("skip").onclick = () => mainComposer.area.focus();
addEventListener("popstate", () => { readAddress(); drawAll(); });
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
