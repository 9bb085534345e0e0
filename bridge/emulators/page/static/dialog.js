// The app's modals: the topmost of the reader's own stack, what was typed into it, and what is wrong with that.

import { say } from "./strings.js";
import { onControls, press, send } from "./server.js";
import { $, make, topModal } from "./world.js";

const fieldsIn = (form) => form.querySelectorAll("[data-field], select[data-action], input[data-action]");
const nameOf = (field) => field.dataset.field ?? field.dataset.action;
const blockOf = (field) => field.closest("[data-block]").dataset.block;

let shown = null; // the modal as drawn

export function drawDialog() {
  const modal = topModal();
  const dialog = $("dialog");
  if (!modal) {
    shown = null;
    if (dialog.open) dialog.close();
    return;
  }
  if (shown === modal) return;
  const typed = shown?.id === modal.id ? gather() : {};
  shown = modal;
  $("dialog-title").textContent = modal.title;
  $("dialog-body").innerHTML = modal.html; // drawn and escaped by the server; the page's policy runs no script in it
  $("dialog-back").hidden = !modal.below;
  $("dialog-close").textContent = modal.close ?? say("close");
  $("dialog-submit").textContent = modal.submit ?? "";
  $("dialog-submit").hidden = !modal.submit;
  restore(typed);
  showTrouble("");
  if (!dialog.open) dialog.showModal();
  $("dialog-body").querySelector("[data-field]")?.focus();
}

export function showErrors(modalId, errors) {
  if (shown?.id !== modalId) return;
  clearErrors();
  for (const [block, words] of Object.entries(errors)) {
    const holder = $("dialog-body").querySelector(`[data-block="${CSS.escape(block)}"]`);
    const line = holder?.querySelector(".error");
    if (!line) return showTrouble(words);
    line.textContent = words;
    line.hidden = false;
    holder.classList.add("wrong");
  }
  $("dialog-body").querySelector(".wrong [data-field]")?.focus();
}

function clearErrors() {
  for (const line of $("dialog-body").querySelectorAll(".error")) line.hidden = true;
  for (const holder of $("dialog-body").querySelectorAll(".wrong")) holder.classList.remove("wrong");
  showTrouble("");
}

function showTrouble(words) {
  $("dialog-trouble").textContent = words;
  $("dialog-trouble").hidden = !words;
}

// Texts, and lists of them where several may be chosen, by block and action.
function gather() {
  const values = {};
  for (const field of fieldsIn($("dialog-body"))) {
    const answers = values[blockOf(field)] ??= {};
    const name = nameOf(field);
    if (field.type === "checkbox") answers[name] = [...(answers[name] ?? []), ...(field.checked ? [field.value] : [])];
    else if (field.multiple) answers[name] = [...field.selectedOptions].map((option) => option.value);
    else if (field.type !== "radio" || field.checked) answers[name] = field.value;
  }
  return values;
}

function restore(values) {
  for (const field of fieldsIn($("dialog-body"))) {
    const typed = values[blockOf(field)]?.[nameOf(field)];
    if (typed === undefined) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked = [].concat(typed).includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = typed.includes(option.value);
    else field.value = typed;
  }
}

async function submit() {
  const view = shown.id;
  clearErrors();
  $("dialog-submit").disabled = true;
  const answer = await send("submit", { view, values: gather() });
  $("dialog-submit").disabled = false;
  if (answer?.errors) showErrors(view, answer.errors);
  else if (answer && !answer.is_taken) showTrouble(say("not_taken_form"));
}

function leave(all) {
  if (shown) send("close", { view: shown.id, ...(all ? { all: "yes" } : {}) });
}

$("dialog-form").onsubmit = (event) => { event.preventDefault(); submit(); };
$("dialog-close").onclick = () => leave(false);
$("dialog-back").onclick = () => leave(false);
$("dialog-cross").onclick = () => leave(true);
$("dialog").oncancel = (event) => { event.preventDefault(); leave(true); };
onControls($("dialog-body"), (control) => { if (shown) press(control, "press", { view: shown.id }); });
