// The page: takes a patient's keys, reads by them, and shows each record, or the step that failed and who is to blame.
import { Wallet } from "ethers";
import { hex, sha256, unhex } from "./encoding.mjs";
import { PatientReader } from "./reader.mjs";
import { summarise } from "./summary.mjs";

const status = document.querySelector("#status");
const records = document.querySelector("#records");

function element(name, content, attributes = {}) {
  const made = Object.assign(document.createElement(name), { textContent: content });
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

async function card(record) {
  const shown = element("article", "", { "data-local-id": record.entry.localId });
  const digest = hex(await sha256(record.plaintext));
  shown.append(
    element("h2", record.entry.resourceType),
    element("p", summarise(record.resource)),
    element("code", `${record.plaintext.length} bytes, SHA-256 ${digest}`, { "data-sha256": digest }),
  );
  return shown;
}

async function open(form) {
  status.textContent = "opening";
  records.replaceChildren();
  try {
    const network = await (await fetch("/network.json")).json();
    const wallet = { account: new Wallet(form.get("account")), privateKey: unhex(form.get("key")) };
    const reader = new PatientReader(network, wallet);
    const found = await reader.read({ fromTrustees: form.get("from") === "trustees" });
    records.append(...(await Promise.all(found.map(card))));
    status.textContent = `${found.length} records, every check passed`;
  } catch (failure) {
    const blamed = typeof failure.culprit === "number" ? `member ${failure.culprit}` : (failure.culprit ?? "this page");
    const step = failure.step ?? "page";
    records.replaceChildren(
      element("p", `${step} check failed: ${failure.message} (${blamed})`, { role: "alert", "data-step": step }),
    );
    status.textContent = "nothing is shown";
  }
}

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  open(new FormData(event.target));
});
