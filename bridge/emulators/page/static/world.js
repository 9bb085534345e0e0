// What the server has told, where the reader is, and how both are named and found.

export const WIDE = matchMedia("(min-width: 900px)");

export const world = {
  users: {}, people: [], channels: [], bot: "", commands: [], shortcuts: [], firstPrompts: [], hasHome: false,
  samples: [], rules: [], faults: [], hasOwnBeebot: false, ratingsCommand: "", received: new Map(), happened: [],
  messages: new Map(), statuses: new Map(), prompts: new Map(), modals: new Map(), homes: new Map(),
};
export const here = { user: sessionStorage.getItem("user"), channel: null, root: null, tab: "messages" };

export const $ = (id) => document.getElementById(id);
export const keyOf = (message) => `${message.channel} ${message.ts}`;
export const threadKey = ({ channel, root }) => `${channel} ${root ?? ""}`;

export function take(state) {
  const { users, people, channels, bot, commands, shortcuts, samples, rules, faults, happened } = state;
  Object.assign(world, {
    users, people, channels, bot, commands, shortcuts, samples, rules, faults, happened, firstPrompts: state.first_prompts,
    hasHome: state.has_home, hasOwnBeebot: state.has_own_beebot, ratingsCommand: state.ratings_command,
  });
  world.received = new Map(state.received.map((record) => [record.what, record]));
  world.messages = new Map(state.messages.map((message) => [keyOf(message), message]));
  world.statuses = new Map(state.statuses.map((status) => [threadKey(status), status]));
  world.prompts = new Map(state.prompts.map((told) => [threadKey(told), told.prompts]));
  world.modals = new Map(state.modals.map((modal) => [modal.id, modal]));
  world.homes = new Map(state.homes.map((home) => [home.user, home]));
}

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function place(channelId = here.channel) {
  return world.channels.find((channel) => channel.id === channelId);
}

export function isDirect(channelId = here.channel) {
  return place(channelId)?.kind === "im";
}

export function hasBot(channelId = here.channel) {
  return place(channelId).members.includes(world.bot);
}

export function botName() {
  return world.users[world.bot]?.name ?? "";
}

export function placeName(channelId) {
  return isDirect(channelId) ? botName() : `#${place(channelId)?.name}`;
}

export function isMine(channel) {
  const isOpen = channel.kind !== "im" && !world.users[here.user].is_guest;
  return isOpen || channel.members.includes(here.user);
}

export function directChannel() {
  return world.channels.find((channel) => channel.kind === "im" && channel.members.includes(here.user));
}

export function clockTime(ts, more = {}) {
  const { lang } = document.documentElement; // of whoever looks
  return new Date(Number(ts) * 1000).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", ...more });
}

// The app's words under a thread, empty when it has none of its own, and whether Slack's own Stop button
// stands beside them; null when all is done.
export function statusOf(channel, root) {
  const status = world.statuses.get(threadKey({ channel, root }));
  if (!status || !(status.words || status.is_working)) return null;
  return { channel, root, words: status.words, mayStop: status.may_stop };
}

export function titleOf(channel, root) {
  return world.statuses.get(threadKey({ channel, root }))?.title ?? "";
}

export function promptsOf(channel, root = null) {
  const first = isDirect(channel) && !root ? world.firstPrompts : [];
  return world.prompts.get(threadKey({ channel, root })) ?? first;
}

export function topModal() {
  return [...world.modals.values()].filter((modal) => modal.user === here.user).at(-1) ?? null;
}

export function avatar(userId, appName = "") {
  const isBot = userId === world.bot;
  const { full, is_bot: isApp } = world.users[userId];
  const initials = ((isApp && appName) || full).split(" ").map((word) => word[0]).slice(0, 2).join("");
  const number = world.people.indexOf(userId);
  const face = make("span", { className: `face ${isBot ? "bot" : `person-${number}`}` });
  face.textContent = isBot ? "" : initials;
  return face;
}

const isForMe = (message) => !message.only_for || message.only_for === here.user;
const byTime = (a, b) => (a.ts < b.ts ? -1 : 1);

export function inPlace() {
  return [...world.messages.values()].filter((m) => m.channel === here.channel && isForMe(m)).sort(byTime);
}

export function threadOf(channel, root) {
  return [...world.messages.values()]
    .filter((m) => m.channel === channel && (m.ts === root || m.root === root) && isForMe(m))
    .sort(byTime);
}
