// What a learner has answered, as JSON lines: the format of course_utils.quiz.progress.
//
// Nothing is rewritten: an answer is one more line, two copies are merged by the ids of
// their answers, and a line that cannot be read is reported and kept.

import { fill } from "./quiz-grading.mjs";

const FORMAT = "course-utils-progress";
const VERSION = 1;
const STORE = "course-utils-progress";
const STARTED_OVER = "course-utils-started-over";
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

const isRecord = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value !== "";
const isNumber = (value) => typeof value === "number" && Math.abs(value) < 1e300;
const isWhole = (value) => isNumber(value) && Number.isInteger(value);
const isScalar = (value) => typeof value === "string" || isNumber(value);

const FIELDS = {
  id: isText,
  bank: isText,
  item: isText,
  seed: (value) => isText(value) || isWhole(value),
  parameters: (value) => isRecord(value) && Object.values(value).every(isScalar),
  response: (value) =>
    typeof value === "string" ||
    isWhole(value) ||
    (Array.isArray(value) && value.every(isWhole)),
  confidence: (value) => value === null || (isNumber(value) && value > 0 && value < 1),
  correct: (value) => typeof value === "boolean",
  score: (value) => isNumber(value) && value >= 0 && value <= 1,
  misconceptions: (value) => Array.isArray(value) && value.every(isText),
  at: (value) => typeof value === "string" && TIME.test(value),
};

/** The answers in a text, each id once, and messages on the lines that are none. */
export function parseProgress(text, source, words) {
  const answers = new Map();
  const messages = [];
  let headed = false;
  let readable = false;
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const [place, line] of lines.entries()) {
    if (!line.replace(/[ \t\r]/g, "")) continue;
    const report = (complaint) =>
      messages.push(fill(words.damaged, { source, line: place + 1, complaint }));
    let [entry, complaint] = read(line, words);
    if (!complaint && isHeader(entry)) {
      headed = true;
      readable = entry.version <= VERSION;
      if (!readable) {
        complaint = fill(words.newer, { version: entry.version, known: VERSION });
      }
    } else if (headed && !readable) {
      continue;
    } else {
      if (!headed) {
        report(words.no_header);
        headed = readable = true;
      }
      if (!complaint) {
        const field = Object.keys(FIELDS).find(
          (name) => !isRecord(entry) || !Object.hasOwn(entry, name) || !FIELDS[name](entry[name]),
        );
        if (field) complaint = fill(words.field, { field });
        else if (!answers.has(entry.id)) answers.set(entry.id, known(entry));
      }
    }
    if (complaint) report(complaint);
  }
  return { answers: [...answers.values()], messages, newer: headed && !readable };
}

function read(line, words) {
  try {
    return [JSON.parse(line), ""];
  } catch {
    return [null, words.not_json];
  }
}

function isHeader(entry) {
  return isRecord(entry) && entry.format === FORMAT && isWhole(entry.version);
}

/** The fields that we know, in their order. */
function known(entry) {
  return Object.fromEntries(Object.keys(FIELDS).map((name) => [name, entry[name]]));
}

export function progressText(answers) {
  const header = JSON.stringify({ format: FORMAT, version: VERSION });
  return [header, ...answers.map((answer) => JSON.stringify(known(answer)))].join("\n") + "\n";
}

/** The union by id, in the order of time. */
export function mergeProgress(...several) {
  const union = new Map();
  for (const answer of several.flat()) if (!union.has(answer.id)) union.set(answer.id, answer);
  const before = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return [...union.values()].sort((a, b) => before(a.at, b.at) || before(a.id, b.id));
}

export const questionOf = ({ bank, item }) => `${bank}/${item}`;

/** The latest answer to each question, by `bank/item`. */
export function lastAnswers(answers) {
  return new Map(mergeProgress(answers).map((answer) => [questionOf(answer), answer]));
}

/** The first answer to each question with its numbers; a retry knows the feedback. */
export function firstAttempts(answers) {
  const first = new Map();
  for (const answer of mergeProgress(answers)) {
    const drawn = JSON.stringify([questionOf(answer), Object.entries(answer.parameters).sort()]);
    if (!first.has(drawn)) first.set(drawn, answer);
  }
  return [...first.values()];
}

/** Confidence and verdict of first attempts, where one was stated: what is calibrated. */
export function stated(answers) {
  return firstAttempts(answers)
    .filter(({ confidence }) => confidence !== null)
    .map(({ confidence, correct }) => [confidence, correct]);
}

/** What follows from a list of answers. */
export function progressState(answers) {
  const last = [...lastAnswers(answers).values()];
  const lessons = {};
  for (const { bank, correct } of [...last].sort((a, b) => (a.bank < b.bank ? -1 : 1))) {
    const lesson = (lessons[bank] ??= { answered: 0, right: 0 });
    lesson.answered += 1;
    lesson.right += correct ? 1 : 0;
  }
  return {
    last: last.map(({ id }) => id).sort(),
    first: firstAttempts(answers).map(({ id }) => id),
    stated: stated(answers),
    missed: last.filter(({ correct }) => !correct).map(questionOf).sort(),
    lessons,
  };
}

/** A new record of an answer that was graded just now. */
export function newAnswer({ bank, item, seed, parameters, response, confidence }, verdict) {
  return {
    id: newId(),
    bank,
    item,
    seed,
    parameters,
    response,
    confidence,
    correct: verdict.correct,
    score: verdict.score,
    misconceptions: verdict.misconceptions,
    at: new Date().toISOString(),
  };
}

/** 128 random bits; `randomUUID` is missing where a page comes over plain HTTP. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The learner's progress in this browser's storage: text, as in the file.
 *
 * What storage does not take (it is off, full, or holds a newer format) waits in memory, is
 * tried again with the next answer, and `problem` says that it is not kept.
 */
export class ProgressStore {
  constructor(words) {
    this.words = words;
    this.problem = "";
    this.waiting = [];
  }

  /** All that there is, damaged lines included; what waits stands last. */
  get text() {
    const kept = this.kept;
    if (!kept || !this.waiting.length) return kept || progressText(this.waiting);
    const lines = progressText(this.waiting);
    // Behind a newer format our lines need a header of their own.
    const ours = this.read().newer ? lines : lines.slice(lines.indexOf("\n") + 1);
    return kept + (kept.endsWith("\n") ? "" : "\n") + ours;
  }

  get kept() {
    try {
      return localStorage.getItem(STORE) ?? "";
    } catch {
      return "";
    }
  }

  /** The answers, and messages on lines that cannot be read. */
  read() {
    const kept = parseProgress(this.kept, this.words.this_browser, this.words);
    return { ...kept, answers: mergeProgress(kept.answers, this.waiting) };
  }

  add(answers) {
    if (!answers.length) return;
    this.waiting.push(...answers);
    const { newer, messages } = this.read();
    if (newer) {
      this.problem = `${this.words.not_kept} ${messages.at(-1)}`;
      return;
    }
    try {
      localStorage.setItem(STORE, this.text);
      this.waiting = [];
      this.problem = "";
    } catch {
      this.problem = this.words.not_kept;
    }
  }

  /** The union with the answers of another copy; says how many were new. */
  merge(text, source) {
    const { answers, messages } = parseProgress(text, source, this.words);
    const have = new Set(this.read().answers.map(({ id }) => id));
    const added = answers.filter(({ id }) => !have.has(id));
    this.add(added);
    return { added: added.length, known: answers.length - added.length, messages };
  }

  clear() {
    this.waiting = [];
    this.problem = "";
    try {
      localStorage.removeItem(STORE);
    } catch {
      // Nothing was kept.
    }
  }
}

/** When each question was started over: older answers to it are not shown again. */
export function startedOver() {
  try {
    return new Map(Object.entries(JSON.parse(localStorage.getItem(STARTED_OVER)) ?? {}));
  } catch {
    return new Map();
  }
}

/** Remember that these questions are open again from now on. */
export function setStartedOver(keys) {
  const now = new Date().toISOString();
  const since = new Map([...startedOver(), ...keys.map((key) => [key, now])]);
  try {
    localStorage.setItem(STARTED_OVER, JSON.stringify(Object.fromEntries(since)));
  } catch {
    // Storage is off: nothing is restored then either.
  }
}
