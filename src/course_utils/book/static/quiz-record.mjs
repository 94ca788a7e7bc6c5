// The learner's record of all lessons: how many answers, calibration, export, import, erase.

import { button, drawing, element } from "./quiz-elements.mjs";
import { calibration, calibrationSummary, fill } from "./quiz-grading.mjs";
import { lastAnswers, stated } from "./quiz-progress.mjs";

const ENOUGH_FOR_A_FIGURE = 5;
const MOST_MESSAGES = 3; // a wrong file has thousands of lines that are no answer

/** A folded panel; `changed` is told when answers came in or all went. */
export function recordPanel(store, words, confidence, changed) {
  const body = element("div", "cu-quiz-record-body");
  const said = element("p", "cu-quiz-note");
  said.setAttribute("role", "status");
  const panel = element(
    "details",
    "cu-quiz-record",
    element("summary", "", words.your_record),
    body,
    actions(store, words, (texts) => {
      changed();
      update();
      said.textContent = texts.join(" ");
    }),
    said,
  );
  const update = () => body.replaceChildren(...contents(store, words, confidence));
  panel.addEventListener("toggle", () => panel.open && update());
  document.addEventListener("cu-answered", () => panel.open && update());
  return panel;
}

function contents(store, words, confidence) {
  const { answers, messages } = store.read();
  const count = lastAnswers(answers).size;
  const parts = [
    element("p", "", count ? fill(words.record_count, { answers: count }) : words.record_empty),
    ...[store.problem, ...fewest(messages, words)]
      .filter(Boolean)
      .map((text) => element("p", "cu-quiz-note", text)),
  ];
  const pairs = stated(answers);
  if (pairs.length < ENOUGH_FOR_A_FIGURE) {
    const so_far = { needed: ENOUGH_FOR_A_FIGURE, stated: pairs.length };
    parts.push(element("p", "cu-quiz-soon", fill(words.calibration_soon, so_far)));
    return parts;
  }
  const bins = calibration(pairs, confidence, words);
  const lines = bins.map(({ sentence }) => element("li", "", sentence));
  return [
    ...parts,
    element("p", "cu-chart-title", words.calibration_title),
    calibrationFigure(bins, words),
    element("ul", "", ...lines),
    element("p", "", calibrationSummary(pairs, words)),
  ];
}

/** Stated confidence against the share right, with 95% intervals and the line of a perfect judge. */
function calibrationFigure(bins, words) {
  const [left, right, top, bottom] = [46, 310, 12, 200];
  const x = (share) => left + share * (right - left);
  const y = (share) => bottom - share * (bottom - top);
  const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    drawing("line", { x1: left, x2: right, y1: y(share), y2: y(share), class: "cu-grid" }),
    text(x(share), bottom + 16, `${100 * share}`, "middle"),
    text(left - 6, y(share) + 4, `${100 * share}`, "end"),
  ]);
  const marks = bins.flatMap(({ confidence, share, low, high }) => [
    drawing("line", {
      x1: x(confidence), x2: x(confidence), y1: y(low), y2: y(high), class: "cu-quiz-whisker",
    }),
    drawing("circle", { cx: x(confidence), cy: y(share), r: 5, class: "cu-quiz-dot" }),
  ]);
  return drawing(
    "svg",
    {
      viewBox: "0 0 320 246",
      role: "img",
      class: "cu-quiz-calibration",
      "aria-label": `${words.calibration_title}. ${words.in_words}`,
    },
    ...ticks,
    drawing("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "cu-quiz-perfect" }),
    ...marks,
    text((left + right) / 2, 240, words.stated_axis, "middle"),
    drawing(
      "text",
      { transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
      words.right_axis,
    ),
  );
}

function text(x, y, content, anchor) {
  return drawing("text", { x, y, "text-anchor": anchor }, content);
}

function actions(store, words, done) {
  const save = button(words.export, "button", true);
  save.addEventListener("click", () => {
    const link = element("a");
    const url = URL.createObjectURL(new Blob([store.text], { type: "application/jsonl" }));
    Object.assign(link, { href: url, download: "progress.jsonl" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000); // some browsers read it later
  });

  const file = element("input");
  Object.assign(file, { type: "file", accept: ".jsonl,.json,.txt", hidden: true });
  const add = button(words.import, "button", true);
  add.addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const result = store.merge(await chosen.text(), chosen.name);
    file.value = "";
    const { added, known } = result;
    done([fill(words.imported, { added, known }), store.problem, ...fewest(result.messages, words)]);
  });

  const erase = button(words.erase, "button", true);
  const sure = element("span", "cu-quiz-sure-to-erase", element("span", "", words.erase_sure));
  const yes = button(words.erase_yes, "button", false);
  const no = button(words.erase_no, "button", true);
  sure.append(yes, no);
  sure.hidden = true;
  sure.setAttribute("role", "group");
  sure.setAttribute("aria-label", words.erase_sure);
  const ask = (asking) => {
    sure.hidden = !asking;
    erase.hidden = asking;
    (asking ? no : erase).focus();
  };
  erase.addEventListener("click", () => ask(true));
  no.addEventListener("click", () => ask(false));
  yes.addEventListener("click", () => {
    store.clear();
    ask(false);
    done([words.erased]);
  });
  return element("div", "cu-quiz-actions", save, add, file, erase, sure);
}

/** The first messages, and how many more there are. */
function fewest(messages, words) {
  const more = messages.length - MOST_MESSAGES;
  if (more <= 1) return messages;
  return [...messages.slice(0, MOST_MESSAGES), fill(words.more_messages, { more })];
}
