// The steps of a revision: a list at the left, the chosen step at the right; released ones are read.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { stepForm } from "./step-form.js";
import { emptyStep, moved } from "./steps.js";

const STEPS_MAX = 60;

export function revisionForm(page) {
  const { form, shown, steps } = page;
  return html`${form ? titles(page) : shown.note ? html`<p class="nt"><b>${_("What is new")}</b> ${shown.note}</p>` : nothing}
    <div class="wr-cols"><section class="card wr-list" aria-label=${_("Steps")}><h2>${_("Steps")} <span class="un num">${steps.length}</span></h2>
      ${page.errors.steps ? html`<p class="err">${_("Add a step.")}</p>` : nothing}
      <ol>${steps.map((step, index) => stepRow(page, step, index))}</ol>
      ${form ? html`<button type="button" class="btn" ?disabled=${steps.length >= STEPS_MAX} @click=${() => addStep(page)}>${icon("plus")}<span>${_("Add a step")}</span></button>` : nothing}</section>
    <section class="card wr-step" aria-label=${_("Chosen step")}>${steps[page.chosen] ? (form ? stepForm(page, steps[page.chosen], page.chosen) : stepView(page, steps[page.chosen], page.chosen)) : html`<p class="empty">${form ? _("Add the first step: a title, what to do, a picture, and what to enter.") : _("This revision has no steps.")}</p>`}</section></div>`;
}

function titles(page) {
  const { form, errors, draft } = page;
  return html`<section class="card wr-head" aria-label=${_("Title")}><div class="frm">
    ${input(page, "title.ko", _("Korean title"), form.title.ko, (value) => (form.title.ko = value), { max: 200, lang: "ko", mistake: errors.title && _("Give a title.") })}
    ${input(page, "title.en", _("English title"), form.title.en, (value) => (form.title.en = value), { max: 200, lang: "en" })}
    ${draft.revision > 1 ? html`<div class="wr-note">${input(page, "note", _("What is new in this revision"), form.note, (value) => (form.note = value), { max: 1000, mistake: errors.note && _("Say what is new: operators read it."), rows: 2 })}</div>` : nothing}</div></section>`;
}

/** A labelled field that keeps what is typed; `rows`: of several lines. */
export function input(page, field, label, value, set, { max, lang = nothing, mistake = "", rows = 0, inputmode = nothing, mono = false } = {}) {
  const id = `wr-${field.replaceAll(".", "-")}`;
  const told = mistake || (page.errors[field] ? mistakeText(page.errors[field]) : "");
  const typed = (event) => {
    set(event.target.value);
    page.changed();
  };
  const described = told ? `${id}-bad` : nothing;
  return html`<div class="field"><label for=${id}>${label}</label>${rows
    ? html`<textarea class="in" id=${id} rows=${rows} maxlength=${max} lang=${lang} aria-invalid=${told ? "true" : nothing} aria-describedby=${described} .value=${value} @input=${typed}></textarea>`
    : html`<input class="in ${mono ? "mono" : ""}" id=${id} maxlength=${max} lang=${lang} inputmode=${inputmode} autocomplete="off" aria-invalid=${told ? "true" : nothing} aria-describedby=${described} .value=${value} @input=${typed}>`}
    ${told ? html`<small class="err" id="${id}-bad">${told}</small>` : nothing}</div>`;
}

/** What to do about a field, in the language of the page. */
export function mistakeText(message) {
  return {
    "give the step a title": _("Give the step a title."),
    "say what is asked for": _("Say what is asked for."),
    "name at least two choices": _("Name at least two choices."),
    "the upper limit is below the lower one": _("The upper limit is below the lower one."),
    "a number with at most 12 digits and 6 decimals": _("A number with at most 12 digits and 6 decimals, such as 9.95."),
    "only numbers have limits": _("Only numbers have limits."),
    "a step asks for 2 photos at most": _("A step asks for 2 photos at most."),
    "this file is not there; send it again": _("This file is no longer there. Send it again."),
    "a picture and a PDF are not the same": _("A picture (PNG, JPEG, WebP) or a PDF is expected."),
  }[message] ?? _("This is not possible here: {why}", { why: message });
}

function stepRow(page, step, index) {
  const wrong = Object.keys(page.errors).some((field) => field.startsWith(`steps.${index}.`));
  const name = nameOf(step.title) || _("Step {n}", { n: index + 1 });
  const change = (by) => {
    page.form.steps = moved(page.form.steps, index, by);
    if (page.chosen === index) page.chosen = Math.max(0, Math.min(page.steps.length - 1, index + by));
    page.changed();
  };
  return html`<li class=${page.chosen === index ? "sel" : ""}><button type="button" class="wr-pick" aria-current=${page.chosen === index ? "true" : nothing} @click=${() => { page.chosen = index; page.update(); }}>
      <b class="num">${index + 1}</b><span>${name}</span>${wrong ? html`<em class="err">${icon("ne-check")}<span class="sr">${_("has mistakes")}</span></em>` : nothing}${step.picture ? icon("sheet") : nothing}${step.fields.length ? html`<small class="num">${_("{n} to enter", { n: step.fields.length })}</small>` : nothing}</button>
    ${page.form ? html`<span class="moves"><button type="button" class="btn up" aria-label=${_("Move {name} up", { name })} ?disabled=${index === 0} @click=${() => change(-1)}>${icon("right")}</button>
      <button type="button" class="btn down" aria-label=${_("Move {name} down", { name })} ?disabled=${index === page.steps.length - 1} @click=${() => change(1)}>${icon("right")}</button>
      <button type="button" class="btn" aria-label=${_("Remove {name}", { name })} @click=${() => removeStep(page, index)}>${icon("trash")}</button></span>` : nothing}</li>`;
}

function addStep(page) {
  page.form.steps = [...page.form.steps, emptyStep()];
  page.chosen = page.form.steps.length - 1;
  page.changed();
}

function removeStep(page, index) {
  page.form.steps = page.form.steps.filter((_step, at) => at !== index);
  page.chosen = Math.max(0, Math.min(page.chosen - (index < page.chosen ? 1 : 0), page.form.steps.length - 1));
  page.changed();
}

function stepView(page, step, index) {
  const picture = page.files[step.picture];
  const pdf = page.files[step.pdf];
  return html`<h2>${index + 1}. ${nameOf(step.title)}</h2><p class="wi-words">${nameOf(step.text)}</p>
    ${picture ? html`<p><img class="wr-picture" src=${picture.address} alt=${nameOf(step.title)} width=${picture.width} height=${picture.height}></p>` : nothing}
    ${pdf ? html`<p><a class="btn" href=${pdf.address} target="_blank" rel="noopener">${icon("sheet")}<span>${pdf.name || "PDF"}</span></a></p>` : nothing}
    ${step.fields.length ? html`<ul class="wr-asked">${step.fields.map((field) => html`<li>${nameOf(field.label)} ${field.unit}</li>`)}</ul>` : nothing}`;
}
