// The calibration warm-up: ten ranges that are judged together, and what they say.

import { button, drawing, element } from "./quiz-elements.mjs";
import { fill, numberText } from "./quiz-grading.mjs";
import {
  endsOf, intervalScore, isHeld, judge, readRange, responseOf,
} from "./quiz-intervals.mjs";
import { lastAnswers, newAnswer, questionOf, setStartedOver, startedOver } from "./quiz-progress.mjs";
import { recordPanel } from "./quiz-record.mjs";

const MOST_DECADES = 6;
const LABELED_DECADES = 2;

let described = 0; // makes an id for each message that inputs point to

/** One quantity: its two inputs, and its range once it is judged. */
class Estimate {
  constructor(node, item, data) {
    Object.assign(this, { node, item, words: data.warmUp, given: null });
    this.key = questionOf({ bank: data.bank, item: item.id });
    this.low = node.querySelector('input[name="low"]');
    this.high = node.querySelector('input[name="high"]');
    this.how = node.querySelector("details");
    this.feedback = element("div", "cu-quiz-result");
    this.feedback.id = `cu-range-result-${(described += 1)}`;
    this.feedback.setAttribute("role", "status");
    node.querySelector("fieldset").after(this.feedback);
    this.how.hidden = true;
  }

  read() {
    return readRange(this.low.value, this.high.value, this.item, this.words);
  }

  get response() {
    return responseOf(this.low.value, this.high.value);
  }

  /** Say what is wrong and point the inputs to it, or with an empty text nothing. */
  complain(text) {
    this.feedback.replaceChildren(...(text ? [element("p", "cu-quiz-note", text)] : []));
    for (const input of [this.low, this.high]) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
      if (!text) continue;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", this.feedback.id);
    }
  }

  /** Lock the range and say what the value is. */
  show(range) {
    this.complain("");
    this.given = range;
    this.lock(true);
    const held = isHeld(range);
    const text = fill(this.words[held ? "value_held" : "value_missed"], {
      value: this.item.valueText,
    });
    const verdict = element("p", "cu-quiz-verdict", mark(held), ` ${text}`);
    const box = element("div", `cu-quiz-feedback ${held ? "cu-right" : "cu-wrong"}`, verdict);
    this.feedback.replaceChildren(box);
    this.how.hidden = false;
  }

  /** Show again what was given before, where it can still be read. */
  restore(response) {
    const ends = endsOf(response);
    if (!ends) return;
    const { range } = readRange(...ends, this.item, this.words);
    if (!range) return;
    [this.low.value, this.high.value] = ends;
    this.show(range);
  }

  startOver() {
    this.given = null;
    this.low.value = this.high.value = "";
    this.complain("");
    this.how.open = false;
    this.how.hidden = true;
    this.lock(false);
  }

  lock(locked) {
    this.low.disabled = this.high.disabled = locked;
  }
}

/**
 * The card. A range with an error stops the judging and loses nothing; what is judged is
 * locked, because a second try knows the value, and the rest stays open.
 */
export class WarmUp {
  constructor(root, data, store) {
    Object.assign(this, { root, data, store, words: data.warmUp });
    root.querySelector(".cu-ranges-rule").remove(); // it is for those who have to count
    const form = root.querySelector("form");
    const nodes = new Map([...form.children].map((node) => [node.dataset.item, node]));
    this.estimates = data.items.map((item) => new Estimate(nodes.get(item.id), item, data));
    this.judge = button(this.words.judge, "submit", false);
    this.again = button(data.words.start_over, "button", true);
    this.note = element("p", "cu-quiz-note");
    this.note.setAttribute("role", "alert");
    form.append(element("div", "cu-quiz-actions", this.judge, this.again), this.note);
    this.result = element("div"); // takes the keyboard, so it need not announce itself
    this.said = element("p", "cu-quiz-note");
    this.said.setAttribute("role", "status");
    const changed = () => document.dispatchEvent(new CustomEvent("cu-record-changed"));
    root.append(
      this.result,
      this.said,
      recordPanel(store, data.words, data.confidence, changed),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.judge.hidden) this.submit();
    });
    this.again.addEventListener("click", () => this.startOver());
    document.addEventListener("cu-record-changed", () => this.recordChanged());
    this.restore();
    root.dataset.cuReady = "true";
  }

  submit() {
    const open = this.estimates.filter(({ given }) => !given);
    const read = open.map((estimate) => [estimate, estimate.read()]);
    for (const [estimate, { error }] of read) estimate.complain(error ?? "");
    const wrong = read.filter(([, { error }]) => error).map(([estimate]) => estimate);
    if (wrong.length) {
      const places = wrong.map((estimate) => this.estimates.indexOf(estimate) + 1);
      this.note.textContent = fill(this.words.mend, { ranges: places.join(", ") });
      wrong[0].low.focus();
      return;
    }
    const given = read.filter(([, { range }]) => range);
    if (!given.length) {
      const judged = open.length < this.estimates.length;
      this.note.textContent = this.words[judged ? "all_judged" : "none_yet"];
      return;
    }
    const answers = given.map(([estimate, { range }]) => {
      const { response } = estimate;
      estimate.show(range);
      return this.answer(estimate, response);
    });
    this.store.add(answers);
    this.note.textContent = "";
    this.showResult();
    this.said.textContent = this.store.problem;
    document.dispatchEvent(new CustomEvent("cu-answered"));
    this.result.querySelector("[tabindex]").focus();
  }

  /** The record of a range: a statement with 90% confidence, which came true or not. */
  answer({ item, given }, response) {
    const correct = isHeld(given);
    const { bank, intervals } = this.data;
    const said = { bank, item: item.id, seed: 0, parameters: {}, response };
    const verdict = { correct, score: correct ? 1 : 0, misconceptions: [] };
    return newAnswer({ ...said, confidence: 1 - intervals.alpha }, verdict);
  }

  showResult() {
    const judged = this.estimates.filter(({ given }) => given);
    this.judge.hidden = judged.length === this.estimates.length;
    this.again.hidden = !judged.length;
    this.result.replaceChildren(...(judged.length ? this.parts(judged) : []));
  }

  parts(judged) {
    const { words, data } = this;
    const [lead, ...rest] = judge(judged.map(({ given }) => given), data.intervals, words).sentences;
    const first = element("p", "cu-quiz-verdict", lead);
    first.tabIndex = -1; // the button that had the keyboard may be gone
    return [
      element("div", "cu-quiz-advice", first, ...rest.map((text) => element("p", "", text))),
      element("p", "cu-chart-title", words.figure),
      figure(judged, words),
      table(judged, data.intervals, words),
      element("p", "cu-quiz-scored", words.recorded),
    ];
  }

  startOver() {
    for (const estimate of this.estimates) estimate.startOver();
    setStartedOver(this.estimates.map(({ key }) => key));
    this.note.textContent = "";
    this.showResult();
    this.said.textContent = this.data.words.started_over;
    this.estimates[0].low.focus();
  }

  /** Answers were added from a file, or the record was erased. */
  recordChanged() {
    if (!this.store.read().answers.length) {
      for (const estimate of this.estimates.filter(({ given }) => given)) estimate.startOver();
    }
    this.restore();
    this.said.textContent = this.store.problem;
  }

  /** The last ranges again; what was started over since stays open. */
  restore() {
    const since = startedOver();
    const last = lastAnswers(this.store.read().answers);
    for (const estimate of this.estimates.filter(({ given }) => !given)) {
      const answer = last.get(estimate.key);
      if (answer && answer.at > (since.get(estimate.key) ?? "")) estimate.restore(answer.response);
    }
    this.showResult();
  }
}

// ---- the figure and its table, as course_utils.lab.ranges ----

/** A line for each range, from low to high over the true value, and the line at 1. */
function figure(judged, words) {
  const [left, right, top, row] = [14, 306, 6, 30];
  const bottom = top + row * judged.length;
  const middle = (left + right) / 2;
  const decades = decadesShown(judged.map(({ given }) => given));
  const scale = (right - left) / 2 / decades;
  const x = (logarithm) =>
    middle + scale * Math.max(-decades, Math.min(decades, logarithm / Math.LN10));
  const anchor = (decade) =>
    decade === -decades ? "start" : decade === decades ? "end" : "middle";
  const parts = [];
  for (let decade = -decades; decade <= decades; decade += 1) {
    const at = middle + scale * decade;
    parts.push(line(decade ? "cu-grid" : "cu-quiz-perfect", at, at, top, bottom));
    if (decades <= LABELED_DECADES || [-decades, 0, decades].includes(decade)) {
      parts.push(text(at, bottom + 16, tick(decade, words), anchor(decade)));
    }
  }
  judged.forEach(({ item, given }, place) => {
    const y = top + row * place;
    const kind = isHeld(given) ? "held" : "missed";
    const [low, high] = [given.low, given.high].map((end) => Math.log(end) - Math.log(given.value));
    const css = `cu-range-${kind}`;
    const label = text(left, y + 12, `${isHeld(given) ? "✓" : "✗"} ${item.label}`, "start");
    label.setAttribute("class", "cu-range-label");
    parts.push(
      label,
      line(`cu-range ${css}`, x(low), x(high), y + 21, y + 21),
      drawing("circle", {
        class: `cu-range-middle ${css}`, cx: x((low + high) / 2), cy: y + 21, r: 3.5,
      }),
    );
  });
  const held = judged.filter(({ given }) => isHeld(given)).length;
  const counts = { figure: words.figure, held, ranges: judged.length };
  return drawing(
    "svg",
    {
      viewBox: `0 0 320 ${bottom + 24}`,
      role: "img",
      class: "cu-quiz-calibration cu-ranges-figure",
      "aria-label": fill(words.figure_alt, counts),
    },
    ...parts,
  );
}

/** How many powers of ten the axis reaches to either side of the true value. */
function decadesShown(ranges) {
  const far = ranges.flatMap(({ low, high, value }) =>
    [low, high].map((end) => Math.abs(Math.log(end) - Math.log(value)) / Math.LN10),
  );
  return Math.min(MOST_DECADES, Math.max(1, Math.ceil(Math.max(...far))));
}

function tick(decade, words) {
  if (!decade) return words.true_value;
  const factor = numberText(10 ** Math.abs(decade));
  return fill(decade > 0 ? words.times : words.divided, { factor });
}

function table(judged, constants, words) {
  const heads = [words.quantity, words.your_range, words.value_column, words.score_column];
  const head = heads.map((name) => {
    const cell = element("th", "", name);
    cell.scope = "col";
    return cell;
  });
  const rows = judged.map(({ item, given }) => {
    const held = isHeld(given);
    const spoken = element("span", "cu-visually-hidden", words[held ? "held_mark" : "missed_mark"]);
    const said = { low: numberText(given.low), high: numberText(given.high) };
    return element(
      "tr",
      "",
      element("td", "", mark(held), spoken, ` ${item.label}`),
      element("td", "", fill(words.range, said)),
      element("td", "", item.valueText),
      element("td", "cu-number", numberText(intervalScore(given, constants))),
    );
  });
  const body = element(
    "table",
    "cu-table",
    element("thead", "", element("tr", "", ...head)),
    element("tbody", "", ...rows),
  );
  const scroll = element("div", "cu-scroll", body);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", "Table");
  return scroll;
}

function mark(held) {
  const node = element("span", `cu-quiz-mark ${held ? "cu-right" : "cu-wrong"}`, held ? "✓" : "✗");
  node.setAttribute("aria-hidden", "true");
  return node;
}

function text(x, y, content, anchor) {
  return drawing("text", { x, y, "text-anchor": anchor }, content);
}

function line(css, x1, x2, y1, y2) {
  return drawing("line", { class: css, x1, x2, y1, y2 });
}
