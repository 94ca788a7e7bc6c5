// What a page of many lessons adds: filters for practice, a recommendation for placement.

import { button, element } from "./quiz-elements.mjs";
import { fill } from "./quiz-grading.mjs";
import { lastAnswers } from "./quiz-progress.mjs";

/** Lists that show some of the questions; `count` says how many after each change. */
export function addFilters({ root, data, questions, store }) {
  const words = data.practice;
  const verdictOf = () => {
    const last = lastAnswers(store.read().answers);
    return (question) => last.get(question.key)?.correct;
  };
  const lessons = new Map(data.items.map((item) => [item.bank, item.title]));
  const lesson = list(words.lesson, [...lessons].sort(), words.any);
  const outcome = list(words.outcome, [], words.any);
  const state = list(words.state, ["open", "missed", "right"].map((s) => [s, words[s]]), words.any);
  const levels = [1, 2, 3].map((level) => [String(level), words[`level_${level}`]]);
  const difficulty = list(words.difficulty, levels, words.any);
  const shown = element("p", "cu-quiz-score");
  shown.setAttribute("role", "status");
  const lists = [lesson, outcome, state, difficulty];
  const bar = element("div", "cu-quiz-filters", ...lists.map(({ node }) => node));
  (root.querySelector("form") ?? root.querySelector("script")).before(bar, shown);

  const offerOutcomes = () => {
    const items = data.items.filter((item) => !lesson.value || item.bank === lesson.value);
    const entries = items.map((item) => [`${item.bank}/${item.outcome}`, item.outcomeText]);
    outcome.offer([...new Map(entries)].sort());
  };

  // What was answered a moment ago stays in view until a filter is changed.
  const count = () => {
    const visible = questions.filter(({ form }) => !form.hidden).length;
    const counts = { shown: visible, total: questions.length };
    shown.textContent = visible ? fill(words.shown, counts) : words.none;
  };
  const apply = () => {
    const correct = verdictOf();
    const inState = {
      "": () => true,
      open: (question) => correct(question) === undefined,
      missed: (question) => correct(question) === false,
      right: (question) => correct(question) === true,
    };
    for (const question of questions) {
      const { bank, outcome: tested, difficulty: level } = question.item;
      question.form.hidden = !(
        (!lesson.value || bank === lesson.value) &&
        (!outcome.value || `${bank}/${tested}` === outcome.value) &&
        (!difficulty.value || String(level) === difficulty.value) &&
        inState[state.value](question)
      );
    }
    count();
  };
  lesson.select.addEventListener("change", offerOutcomes);
  for (const { select } of lists) select.addEventListener("change", apply);
  offerOutcomes();
  apply();
  return { apply, count };
}

/** A labelled list whose first entry filters nothing. */
function list(label, entries, any) {
  const select = element("select");
  const option = ([value, text]) => {
    const node = element("option", "", text);
    node.value = value;
    return node;
  };
  const offer = (those) => select.replaceChildren(option(["", any]), ...those.map(option));
  offer(entries);
  const node = element("label", "cu-quiz-filter", element("span", "", label), select);
  return {
    node,
    select,
    offer,
    get value() {
      return select.value;
    },
  };
}

/** A button that says where to begin, after the answers of this visit. */
export function addRecommendation({ root, data, questions }) {
  const words = data.placement;
  const advise = button(words.advise, "button", false);
  const advice = element("div", "cu-quiz-advice");
  advice.setAttribute("role", "status");
  advise.addEventListener("click", () => {
    const { lesson, sentence, reasons } = recommend(questions, words);
    const lead = element("p", "cu-quiz-verdict");
    if (lesson) {
      const link = element("a", "", sentence);
      link.href = `${lesson}.html`;
      lead.append(link);
    } else lead.append(sentence);
    const list = element("ul", "", ...reasons.map((reason) => element("li", "", reason)));
    advice.replaceChildren(lead, ...(reasons.length ? [list] : []));
  });
  root.append(element("div", "cu-quiz-foot", advise), advice);
}

/** As course_utils.quiz.placement.Placement.recommend. */
function recommend(questions, words) {
  if (!questions.some(({ verdict }) => verdict)) {
    return { lesson: "", sentence: words.answer_first, reasons: [] };
  }
  const open = questions.filter(({ verdict }) => !verdict?.correct);
  if (!open.length) return { lesson: "", sentence: words.begin_beyond, reasons: [] };
  const { bank, title } = open[0].item;
  const reasons = open
    .filter(({ item }) => item.bank === bank)
    .map(({ item, verdict }) => {
      const text = item.outcomeText.replace(/\.+$/, "");
      const outcome = text[0].toLowerCase() + text.slice(1);
      return fill(verdict ? words.missed : words.left_out, { outcome });
    });
  const later = open.filter(({ item }) => item.bank !== bank).map(({ item }) => item.title);
  if (later.length) reasons.push(fill(words.later, { lessons: [...new Set(later)].join("; ") }));
  return {
    lesson: bank,
    sentence: fill(words.begin, { lesson: title }),
    reasons: [...new Set(reasons)],
  };
}
