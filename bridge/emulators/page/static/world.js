// What the server has told, where the reader is, and how both are named and found.

export const WIDE = matchMedia("(min-width: 900px)");

export const world = { users: {}, people: [], channels: [], bot: "", messages: new Map(), statuses: new Map() };
export const here = { user: sessionStorage.getItem("user"), channel: null, root: null };

export const $ = (id) => document.getElementById(id);
export const keyOf = (message) => `${message.channel} ${message.ts}`;

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function place(channelId) {
  return world.channels.find((channel) => channel.id === channelId);
}

export function isDirect(channelId = here.channel) {
  return place(channelId)?.kind === "im";
}

export function botName() {
  return world.users[world.bot]?.name ?? "";
}

export function placeName(channelId) {
  return isDirect(channelId) ? botName() : `#${place(channelId)?.name}`;
}

export function isMine(channel) {
  return channel.kind !== "im" || channel.members.includes(here.user);
}

export function clockTime(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function statusWords(channel, root) {
  const words = world.statuses.get(`${channel} ${root}`);
  return words ? `${botName()} ${words}` : "";
}

export function avatar(userId) {
  const isBot = userId === world.bot;
  const full = world.users[userId]?.full ?? userId;
  const initials = full.split(" ").map((word) => word[0]).slice(0, 2).join("");
  const number = world.people.indexOf(userId);
  const face = make("span", { className: `face ${isBot ? "bot" : `person-${number}`}` });
  face.textContent = isBot ? "" : initials;
  return face;
}

export function inPlace() {
  return [...world.messages.values()]
    .filter((m) => m.channel === here.channel && (!m.only_for || m.only_for === here.user))
    .sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

export function threadOf(channel, root) {
  return [...world.messages.values()]
    .filter((m) => m.channel === channel && (m.ts === root || m.root === root) && (!m.only_for || m.only_for === here.user))
    .sort((a, b) => (a.ts < b.ts ? -1 : 1));
}
