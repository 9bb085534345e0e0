// Where people type: grows with the text, offers people to mention, sends on Enter.

import { $, WIDE, avatar, botName, here, make, world } from "./world.js";

export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing; // composing: an input method is at work
}

export function fit(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, 180)}px`;
}

export class Composer {
  constructor(holder, post) {
    this.form = $("composer-template").content.firstElementChild.cloneNode(true);
    this.area = this.form.querySelector("textarea");
    this.offers = this.form.querySelector(".offers");
    this.offers.id = `${holder.id}-offers`;
    this.area.setAttribute("aria-controls", this.offers.id);
    this.post = post;
    this.chosen = 0;
    this.form.onsubmit = (event) => { event.preventDefault(); this.submit(); };
    this.form.querySelector(".at").onclick = () => this.insertMention();
    this.area.oninput = () => this.changed();
    this.area.onkeydown = (event) => this.keyPressed(event);
    this.area.onblur = () => this.offer([]);
    holder.append(this.form);
  }

  setPlace(placeholder, label) {
    this.area.placeholder = placeholder;
    this.area.ariaLabel = label;
  }

  focus() {
    if (WIDE.matches) this.area.focus(); // on a phone the keyboard would cover the talk
  }

  set(text) {
    this.area.value = text;
    this.changed();
    this.area.focus();
    this.area.setSelectionRange(text.length, text.length);
    this.offer([]);
  }

  changed() {
    fit(this.area);
    this.form.classList.toggle("ready", Boolean(this.area.value.trim()));
    const begun = this.begunMention();
    const names = [world.bot, ...world.people.filter((user) => user !== here.user)];
    this.offer(begun === null ? [] : names.filter((user) => world.users[user].name.toLowerCase().startsWith(begun.toLowerCase())));
  }

  begunMention() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    return before.match(/(?:^|\s)@([\w-]*)$/)?.[1] ?? null;
  }

  offer(users) {
    this.offered = users;
    this.chosen = 0;
    this.offers.hidden = !users.length;
    this.area.setAttribute("aria-expanded", String(Boolean(users.length)));
    this.offers.replaceChildren(...users.map((user, index) => {
      const row = make("li", { id: `${this.offers.id}-${index}`, role: "option" }, avatar(user),
        make("strong", { textContent: world.users[user].name }), make("span", { textContent: world.users[user].full }));
      row.onmousedown = (event) => { event.preventDefault(); this.take(user); };
      return row;
    }));
    this.choose(0);
  }

  choose(index) {
    this.chosen = index;
    [...this.offers.children].forEach((row, number) => { row.ariaSelected = String(number === index); });
    if (this.offered.length) this.area.setAttribute("aria-activedescendant", `${this.offers.id}-${index}`);
    else this.area.removeAttribute("aria-activedescendant");
  }

  take(user) {
    const begun = this.begunMention() ?? "";
    const end = this.area.selectionStart;
    this.area.setRangeText(`@${world.users[user].name} `, end - begun.length - 1, end, "end");
    this.changed();
  }

  insertMention() {
    const start = this.area.selectionStart;
    const gap = start && !/\s/.test(this.area.value[start - 1]) ? " " : "";
    this.area.focus();
    this.area.setRangeText(`${gap}@${botName()} `, start, this.area.selectionEnd, "end");
    this.changed();
  }

  keyPressed(event) {
    const count = this.offered?.length ?? 0;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (count && steps[event.key]) {
      event.preventDefault();
      this.choose((this.chosen + steps[event.key] + count) % count);
    } else if (count && ["Enter", "Tab"].includes(event.key) && !event.isComposing) {
      event.preventDefault();
      this.take(this.offered[this.chosen]);
    } else if (count && event.key === "Escape") {
      event.stopPropagation();
      this.offer([]);
    } else if (isSendKey(event)) {
      event.preventDefault();
      this.submit();
    }
  }

  async submit() {
    const text = this.area.value;
    if (!text.trim()) return;
    this.area.value = "";
    this.changed();
    if (!await this.post(text)) this.set(text);
  }
}
