// Makes the quiz forms of a page live: check, feedback, try again, new numbers, score.
//
// The page is complete without this module. It grades the variants that the build
// prepared (the JSON block of a quiz) and says the words that stand there. The two
// exported functions repeat course_utils.quiz.quantities and course_utils.quiz.grading;
// shared test vectors hold them to the Python.

import { fill, grade } from "./quiz-grading.mjs";

export * from "./quiz-grading.mjs";
export * from "./quiz-progress.mjs";

// ---- the page ----

let described = 0; // makes an id for each message that an input points to

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Text with `code` and **bold** as nodes; nothing in it can become any other markup. */
function inline(text) {
  const nodes = [];
  let position = 0;
  for (const match of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*/g)) {
    nodes.push(text.slice(position, match.index));
    nodes.push(element(match[1] ? "code" : "strong", "", match[1] ?? match[2]));
    position = match.index + match[0].length;
  }
  return [...nodes, text.slice(position)];
}

function mark(correct) {
  const node = element("span", `cu-quiz-mark ${correct ? "cu-right" : "cu-wrong"}`, correct ? "✓" : "✗");
  node.setAttribute("aria-hidden", "true");
  return node;
}

function button(label, type, quiet) {
  const node = element("button", quiet ? "cu-button cu-button-quiet" : "cu-button", label);
  node.type = type;
  return node;
}

/** One question: its form, the variant it shows, and the verdict on its last checked answer. */
class Question {
  constructor(form, item, words, changed) {
    Object.assign(this, { form, item, words, changed, number: 0, last: null, verdict: null });
    this.fieldset = form.querySelector("fieldset");
    this.inputs = [...form.querySelectorAll("input")];
    this.answer = form.querySelector("details");
    this.check = button(words.check, "submit", false);
    this.tryAgain = button(words.try_again, "button", true);
    this.newNumbers = button(words.new_numbers, "button", true);
    this.feedback = element("div", "cu-quiz-result");
    this.feedback.id = `cu-quiz-result-${(described += 1)}`;
    this.feedback.setAttribute("role", "status");
    const actions = element("div", "cu-quiz-actions", this.check, this.tryAgain, this.newNumbers);
    this.fieldset.after(this.feedback, actions);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.check.hidden) this.submit();
    });
    this.tryAgain.addEventListener("click", () => {
      this.askAgain();
      this.inputs[0].focus();
    });
    this.newNumbers.addEventListener("click", () => {
      this.askAgain((this.number + 1) % this.item.variants.length);
      this.note(this.words.new_question);
      this.inputs[0].focus();
    });
    this.askAgain();
  }

  get variant() {
    return this.item.variants[this.number];
  }

  get response() {
    if (this.item.kind === "numeric") return this.inputs[0].value;
    const keys = this.inputs.filter((input) => input.checked).map((input) => Number(input.value));
    return this.item.kind === "multiple" ? keys : (keys[0] ?? null);
  }

  set response(response) {
    if (this.item.kind === "numeric") {
      this.inputs[0].value = response ?? "";
      return;
    }
    const keys = [response ?? []].flat();
    for (const input of this.inputs) input.checked = keys.includes(Number(input.value));
  }

  submit() {
    const verdict = grade(this.item, this.variant, this.response, this.words);
    if (!verdict.answered) {
      this.note(verdict.message);
      const input = this.inputs.find((each) => each.checked) ?? this.inputs[0];
      input.setAttribute("aria-describedby", this.feedback.id);
      if (this.item.kind === "numeric") input.setAttribute("aria-invalid", "true");
      input.focus();
      return;
    }
    this.show(verdict);
    [this.tryAgain, this.newNumbers, this.answer.querySelector("summary")]
      .find((node) => !node.hidden)
      .focus();
    this.changed();
  }

  /** Lock the answer and say the verdict. */
  show(verdict) {
    this.verdict = verdict;
    this.last = { variant: this.number, response: this.response };
    for (const input of this.inputs) {
      input.disabled = true;
      input.removeAttribute("aria-describedby");
      input.removeAttribute("aria-invalid");
      if (input.checked && this.item.kind === "single") this.markOption(input, verdict.correct);
    }
    const box = element("div", `cu-quiz-feedback ${verdict.correct ? "cu-right" : "cu-wrong"}`);
    box.append(element("p", "cu-quiz-verdict", mark(verdict.correct), " ", verdict.message));
    for (const entry of verdict.feedback) box.append(this.reason(entry));
    if (!verdict.correct) {
      const link = element("a", "", this.item.section.title);
      link.href = `#${this.item.section.id}`;
      box.append(element("p", "cu-quiz-again", `${this.words.read_again} `, link));
    }
    this.feedback.replaceChildren(box);
    this.check.hidden = true;
    this.tryAgain.hidden = verdict.correct;
    this.newNumbers.hidden = this.item.variants.length < 2;
    this.answer.hidden = false;
  }

  /** Why one answer is right or wrong; with its letter and a mark where several were chosen. */
  reason(entry) {
    if (this.item.kind !== "multiple") return element("p", "", ...inline(entry.text));
    const input = this.inputs.find((each) => Number(each.value) === entry.key);
    this.markOption(input, entry.correct);
    const letter = input.parentElement.querySelector(".cu-quiz-letter").textContent;
    const words = entry.correct ? this.words.belongs : this.words.does_not_belong;
    const lead = element("strong", "", fill(words, { letter }));
    return element("p", "", mark(entry.correct), " ", lead, " ", ...inline(entry.text));
  }

  markOption(input, correct) {
    input.parentElement.classList.add(correct ? "cu-right" : "cu-wrong");
    input.parentElement.append(mark(correct));
  }

  /** The open question again; the last verdict counts until the next check. */
  askAgain(number = this.number) {
    if (number !== this.number) this.showVariant(number);
    for (const input of this.inputs) {
      input.disabled = false;
      input.parentElement.classList.remove("cu-right", "cu-wrong");
      input.parentElement.querySelector(".cu-quiz-mark")?.remove();
      input.removeAttribute("aria-describedby");
      input.removeAttribute("aria-invalid");
    }
    this.response = null;
    this.feedback.replaceChildren();
    this.check.hidden = false;
    this.tryAgain.hidden = this.newNumbers.hidden = true;
    this.answer.hidden = true;
    this.answer.open = false;
  }

  startOver() {
    this.verdict = this.last = null;
    this.askAgain(0);
  }

  note(message) {
    this.feedback.replaceChildren(element("p", "cu-quiz-note", message));
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
        element("ul", "", ...reasons),
      );
  }

  /** Show again what was checked before; an entry that does not fit is left out. */
  restore({ variant, response }) {
    const fits = { single: Number.isInteger, multiple: Array.isArray, numeric: isText };
    if (!(variant in this.item.variants) || !fits[this.item.kind](response)) return;
    this.askAgain(variant);
    this.response = response;
    const verdict = grade(this.item, this.variant, this.response, this.words);
    if (verdict.answered) this.show(verdict);
    else this.startOver();
  }
}

class Quiz {
  constructor(root) {
    this.data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const { items, words } = this.data;
    const forms = new Map([...root.querySelectorAll("form")].map((f) => [f.dataset.item, f]));
    this.questions = items.map(
      (item) => new Question(forms.get(item.id), item, words, () => this.changed()),
    );
    this.score = element("p", "cu-quiz-score");
    const startOver = button(words.start_over, "button", true);
    startOver.addEventListener("click", () => this.startOver());
    root.append(element("div", "cu-quiz-foot", this.score, startOver));
    this.restore();
    this.showScore();
    root.dataset.cuReady = "true";
  }

  changed() {
    this.showScore();
    const items = {};
    for (const { item, last } of this.questions) if (last) items[item.id] = last;
    keep(this.data.bank, { seed: this.data.seed, items });
  }

  showScore() {
    const answered = this.questions.filter((question) => question.verdict);
    const right = answered.filter((question) => question.verdict.correct).length;
    const counts = { right, answered: answered.length, total: this.questions.length };
    this.score.textContent = fill(this.data.words.score, counts);
  }

  startOver() {
    for (const question of this.questions) question.startOver();
    this.changed();
    this.questions[0].note(this.data.words.started_over);
    this.questions[0].inputs[0].focus();
  }

  restore() {
    const kept = progress().banks[this.data.bank];
    if (kept?.seed !== this.data.seed) return;
    for (const question of this.questions) {
      const entry = kept.items?.[question.item.id];
      if (entry) question.restore(entry);
    }
  }
}

/** What this browser keeps, for all banks; empty where it keeps nothing or nothing readable. */
function progress() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE));
    if (kept?.version === 1 && isRecord(kept.banks)) return kept;
  } catch {
    // Storage is switched off, or the text in it is damaged: the quiz works without.
  }
  return { version: 1, banks: {} };
}

function isText(value) {
  return typeof value === "string";
}

function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function keep(bank, answers) {
  const kept = progress();
  kept.banks[bank] = answers;
  try {
    localStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // Storage is full or switched off: the quiz works without.
  }
}

if (typeof document !== "undefined") {
  for (const root of document.querySelectorAll("[data-cu-quiz]")) new Quiz(root);
}
