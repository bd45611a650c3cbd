// Asks the API with the analyst's key, which lives in this tab's session and nowhere else.

const PLACE = "investigation-key";

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function key() {
  return sessionStorage.getItem(PLACE);
}

export function remember(value) {
  sessionStorage.setItem(PLACE, value);
}

export function forget() {
  sessionStorage.removeItem(PLACE);
}

async function ask(path, body) {
  const options = { headers: { "X-API-Key": key() ?? "" } };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, "The desk cannot be reached. Is the network there?");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, content.detail ?? `The desk answered ${answer.status}.`);
  return content;
}

export const analyst = () => ask("v1/analyst");
export const alerts = (after) => ask(`v1/alerts?limit=50${after ? `&after=${encodeURIComponent(after)}` : ""}`);
export const caseOf = (id) => ask(`v1/cases/${encodeURIComponent(id)}`);
export const mark = (id, verdict, payments) =>
  ask(`v1/cases/${encodeURIComponent(id)}/verdict`, { verdict, transaction_ids: payments });
