// Makes the question forms of a page live: check, feedback, confidence, record, filters.
//
// The page is complete without this module. It grades the variants that the build
// prepared (the JSON block of a card) and says the words that stand there. What needs no page
// stands in the modules that are exported here; shared test vectors hold them to the Python.

import { brierScore, fill, grade } from "./quiz-grading.mjs";
import {
  ProgressStore, lastAnswers, newAnswer, questionOf, setStartedOver, startedOver,
} from "./quiz-progress.mjs";
import { recordPanel } from "./quiz-record.mjs";
import { addFilters, addRecommendation } from "./quiz-practice.mjs";
import { WarmUp } from "./quiz-warm-up.mjs";
import { button, element, inline } from "./quiz-elements.mjs";

export * from "./quiz-grading.mjs";
export * from "./quiz-intervals.mjs";
export * from "./quiz-progress.mjs";

let described = 0; // makes an id for each message that an input points to, and for radio names

/** A mark for the eye; `words` say it to who hears the page where no other text does. */
function mark(correct, words = "") {
  const node = element("span", `cu-quiz-mark ${correct ? "cu-right" : "cu-wrong"}`, correct ? "✓" : "✗");
  node.setAttribute("aria-hidden", "true");
  if (!words) return node;
  return element("span", "cu-quiz-marks", node, element("span", "cu-visually-hidden", words));
}

// ---- what a learner answers with, by kind ----

/** Radio buttons, checkboxes or a number: the inputs that the page has. */
class Inputs {
  constructor(form, item) {
    this.kind = item.kind;
    this.inputs = [...form.querySelectorAll("fieldset input")];
  }

  get typed() {
    return this.kind === "numeric" || this.kind === "predict";
  }

  get response() {
    if (this.typed) return this.inputs[0].value;
    const keys = this.inputs.filter((input) => input.checked).map((input) => Number(input.value));
    return this.kind === "multiple" ? keys : (keys[0] ?? null);
  }

  set response(response) {
    if (this.typed) {
      this.inputs[0].value = response ?? "";
      return;
    }
    const keys = [response ?? []].flat();
    for (const input of this.inputs) input.checked = keys.includes(Number(input.value));
  }

  fits(response) {
    if (this.typed) return typeof response === "string";
    const known = (key) => this.inputs.some((input) => Number(input.value) === key);
    return Array.isArray(response)
      ? this.kind === "multiple" && response.every(known)
      : this.kind === "single" && known(response);
  }

  lock(locked) {
    for (const input of this.inputs) input.disabled = locked;
  }

  focus() {
    (this.inputs.find((each) => each.checked) ?? this.inputs[0]).focus();
  }

  /** Point the inputs to what is wrong with them, or to nothing. */
  complain(id) {
    for (const input of this.inputs) {
      input.removeAttribute("aria-describedby");
      input.removeAttribute("aria-invalid");
    }
    if (!id) return;
    const input = this.inputs.find((each) => each.checked) ?? this.inputs[0];
    input.setAttribute("aria-describedby", id);
    if (this.typed) input.setAttribute("aria-invalid", "true");
  }

  /** Mark what was chosen. Of several choices each has a verdict of its own. */
  mark(verdict) {
    for (const input of this.inputs) {
      const entry = verdict.feedback.find(({ key }) => key === Number(input.value));
      if (this.typed || !input.checked || !entry) continue;
      input.parentElement.classList.add(entry.correct ? "cu-right" : "cu-wrong");
      input.parentElement.append(mark(entry.correct));
    }
  }

  unmark() {
    for (const input of this.inputs) {
      input.parentElement.classList.remove("cu-right", "cu-wrong");
      input.parentElement.querySelector(".cu-quiz-mark")?.remove();
    }
  }

  /** The letter of an option as it is shown. */
  letter(key) {
    const input = this.inputs.find((each) => Number(each.value) === key);
    return input.parentElement.querySelector(".cu-quiz-letter").textContent;
  }
}

/** Steps with two buttons each that move them, by keyboard and without dragging. */
class Steps {
  constructor(form, item, words, say) {
    Object.assign(this, { words, say });
    this.list = form.querySelector(".cu-quiz-steps");
    this.list.setAttribute("role", "list"); // Safari takes a list without its marks for none
    this.drawn = item.steps.map(({ key }) => key);
    this.rows = new Map();
    for (const row of this.list.children) {
      const step = row.textContent;
      const move = (sign, label, by) => {
        const node = button(sign, "button", true);
        node.classList.add("cu-quiz-move");
        node.setAttribute("aria-label", `${label}: ${step}`);
        node.addEventListener("click", () => this.move(row, by, node));
        return node;
      };
      const up = move("↑", words.move_up, -1);
      const down = move("↓", words.move_down, 1);
      row.append(element("span", "cu-quiz-moves", up, down));
      this.rows.set(Number(row.dataset.step), { row, up, down, step });
    }
    this.update();
  }

  get response() {
    return [...this.list.children].map((row) => Number(row.dataset.step));
  }

  set response(keys) {
    this.list.append(...(keys ?? this.drawn).map((key) => this.rows.get(key).row));
    this.update();
  }

  fits(response) {
    const same = (keys) => JSON.stringify([...keys].sort());
    return Array.isArray(response) && same(response) === same(this.drawn);
  }

  move(row, by, pressed) {
    const rows = [...this.list.children];
    const place = rows.indexOf(row) + by;
    if (by < 0) rows[place].before(row);
    else rows[place].after(row);
    this.update();
    const { up, down, step } = this.rows.get(Number(row.dataset.step));
    // A button that has just become useless hands its focus on.
    (pressed.disabled ? (pressed === up ? down : up) : pressed).focus();
    this.say(fill(this.words.moved, { step, place: place + 1, total: rows.length }));
  }

  update() {
    const rows = [...this.list.children];
    for (const { row, up, down } of this.rows.values()) {
      up.disabled = this.locked || row === rows[0];
      down.disabled = this.locked || row === rows.at(-1);
    }
  }

  lock(locked) {
    this.locked = locked;
    this.list.classList.toggle("cu-locked", locked);
    this.update();
  }

  focus() {
    this.list.querySelector("button:not(:disabled)").focus();
  }

  complain() {}

  /** A step is marked by what it follows, so that the marks agree with the pairs counted. */
  mark() {
    const keys = this.response;
    keys.forEach((key, i) => {
      const correct = key === (i ? keys[i - 1] + 1 : 0);
      const { row } = this.rows.get(key);
      row.classList.add(correct ? "cu-right" : "cu-wrong");
      row.append(mark(correct, correct ? this.words.step_right : this.words.step_wrong));
    });
  }

  unmark() {
    for (const { row } of this.rows.values()) {
      row.classList.remove("cu-right", "cu-wrong");
      row.querySelector(".cu-quiz-marks")?.remove();
    }
  }
}

/** How sure somebody is: one row of choices, a guess first. */
class Confidence {
  constructor(item, levels, words) {
    this.choices = [[item.guess, words.a_guess]].concat(
      levels.map((level) => [level, fill(words.level, { percent: Math.round(100 * level) })]),
    );
    const name = `sure-${(described += 1)}`;
    this.inputs = this.choices.map(([level]) => {
      const input = element("input");
      Object.assign(input, { type: "radio", name, value: String(level) });
      return input;
    });
    const labels = this.choices.map(([, label], i) => {
      const text = element("span", "", label);
      return element("label", "cu-quiz-level", this.inputs[i], text);
    });
    const legend = element("legend", "", words.how_sure);
    const row = element("div", "cu-quiz-levels", ...labels);
    this.node = element("fieldset", "cu-quiz-sure", legend, row);
  }

  get value() {
    const chosen = this.inputs.findIndex((input) => input.checked);
    return chosen < 0 ? null : this.choices[chosen][0];
  }

  set value(level) {
    this.inputs.forEach((input, i) => (input.checked = this.choices[i][0] === level));
  }

  /** What the stated confidence was worth, in words. */
  scored(correct, words) {
    const level = this.value;
    if (level === null) return "";
    const score = brierScore(level, correct).toFixed(2);
    if (level === this.choices[0][0]) return fill(words.scored_guess, { score });
    return fill(words.scored, { score, level: this.choices.find(([l]) => l === level)[1] });
  }

  lock(locked) {
    for (const input of this.inputs) input.disabled = locked;
  }

  focus() {
    this.inputs[0].focus();
  }
}

// ---- one question ----

/** One question: its form, the variant it shows, and the verdict on its last checked answer. */
class Question {
  constructor(form, item, data, changed) {
    const { words, confidence } = data;
    const bank = item.bank ?? data.bank;
    Object.assign(this, { form, item, words, bank, changed, number: 0, verdict: null });
    this.fieldset = form.querySelector("fieldset");
    this.answer = form.querySelector("details");
    this.feedback = element("div", "cu-quiz-result");
    this.feedback.id = `cu-quiz-result-${(described += 1)}`;
    this.feedback.setAttribute("role", "status");
    this.control =
      item.kind === "order"
        ? new Steps(form, item, words, (text) => this.note(text, "cu-quiz-moved"))
        : new Inputs(form, item);
    // A placement check asks for no confidence, and once: a second try knows the feedback.
    this.once = data.part === "placement" || item.kind === "predict";
    const asks = data.part !== "placement" || item.kind === "predict";
    this.sure = asks ? new Confidence(item, confidence.levels, words) : null;
    this.check = button(item.kind === "predict" ? words.commit : words.check, "submit", false);
    this.tryAgain = button(words.try_again, "button", true);
    this.newNumbers = button(words.new_numbers, "button", true);
    const actions = element("div", "cu-quiz-actions", this.check, this.tryAgain, this.newNumbers);
    this.fieldset.after(...(this.sure ? [this.sure.node] : []), this.feedback, actions);
    this.addReport();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.check.hidden) this.submit();
    });
    this.tryAgain.addEventListener("click", () => {
      this.askAgain();
      this.control.focus();
    });
    this.newNumbers.addEventListener("click", () => {
      this.askAgain((this.number + 1) % this.item.variants.length);
      this.note(this.words.new_question);
      this.control.focus();
    });
    this.askAgain();
  }

  get variant() {
    return this.item.variants[this.number];
  }

  get key() {
    return questionOf({ bank: this.bank, item: this.item.id });
  }

  /** A link to a new issue that names this question, where the book knows its repository. */
  addReport() {
    const issue = document.querySelector('meta[name="course-issue"]')?.content;
    if (!issue) return;
    const link = element("a", "", this.words.report);
    link.href = issue + encodeURIComponent(fill(this.words.report_title, { question: this.key }));
    this.answer.append(element("p", "cu-quiz-report", link));
  }

  submit() {
    const confidence = this.sure?.value ?? null;
    const response = this.control.response;
    const verdict = grade(this.item, this.variant, response, this.words, confidence);
    if (!verdict.answered) {
      this.note(verdict.message);
      if (verdict.message === this.words.confidence_first) {
        this.sure.focus();
        return;
      }
      this.control.complain(this.feedback.id);
      this.control.focus();
      return;
    }
    this.show(verdict);
    [this.tryAgain, this.newNumbers, this.answer.querySelector("summary")]
      .find((node) => !node.hidden)
      .focus();
    const parameters = this.variant.parameters ?? {};
    const { bank, item } = this;
    this.changed(newAnswer({ bank, item: item.id, parameters, response, confidence }, verdict));
  }

  /** Lock the answer and say the verdict. */
  show(verdict) {
    this.verdict = verdict;
    this.control.complain(null);
    this.control.lock(true);
    this.sure?.lock(true);
    this.control.mark(verdict);
    const box = element("div", `cu-quiz-feedback ${verdict.correct ? "cu-right" : "cu-wrong"}`);
    box.append(element("p", "cu-quiz-verdict", mark(verdict.correct), " ", verdict.message));
    for (const entry of verdict.feedback) box.append(this.reason(entry));
    const scored = this.sure?.scored(verdict.correct, this.words);
    if (scored) box.append(element("p", "cu-quiz-scored", scored));
    if (!verdict.correct && this.item.kind !== "predict") {
      const { id, href, title } = this.item.section;
      const link = element("a", "", title);
      link.href = href ?? `#${id}`;
      box.append(element("p", "cu-quiz-again", `${this.words.read_again} `, link));
    }
    this.feedback.replaceChildren(box);
    this.check.hidden = true;
    this.tryAgain.hidden = verdict.correct || this.once;
    this.newNumbers.hidden = this.item.variants.length < 2;
    this.answer.hidden = false;
  }

  /** Why one answer is right or wrong; with its letter and a mark where several were chosen. */
  reason(entry) {
    if (this.item.kind === "order" && entry.key !== null) {
      const lead = element("strong", "", this.control.rows.get(entry.key).step);
      return element("p", "", lead, " ", ...inline(entry.text));
    }
    if (this.item.kind !== "multiple") return element("p", "", ...inline(entry.text));
    const words = entry.correct ? this.words.belongs : this.words.does_not_belong;
    const lead = element("strong", "", fill(words, { letter: this.control.letter(entry.key) }));
    return element("p", "", mark(entry.correct), " ", lead, " ", ...inline(entry.text));
  }

  /** The open question again; the last verdict counts until the next check. */
  askAgain(number = this.number) {
    if (number !== this.number) this.showVariant(number);
    this.control.lock(false);
    this.control.unmark();
    this.control.complain(null);
    this.control.response = null;
    if (this.sure) {
      this.sure.lock(false);
      this.sure.value = null;
    }
    this.feedback.replaceChildren();
    this.check.hidden = false;
    this.tryAgain.hidden = this.newNumbers.hidden = true;
    this.answer.hidden = true;
    this.answer.open = false;
  }

  startOver() {
    this.verdict = null;
    this.askAgain(0);
  }

  note(message, className = "cu-quiz-note") {
    this.feedback.replaceChildren(element("p", className, message));
  }

  /** Put the numbers of another prepared variant into the question and its folded answer. */
  showVariant(number) {
    this.number = number;
    const { stem, answerText, solution, wrong } = this.variant;
    const parts = stem.split(/\n\s*\n/).map((part) => element("span", "", ...inline(part.trim())));
    this.form.querySelector(".cu-quiz-stem").replaceChildren(...parts.flatMap((part) => [part, " "]));
    const lead = element("strong", "", `${this.words.answer} ${answerText}`);
    const reasons = wrong.map((entry) =>
      element("li", "", element("strong", "", this.words.wrong), " ", ...inline(entry.feedback)),
    );
    this.answer
      .querySelector(".cu-quiz-reasons")
      .replaceChildren(
        element("p", "", lead),
        element("p", "", ...inline(solution)),
        ...(reasons.length ? [element("ul", "", ...reasons)] : []),
      );
  }

  /** Show again what was answered before, where these numbers and options are still there. */
  restore({ parameters, response, confidence }) {
    const same = (one, other) => JSON.stringify(Object.entries(one).sort()) === other;
    const asked = JSON.stringify(Object.entries(parameters).sort());
    const number = this.item.variants.findIndex((v) => same(v.parameters ?? {}, asked));
    if (number < 0 || !this.control.fits(response)) return;
    const variant = this.item.variants[number];
    const verdict = grade(this.item, variant, response, this.words, confidence);
    if (!verdict.answered) return;
    this.askAgain(number);
    this.control.response = response;
    if (this.sure) this.sure.value = confidence;
    this.show(verdict);
  }
}

// ---- a card of questions ----

/** A card; all cards of a page share one record. */
class Quiz {
  constructor(root, data, store) {
    Object.assign(this, { root, data, store });
    const { items, part, words } = data;
    const key = (bank, item) => `${bank ?? this.data.bank}/${item}`;
    const forms = new Map(
      [...root.querySelectorAll("form")].map((f) => [key(f.dataset.bank, f.dataset.item), f]),
    );
    this.questions = items.map((item) => {
      const form = forms.get(key(item.bank, item.id));
      return new Question(form, item, this.data, (answer) => this.changed(answer));
    });
    if (part === "practice") this.filters = addFilters(this);
    if (part === "placement") addRecommendation(this);
    if (part === "quiz") this.addFoot();
    this.said = element("p", "cu-quiz-note");
    this.said.setAttribute("role", "status");
    root.append(this.said);
    if (part === "quiz" || part === "practice") {
      const changed = () => document.dispatchEvent(new CustomEvent("cu-record-changed"));
      root.append(recordPanel(this.store, words, this.data.confidence, changed));
    }
    document.addEventListener("cu-record-changed", () => this.recordChanged());
    this.restore();
    this.showScore();
    root.dataset.cuReady = "true";
  }

  addFoot() {
    this.score = element("p", "cu-quiz-score");
    const startOver = button(this.data.words.start_over, "button", true);
    startOver.addEventListener("click", () => this.startOver());
    this.root.append(element("div", "cu-quiz-foot", this.score, startOver));
  }

  changed(answer) {
    this.store.add([{ ...answer, seed: this.data.seed }]);
    this.showScore();
    this.filters?.count();
    document.dispatchEvent(new CustomEvent("cu-answered"));
    this.said.textContent = this.store.problem;
  }

  /** Answers were added from a file, or the record was erased. */
  recordChanged() {
    const { answers } = this.store.read();
    if (!answers.length) for (const question of this.questions) question.startOver();
    this.restore(this.questions.filter(({ verdict }) => !verdict));
    this.showScore();
    this.filters?.apply();
    this.said.textContent = this.store.problem;
  }

  showScore() {
    if (!this.score) return;
    const answered = this.questions.filter((question) => question.verdict);
    const right = answered.filter((question) => question.verdict.correct).length;
    const counts = { right, answered: answered.length, total: this.questions.length };
    this.score.textContent = fill(this.data.words.score, counts);
  }

  startOver() {
    for (const question of this.questions) question.startOver();
    setStartedOver(this.questions.map(({ key }) => key));
    this.showScore();
    this.said.textContent = this.data.words.started_over;
    this.questions[0].control.focus();
  }

  /** The last answers again; a practice starts open, and so does what was started over. */
  restore(questions = this.questions) {
    if (this.data.part === "practice" || this.data.part === "placement") return;
    const since = startedOver();
    const last = lastAnswers(this.store.read().answers);
    for (const question of questions) {
      const answer = last.get(question.key);
      if (answer && answer.at > (since.get(question.key) ?? "")) question.restore(answer);
    }
  }
}

function start(roots) {
  const blocks = roots.map((root) => root.querySelector('script[type="application/json"]'));
  const cards = blocks.map((block) => JSON.parse(block.textContent));
  const store = new ProgressStore(cards[0].words);
  roots.forEach((root, i) => {
    const Card = cards[i].part === "warm-up" ? WarmUp : Quiz;
    new Card(root, cards[i], store);
  });
}

if (typeof document !== "undefined") {
  const roots = [...document.querySelectorAll("[data-cu-quiz]")];
  if (roots.length) start(roots);
}
