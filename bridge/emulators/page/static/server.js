// The way to the server and back: actions are posted, changes arrive as a stream.

import { say } from "./strings.js";
import { $, here } from "./world.js";

const PAUSE_MS = 700; // how long a control that was pressed stays out of reach

let toastTimer;
export function complain(text) {
  (document.querySelector("dialog[open]") ?? document.body).append($("toast")); // a dialog covers all else
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 5000);
}

// What the server answers; null when it refused, which the reader is told unless `quietly`.
export async function send(endpoint, body, { quietly = false } = {}) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" } };
  try {
    const response = await fetch(`/ui/${endpoint}`, { ...request, body: JSON.stringify({ user: here.user, ...body }) });
    if (response.ok) return await response.json();
    if (!quietly) complain(await response.text());
  } catch {
    complain(say("no_answer"));
  }
  return null;
}

// Tells of a button or menu that the app drew; true when the app took it.
export async function press(control, endpoint, where) {
  const { action, value, confirm: question } = control.dataset;
  if (question && !window.confirm(question)) return false;
  const chosen = control.matches("select, input") ? control.value : value;
  control.disabled = true;
  const answer = await send(endpoint, { ...where, action, ...(chosen === undefined ? {} : { value: chosen }) });
  setTimeout(() => { control.disabled = false; }, PAUSE_MS);
  if (answer && !answer.is_taken) complain(say("not_taken"));
  return Boolean(answer?.is_taken);
}

// Lets whoever changes a menu or presses a button in `holder` tell the app; `act` gets the control.
export function onControls(holder, act) {
  holder.addEventListener("click", (event) => {
    const control = event.target.closest("button[data-action], a[data-action]");
    if (control && holder.contains(control)) act(control);
  });
  holder.addEventListener("change", (event) => {
    if (event.target.matches("select[data-action], input[data-action]") && event.target.value) act(event.target);
  });
}

export function listen(hear) {
  const source = new EventSource("/ui/events");
  source.onopen = () => { $("connection").textContent = ""; };
  source.onerror = () => {
    $("connection").textContent = say("reconnecting");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(hear), 2000);
  };
  source.onmessage = (event) => {
    const news = JSON.parse(event.data);
    hear[news.type](news);
  };
}
