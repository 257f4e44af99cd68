// One step of a draft: words in both languages, picture, PDF, and what is entered in it.
import { Problem } from "../lib/api.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { pdfPicture, sendFile } from "./files.js";
import { input } from "./revision-form.js";
import { emptyField, emptyStep, moved } from "./steps.js";

const FIELDS_MAX = 8;
const CHOICES_MAX = 12;
const STEPS_MAX = 60;

export function stepForm(page, step, index) {
  const here = `steps.${index}`;
  return html`<h2>${_("Step {n}", { n: index + 1 })}</h2>
    <div class="wr-two">${input(page, `${here}.title.ko`, _("Korean title"), step.title.ko, (value) => (step.title.ko = value), { max: 200, lang: "ko", mistake: page.errors[`${here}.title`] && _("Give the step a title.") })}
      ${input(page, `${here}.title.en`, _("English title"), step.title.en, (value) => (step.title.en = value), { max: 200, lang: "en" })}
      ${input(page, `${here}.text.ko`, _("What to do, in Korean"), step.text.ko, (value) => (step.text.ko = value), { max: 4000, lang: "ko", rows: 6 })}
      ${input(page, `${here}.text.en`, _("What to do, in English"), step.text.en, (value) => (step.text.en = value), { max: 4000, lang: "en", rows: 6 })}</div>
    ${fileRow(page, step, here)}
    <h3>${_("To enter in this step")} <span class="un num">${step.fields.length}</span></h3>
    ${page.errors[`${here}.fields`] ? html`<p class="err">${_("A step asks for 2 photos at most.")}</p>` : nothing}
    ${step.fields.map((field, number) => fieldForm(page, step, field, `${here}.fields.${number}`, number))}
    <button type="button" class="btn" ?disabled=${step.fields.length >= FIELDS_MAX} @click=${() => { step.fields = [...step.fields, emptyField()]; page.changed(); }}>${icon("plus")}<span>${_("Add something to enter")}</span></button>`;
}

function fileRow(page, step, here) {
  const picture = page.files[step.picture];
  const pdf = page.files[step.pdf];
  const told = page.errors[`${here}.picture`] ?? page.errors[`${here}.pdf`];
  return html`<div class="wr-files">${picture ? html`<figure><img class="wr-picture" src=${picture.address} alt=${_("Picture of the step")} width=${picture.width} height=${picture.height}></figure>` : nothing}
    <div class="acts-row">${choose(page, picture ? _("Another picture") : _("Picture (PNG, JPEG, WebP)"), "image/png,image/jpeg,image/webp", (file) => takePicture(page, step, file))}
      ${picture ? remove(page, step, "picture", _("Remove the picture")) : nothing}
      ${choose(page, pdf ? _("Another PDF") : "PDF", "application/pdf", (file) => takePdf(page, step, file))}
      ${pdf ? html`<a class="btn" href=${pdf.address} target="_blank" rel="noopener">${icon("sheet")}<span>${pdf.name || "PDF"}</span></a>${remove(page, step, "pdf", _("Remove the PDF"))}` : nothing}</div>
    ${pdf ? pdfPages(page, step) : nothing}
    ${page.sending ? html`<p class="muted" role="status">${page.sending}</p>` : html`<p class="small muted">${_("At most 10 MB each. A page of a PDF becomes the picture of the step; the PDF itself can be opened beside it.")}</p>`}
    ${told ? html`<p class="err">${_("This file is no longer there. Send it again.")}</p>` : nothing}</div>`;
}

function choose(page, label, accept, take) {
  return html`<label class="btn wr-file">${icon("plus")}<span>${label}</span><input class="sr" type="file" accept=${accept} ?disabled=${Boolean(page.sending)} @change=${(event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) take(file);
  }}></label>`;
}

function remove(page, step, name, label) {
  return html`<button type="button" class="btn" aria-label=${label} @click=${() => { step[name] = null; page.changed(); }}>${icon("trash")}</button>`;
}

function pdfPages(page, step) {
  const shown = page.pdfPage ?? 1;
  return html`<div class="acts-row"><label class="fi"><span>${_("Page")}</span><input class="in num short" inputmode="numeric" maxlength="4" .value=${String(shown)} @input=${(event) => { page.pdfPage = Number(event.target.value) || 1; }}></label>
    <button type="button" class="btn" ?disabled=${Boolean(page.sending)} @click=${() => showPage(page, step, page.pdfPage ?? 1)}>${icon("sheet")}<span>${_("Show this page as the picture")}</span></button>
    <button type="button" class="btn" ?disabled=${Boolean(page.sending)} @click=${() => everyPage(page, step)}>${icon("plus")}<span>${_("A step for every further page")}</span></button></div>`;
}

async function sending(page, text, act) {
  page.sending = text;
  page.update();
  try {
    await act();
    page.changed();
  } catch (problem) {
    page.fileRefused(problem instanceof Problem ? problem : new Problem(422, { code: "instruction_file_kind" }));
  }
  page.sending = "";
  page.update();
}

function keepFile(page, file) {
  page.form.files = { ...page.form.files, [file.sha256]: file };
  return file.sha256;
}

const takePicture = (page, step, file) => sending(page, _("The picture is being sent."), async () => {
  step.picture = keepFile(page, await sendFile(file));
});

const takePdf = (page, step, file) => sending(page, _("The PDF is being sent."), async () => {
  step.pdf = keepFile(page, await sendFile(file));
  if (!step.picture) step.picture = keepFile(page, await pdfPicture(step.pdf, 1));
});

const showPage = (page, step, number) => sending(page, _("The page becomes a picture."), async () => {
  step.picture = keepFile(page, await pdfPicture(step.pdf, number));
});

const everyPage = (page, step) => sending(page, _("The pages become pictures."), async () => {
  const { steps } = page.form;
  const at = steps.indexOf(step) + 1;
  let pages = 2;
  for (let number = 2; number <= pages && page.form.steps.length < STEPS_MAX; number += 1) {
    const picture = await pdfPicture(step.pdf, number);
    pages = picture.pages;
    const made = { ...emptyStep(), picture: keepFile(page, picture), title: { ko: `${number}쪽`, en: `Page ${number}` } };
    page.form.steps = [...page.form.steps.slice(0, at + number - 2), made, ...page.form.steps.slice(at + number - 2)];
  }
});

function fieldForm(page, step, field, here, number) {
  const kinds = { number: _("Number"), text: _("Text"), yes_no: _("Yes or no"), choice: _("Choice"), date: _("Date"), photo: _("Photo") };
  const name = nameOf(field.label) || kinds[field.kind];
  const change = (fields) => {
    step.fields = fields;
    page.changed();
  };
  return html`<fieldset class="wr-field"><legend>${number + 1}. ${name}</legend>
    <div class="frm"><div class="field"><label for="wr-${here}-kind">${_("Kind")}</label><select class="in" id="wr-${here}-kind" @change=${(event) => { field.kind = event.target.value; page.changed(); }}>${Object.entries(kinds).map(([kind, word]) => html`<option value=${kind} ?selected=${kind === field.kind}>${word}</option>`)}</select></div>
      ${input(page, `${here}.label.ko`, _("What is asked, in Korean"), field.label.ko, (value) => (field.label.ko = value), { max: 120, lang: "ko", mistake: page.errors[`${here}.label`] && _("Say what is asked for.") })}
      ${input(page, `${here}.label.en`, _("What is asked, in English"), field.label.en, (value) => (field.label.en = value), { max: 120, lang: "en" })}
      <label class="tick"><input type="checkbox" .checked=${field.required} @change=${(event) => { field.required = event.target.checked; page.changed(); }}><span>${_("Has to be entered")}</span></label>
      ${field.kind === "number" ? html`${input(page, `${here}.unit`, _("Unit"), field.unit, (value) => (field.unit = value), { max: 20 })}
        ${input(page, `${here}.min`, _("Lower limit"), field.min, (value) => (field.min = value), { max: 40, inputmode: "decimal" })}
        ${input(page, `${here}.max`, _("Upper limit"), field.max, (value) => (field.max = value), { max: 40, inputmode: "decimal" })}` : nothing}</div>
    ${field.kind === "choice" ? choices(page, field, here) : nothing}
    <div class="moves"><button type="button" class="btn up" aria-label=${_("Move {name} up", { name })} ?disabled=${number === 0} @click=${() => change(moved(step.fields, number, -1))}>${icon("right")}</button>
      <button type="button" class="btn down" aria-label=${_("Move {name} down", { name })} ?disabled=${number === step.fields.length - 1} @click=${() => change(moved(step.fields, number, 1))}>${icon("right")}</button>
      <button type="button" class="btn" aria-label=${_("Remove {name}", { name })} @click=${() => change(step.fields.filter((one) => one !== field))}>${icon("trash")}</button></div></fieldset>`;
}

function choices(page, field, here) {
  return html`${page.errors[`${here}.choices`] ? html`<p class="err">${_("Name at least two choices.")}</p>` : nothing}
    <div class="wr-two">${field.choices.map((one, index) => html`${input(page, `${here}.choices.${index}.ko`, _("Choice {n}, in Korean", { n: index + 1 }), one.ko, (value) => (one.ko = value), { max: 120, lang: "ko" })}
      ${input(page, `${here}.choices.${index}.en`, _("Choice {n}, in English", { n: index + 1 }), one.en, (value) => (one.en = value), { max: 120, lang: "en" })}`)}</div>
    <div class="acts-row"><button type="button" class="btn" ?disabled=${field.choices.length >= CHOICES_MAX} @click=${() => { field.choices = [...field.choices, { ko: "", en: "" }]; page.changed(); }}>${icon("plus")}<span>${_("Add a choice")}</span></button>
      ${field.choices.length ? html`<button type="button" class="btn" @click=${() => { field.choices = field.choices.slice(0, -1); page.changed(); }}>${icon("trash")}<span>${_("Remove the last choice")}</span></button>` : nothing}</div>`;
}
