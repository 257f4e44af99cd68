// The lot of an entry: none, a new one by the rule of the server, or the one scanned or typed.
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";

const CODE = /^LOT-[A-Z0-9]+(-[A-Z0-9]+)*$/;
const LENGTH_MAX = 60;

/** The code that a typed text means; null: it cannot be a lot. */
export function lotCode(text) {
  const plain = text.normalize("NFKC").trim().toUpperCase();
  const code = plain.startsWith("LOT-") ? plain : `LOT-${plain}`;
  return code.length <= LENGTH_MAX && CODE.test(code) ? code : null;
}

export function lotPart(dialog) {
  const { form, corrects } = dialog;
  const choose = (lot) => () => dialog.takeLot(lot);
  const typed = (event) => {
    const text = event.target.value.trim();
    const code = text ? lotCode(text) : null;
    dialog.lotWrong = Boolean(text) && !code;
    dialog.takeLot(dialog.lotWrong ? form.lot : code);
  };
  return html`<span class="lot">
    ${corrects ? nothing : html`<button type="button" class="btn tap" aria-pressed=${form.lot === "*" ? "true" : "false"} @click=${choose(form.lot === "*" ? null : "*")}>${icon(form.lot === "*" ? "check" : "plus")}<span>${_("New lot")}</span></button>`}
    <label><span class="sr">${_("Lot: scan or type it")}</span><input class="mono" autocomplete="off" autocapitalize="characters" maxlength="60" placeholder=${_("Lot: scan or type it")}
      .value=${form.lot && form.lot !== "*" ? form.lot : ""} aria-invalid=${dialog.lotWrong ? "true" : nothing} aria-describedby=${dialog.lotWrong ? "lot-wrong" : nothing} @change=${typed}></label>
    ${dialog.lotWrong ? html`<span class="err" id="lot-wrong" role="alert">${_("A lot has only letters, digits and hyphens.")}</span>` : nothing}</span>`;
}
