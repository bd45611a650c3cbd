// Joins the desk: sign in, the queue, a case, a verdict, and the keyboard.

import * as api from "./api.js";
import { alertsOf, caseLine, money, paymentRow, share } from "./drawing.js";

const MILLISECONDS_BETWEEN_LOOKS = 15_000;
const MILLISECONDS_SAID = 6_000;
const on = (id) => document.getElementById(id);
const state = { case: null, next: null, busy: false, asked: 0, said: 0, question: 0 };

function say(text) {
  on("said").textContent = text;
  clearTimeout(state.said);
  state.said = setTimeout(() => { on("said").textContent = ""; }, MILLISECONDS_SAID);
}

function failed(error) {
  if (error instanceof api.Refused && error.status === 401) {
    leave();
    on("refused").textContent = error.message;
  } else {
    say(error.message);
  }
}

async function enter() {
  const { name } = await api.analyst();
  on("name").textContent = name;
  on("who").hidden = on("desk").hidden = false;
  on("door").hidden = true;
  on("refused").textContent = "";
  await look();
}

function leave() {
  api.forget();
  closeCase();
  on("cases").replaceChildren();
  on("who").hidden = on("desk").hidden = true;
  on("door").hidden = false;
  on("key").value = "";
  on("key").focus();
}

const lines = () => [...document.querySelectorAll("#cases button")];

// Renews the queue and keeps the keyboard where it was.
async function look() {
  const page = await api.alerts();
  const focused = document.activeElement?.dataset?.case;
  on("cases").replaceChildren(...page.cases.map(caseLine));
  shown(page);
  lines().find((line) => line.dataset.case === focused)?.focus();
}

async function lookFurther() {
  const page = await api.alerts(state.next);
  on("cases").append(...page.cases.map(caseLine));
  shown(page);
}

function shown(page) {
  state.next = page.next;
  on("open").textContent = String(page.open);
  on("more").hidden = !page.next;
  on("nothing").hidden = page.open > 0;
  pointAt(state.case?.case_id);
}

function pointAt(id) {
  for (const line of lines()) line.setAttribute("aria-current", String(line.dataset.case === id));
}

async function open(id) {
  const asked = ++state.asked;
  const found = await api.caseOf(id);
  // Of several that were asked for, the last one counts.
  if (asked !== state.asked) return;
  state.case = found;
  on("case-title").textContent = `Card ${found.customer_id} on ${found.day}`;
  const sum = found.alerts.reduce((total, alert) => total + alert.amount_cents, 0);
  on("case-about").textContent =
    `${found.alerts.length} suspicious, ${money(sum)} in all; the score is the probability of fraud, ` +
    `an alert is raised from ${share(found.alerts[0].threshold)}.`;
  on("alerts").replaceChildren(...alertsOf(found.alerts));
  on("recent").replaceChildren(...found.recent.map((payment) => paymentRow(payment, found.day)));
  on("verdict").hidden = found.alerts.every((alert) => alert.verdict);
  on("case").hidden = false;
  on("choose").hidden = true;
  on("desk").classList.add("reading");
  pointAt(id);
  on("case-title").focus();
}

function closeCase() {
  state.case = null;
  state.asked += 1;
  on("case").hidden = true;
  on("choose").hidden = false;
  on("desk").classList.remove("reading");
  pointAt(null);
}

const chosen = () => [...document.querySelectorAll("#alerts input:checked:enabled")].map((box) => Number(box.value));

async function judge(verdict) {
  if (!state.case || state.busy || on("sure").open) return;
  const payments = chosen();
  if (payments.length === 0) { say("Choose at least one payment that has no verdict yet."); return; }
  const what = payments.length === 1 ? "this payment" : `these ${payments.length} payments`;
  on("sure-title").textContent = `Mark ${what} as ${verdict}?`;
  if (!(await agreed())) return;
  state.busy = true;
  const { case_id: id, customer_id: card } = state.case;
  const place = lines().findIndex((line) => line.dataset.case === id);
  try {
    await api.mark(id, verdict, payments);
    closeCase();
    await look();
    lines()[Math.min(Math.max(place, 0), lines().length - 1)]?.focus();
    say(`Card ${card} was marked as ${verdict}.`);
  } finally {
    state.busy = false;
  }
}

function agreed() {
  const dialog = on("sure");
  const question = ++state.question;
  dialog.returnValue = "no";
  dialog.showModal();
  on("yes").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", function closed() {
      // A close is told late: the next question may be open by then.
      if (question === state.question && dialog.open) return;
      dialog.removeEventListener("close", closed);
      resolve(question === state.question && dialog.returnValue === "yes");
    });
  });
}

function step(by) {
  const all = lines();
  if (all.length === 0) return;
  const at = all.findIndex((line) => line === document.activeElement);
  const current = at >= 0 ? at : all.findIndex((line) => line.getAttribute("aria-current") === "true");
  all[Math.min(Math.max(current + by, 0), all.length - 1)].focus();
}

const KEYS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  f: () => judge("fraud"),
  g: () => judge("genuine"),
  Escape: () => closeCase(),
};

const safely = (work) => Promise.resolve().then(work).catch(failed);

document.addEventListener("keydown", (event) => {
  if (on("desk").hidden || on("sure").open || event.ctrlKey || event.metaKey || event.altKey) return;
  const inTable = event.target.closest?.(".wide");
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || inTable) return;
  event.preventDefault();
  safely(action);
});
on("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  api.remember(on("key").value.trim());
  safely(enter);
});
on("cases").addEventListener("click", (event) => {
  const line = event.target.closest("button");
  if (line) safely(() => open(line.dataset.case));
});
on("more").addEventListener("click", () => safely(lookFurther));
on("back").addEventListener("click", closeCase);
on("leave").addEventListener("click", leave);
on("fraud").addEventListener("click", () => safely(() => judge("fraud")));
on("genuine").addEventListener("click", () => safely(() => judge("genuine")));
setInterval(() => {
  // A longer list that was scrolled through is left alone.
  if (!on("desk").hidden && !document.hidden && !state.busy && lines().length <= 50) safely(look);
}, MILLISECONDS_BETWEEN_LOOKS);

if (api.key()) safely(enter);
