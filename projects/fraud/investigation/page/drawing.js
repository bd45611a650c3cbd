// Draws cases. Whatever came over the network becomes text nodes and attributes, never HTML.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 200;

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const euros = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
export const money = (cents) => euros.format(cents / 100);
export const share = (score) => `${(score * 100).toFixed(1)} %`;
export const time = (text) => new Date(text).toISOString().slice(0, 16).replace("T", " ");

export function caseLine(line) {
  const payments = line.alerts === 1 ? "1 payment" : `${line.alerts} payments`;
  const button = element(
    "button",
    { type: "button" },
    element("span", { textContent: `Card ${line.customer_id}` }),
    element("span", { className: "score", textContent: share(line.score) }),
    element("span", { className: "about", textContent: `${payments}, ${money(line.amount_cents)}` }),
    element("span", { className: "about", textContent: line.day }),
  );
  button.dataset.case = line.case_id;
  return element("li", {}, button);
}

// One scale for all alerts of a case, so that their bars can be compared.
export function alertsOf(alerts) {
  const weights = alerts.flatMap((alert) => alert.reasons.map((reason) => Math.abs(reason.contribution)));
  const most = Math.max(1e-9, ...weights);
  return alerts.map((alert) => alertOf(alert, most));
}

function alertOf(alert, most) {
  const title = `${money(alert.amount_cents)} at terminal ${alert.terminal_id}, ${time(alert.at)}`;
  const box = element("input", { type: "checkbox", checked: !alert.verdict, disabled: Boolean(alert.verdict) });
  box.value = String(alert.transaction_id);
  const state = alert.verdict ? verdictOf(alert.verdict) : element("span", { textContent: share(alert.score) });
  const label = element("label", {}, box, element("span", { textContent: title }), state);
  const reasons = element("ul", { className: "reasons" }, ...alert.reasons.map((reason) => reasonOf(reason, most)));
  if (alert.reasons.length === 0) reasons.append(element("li", { textContent: "The model gave no reasons." }));
  return element("section", { className: "alert" }, label, reasons);
}

function reasonOf(reason, most) {
  const towards = reason.contribution >= 0;
  const amount = `${towards ? "+" : "−"}${Math.abs(reason.contribution).toFixed(2)}`;
  const meaning = `${towards ? "speaks for fraud" : "speaks against fraud"}, ${amount} in log-odds`;
  const bar = document.createElementNS(SVG, "svg");
  bar.setAttribute("viewBox", `0 0 ${WIDTH} 10`);
  bar.setAttribute("preserveAspectRatio", "none");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", meaning);
  const half = WIDTH / 2;
  const length = (Math.abs(reason.contribution) / most) * half;
  bar.append(
    rectangle("ground", 0, WIDTH),
    rectangle(towards ? "towards" : "against", towards ? half : half - length, length),
    rectangle("axis", half - 0.4, 0.8),
  );
  const number = element("span", { className: "number", textContent: amount });
  return element(
    "li",
    {},
    element("span", { textContent: reason.words }),
    element("div", { className: "bar", title: meaning }, bar, number),
  );
}

function rectangle(kind, x, width) {
  const made = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ class: kind, x, y: 0, width, height: 10 })) made.setAttribute(name, value);
  return made;
}

export function verdictOf(verdict) {
  const text = `${verdict.verdict} (${verdict.by})`;
  return element("span", { className: `mark ${verdict.verdict === "fraud" ? "fraud" : "genuine"}`, textContent: text });
}

export function paymentRow(payment, day) {
  const state = payment.verdict ? verdictOf(payment.verdict) : payment.alert ? "alert" : "";
  const row = element(
    "tr",
    {},
    element("td", { textContent: time(payment.at) }),
    element("td", { textContent: payment.terminal_id }),
    element("td", { className: "number", textContent: money(payment.amount_cents) }),
    element("td", { className: "number", textContent: share(payment.score) }),
    element("td", {}, state),
  );
  row.classList.toggle("of-case", payment.alert && time(payment.at).startsWith(day));
  return row;
}
