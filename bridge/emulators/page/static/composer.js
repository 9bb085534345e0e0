// Where people type: grows with the text, offers people and commands, sends on Enter.

import { say, translate } from "./strings.js";
import { $, WIDE, avatar, botName, here, make, world } from "./world.js";

export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing; // composing: an input method is at work
}

export function fit(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, 180)}px`;
}

export class Composer {
  constructor(holder, post, { offersCommands }) {
    this.form = $("composer-template").content.firstElementChild.cloneNode(true);
    this.area = this.form.querySelector("textarea");
    this.offers = this.form.querySelector(".offers");
    this.offers.id = `${holder.id}-offers`;
    this.area.setAttribute("aria-controls", this.offers.id);
    this.post = post;
    this.offersCommands = offersCommands;
    this.offered = [];
    this.chosen = 0;
    this.form.onsubmit = (event) => { event.preventDefault(); this.submit(); };
    this.form.querySelector(".at").onclick = () => this.insertMention();
    this.area.oninput = () => this.changed();
    this.area.onkeydown = (event) => this.keyPressed(event);
    this.area.onblur = () => this.offer([]);
    this.area.onpaste = (event) => this.pasted(event);
    this.attached = null;
    this.form.querySelector(".detach").onclick = () => this.attach(null);
    holder.append(this.form);
  }

  // `mention`: what a message here has to hold to be answered, if anything.
  setPlace(placeholder, label, mention = null) {
    this.mention = mention;
    translate(this.form);
    this.hint();
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

  // What goes with the next message: a table { table, label }, a picture { picture, label } as a data: URL, or a
  // message that is forwarded { source, ts, label }.
  attach(attached) {
    this.attached = attached;
    const chip = this.form.querySelector(".attached");
    chip.hidden = !attached;
    chip.firstElementChild.textContent = attached?.label ?? "";
    this.changed();
  }

  // Cells of a spreadsheet become a table, and a picture a file, as in Slack.
  pasted(event) {
    const picture = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (picture) {
      event.preventDefault();
      const reader = new FileReader();
      reader.onload = () => this.attach({ picture: reader.result, label: picture.name });
      reader.readAsDataURL(picture);
      return;
    }
    const table = event.clipboardData.getData("text/plain");
    if (!table.includes("\t")) return;
    event.preventDefault();
    const rows = table.split("\n").filter((row) => row.trim()).length;
    this.attach({ table, label: say("rows", { count: rows }) });
  }

  changed() {
    fit(this.area);
    this.form.classList.toggle("ready", Boolean(this.area.value.trim() || this.attached));
    this.offer([...this.fitPeople(), ...this.fitCommands()]);
    this.hint();
  }

  hint() {
    const text = this.area.value.trim();
    const isUnheard = Boolean(this.mention && text && !text.startsWith("/") && !text.includes(this.mention));
    const line = this.form.querySelector(".hint");
    line.textContent = isUnheard ? say("unheard", { bot: botName() }) : say("keys");
    line.classList.toggle("unheard", isUnheard);
  }

  // What was begun before the cursor in the form of `pattern`; null when nothing was.
  begun(pattern) {
    return this.area.value.slice(0, this.area.selectionStart).match(pattern)?.[1].toLowerCase() ?? null;
  }

  fitPeople() {
    const begun = this.begun(/(?:^|\s)(@[\w-]*)$/);
    if (begun === null) return [];
    return [world.bot, ...world.people.filter((user) => user !== here.user)]
      .map((user) => ({ user, word: `@${world.users[user].name}`, begun }))
      .filter(({ word }) => word.toLowerCase().startsWith(begun))
      .map((offer) => ({
        ...offer,
        shown: [avatar(offer.user), make("strong", { textContent: world.users[offer.user].name }), make("span", { textContent: world.users[offer.user].full })],
      }));
  }

  fitCommands() {
    const begun = this.offersCommands ? this.begun(/^(\/\S*)$/) : null;
    if (begun === null) return [];
    return world.commands.filter(({ name }) => name.startsWith(begun)).map(({ name, hint, about }) => ({
      word: name, begun, shown: [make("strong", { textContent: `${name} ${hint}` }), make("span", { textContent: about })],
    }));
  }

  offer(offered) {
    this.offered = offered;
    this.offers.hidden = !offered.length;
    this.area.setAttribute("aria-expanded", String(Boolean(offered.length)));
    this.offers.replaceChildren(...offered.map((offer, index) => {
      const row = make("li", { id: `${this.offers.id}-${index}`, role: "option" }, ...offer.shown);
      row.onmousedown = (event) => { event.preventDefault(); this.take(offer); };
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

  take({ word, begun }) {
    const end = this.area.selectionStart;
    this.area.setRangeText(`${word} `, end - begun.length, end, "end");
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
    const count = this.offered.length;
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
    const { attached, area: { value: text } } = this;
    if (!text.trim() && !attached) return;
    this.area.value = "";
    this.attach(null);
    if (await this.post(text, attached)) return;
    this.set(text);
    this.attach(attached);
  }
}
