// Grading and scoring as the Python does it: no page in here, so that node can test it.
//
// Repeats course_utils.quiz.quantities, grading and confidence; shared test vectors hold
// it to them. Every word comes from the caller.

const MAX_LENGTH = 40;
const MOST_UNITS = 8; // named in a message
const SPACES = /[ \t\r\n\u00a0\u2009\u202f]+/g;
// The group separators stand between digits alone, so "1,5" and "0,005" are not 15 and 5.
const NUMBER =
  /^([+-]?) ?(\$?) ?([+-]?)((?:[1-9][0-9]{0,2}(?:[, '][0-9]{3})+(?![0-9])|[0-9]+)?)((?:\.[0-9]*)?)((?:[eE][+-]?[0-9]+)?) ?(.*)$/s;

/** What was typed, its spaces made plain and few. */
export function cleaned(text) {
  return text.replace(SPACES, " ").replace(/^ | $/g, "").replaceAll("−", "-");
}

/** What a typed answer says: `{value}` in the item's unit, or `{error}` for the learner. */
export function parseQuantity(text, item, words) {
  const typed = cleaned(text);
  if (!typed) return { error: words.empty };
  if ([...typed].length > MAX_LENGTH) return { error: words.too_long };
  const [, sign, dollar, inner, whole, fraction, exponent, rest] = typed.match(NUMBER);
  if (!(whole || fraction.length > 1) || (sign && inner)) return { error: words.not_a_number };
  if (/^,[0-9]/.test(rest)) return { error: words.decimal_comma };
  const suffix = rest.replaceAll(" ", "");
  const known = Object.hasOwn(item.factors, suffix);
  if (!known || (dollar && (!item.unit.startsWith("USD") || suffix.includes("$")))) {
    const units = Object.keys(item.factors).filter(Boolean).slice(0, MOST_UNITS).join(", ");
    return { error: fill(words.unit, { given: known ? "$" : suffix, units }) };
  }
  const digits = whole.replace(/[, ']/g, "") || "0";
  const value =
    Number(`${sign || inner}${digits}${fraction}${exponent}`) * item.factors[suffix];
  return Number.isFinite(value) ? { value } : { error: words.too_large };
}

/**
 * The verdict on a response: an option key, a list of keys, or the text of a number.
 *
 * A confidence does not change it, but a prediction without one is no answer.
 */
export function grade(item, variant, response, words, confidence = null) {
  const verdict = GRADERS[item.kind](item, variant, response, words);
  const owed = item.kind === "predict" && confidence === null;
  return verdict.answered && owed ? nothing(words.confidence_first) : verdict;
}

const GRADERS = {
  single(item, variant, response, words) {
    if (response === null) return nothing(words.choose_one);
    const chosen = item.options.filter((option) => option.key === response);
    return verdict(chosen, chosen[0].correct, words);
  },
  multiple(item, variant, response, words) {
    if (!response.length) return nothing(words.choose_some);
    const chosen = item.options.filter((option) => response.includes(option.key));
    const right = chosen.filter((option) => option.correct).length;
    const total = item.options.filter((option) => option.correct).length;
    if (right === total && right === chosen.length) return verdict(chosen, true, words);
    const template = right === 1 ? words.one_right : words.some_right;
    return verdict(chosen, false, words, fill(template, { right, chosen: chosen.length, total }));
  },
  numeric(item, variant, response, words) {
    const { value, error } = parseQuantity(response, item, words);
    if (error) return nothing(error);
    if (accepts(variant, value, variant.answer)) {
      return told(true, words.right, [variant.solution]);
    }
    const wrong = variant.wrong.find((entry) => accepts(variant, value, entry.value));
    if (wrong) return told(false, words.not_yet, [wrong.feedback], [wrong.misconception]);
    return told(false, words.not_yet, [variant.hint]);
  },
  predict(item, variant, response, words) {
    const { value, error } = parseQuantity(response, item, words);
    if (error) return nothing(error);
    const said = { said: cleaned(response), answer: variant.answerText };
    if (accepts(variant, value, variant.answer)) {
      const message = `${words.close_enough} ${fill(words.guess_said, said)}`;
      return told(true, message, [variant.solution]);
    }
    const message = `${words.not_close} ${howFar(value, variant.answer, said, words)}`;
    const wrong = variant.wrong.find((entry) => accepts(variant, value, entry.value));
    if (!wrong) return told(false, message, [variant.solution]);
    return told(false, message, [wrong.feedback, variant.solution], [wrong.misconception]);
  },
  order(item, variant, response, words) {
    const keys = response ?? [];
    if (keys.length < item.steps.length) return nothing(words.order_all);
    if (keys.every((key, i) => key === item.steps[i].key)) return nothing(words.order_unmoved);
    if (keys.every((key, i) => key === i)) {
      const steps = [...item.steps].sort((a, b) => a.key - b.key);
      const feedback = steps.map(({ key, why }) => ({ key, correct: true, text: why }));
      return { ...told(true, words.right, []), feedback };
    }
    const right = keys.filter((key, i) => i > 0 && key === keys[i - 1] + 1).length;
    const template = right === 1 ? words.one_neighbor_right : words.neighbors_right;
    const message = `${words.not_yet} ${fill(template, { right, total: keys.length - 1 })}`;
    const made = ({ before, after }) => keys.indexOf(before) < keys.indexOf(after);
    const mistake = item.mistakes.find(made);
    if (mistake) return told(false, message, [mistake.feedback], [mistake.misconception]);
    return told(false, message, [item.hint]);
  },
};

function nothing(message) {
  return { answered: false, correct: false, score: 0, message, feedback: [], misconceptions: [] };
}

/** A verdict whose feedback is about no option. */
function told(correct, message, texts, misconceptions = []) {
  const feedback = texts.map((text) => ({ key: null, correct, text }));
  return { answered: true, correct, score: correct ? 1 : 0, message, feedback, misconceptions };
}

/** Whether a value passes for a target: within the tolerance, or for a guess the factor. */
function accepts({ tolerance, withinFactor }, value, target) {
  if (withinFactor === undefined) return Math.abs(value - target) <= tolerance * Math.abs(target);
  return target / withinFactor <= value && value <= target * withinFactor;
}

function howFar(value, answer, said, words) {
  if (value <= 0) return fill(words.guess_said, said); // no factor leads from there to it
  const times = numberText(Math.max(value, answer) / Math.min(value, answer));
  const template = value < answer ? words.guess_too_low : words.guess_too_high;
  return fill(template, { ...said, times });
}

function verdict(chosen, correct, words, detail = "") {
  return {
    answered: true,
    correct,
    score: correct ? 1 : 0,
    message: `${correct ? words.right : words.not_yet} ${detail}`.trim(),
    feedback: chosen.map(({ key, correct, feedback }) => ({ key, correct, text: feedback })),
    misconceptions: chosen.map((option) => option.misconception).filter(Boolean),
  };
}

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}


// ---- confidence ----

/** The squared distance between what was stated and what came true; lower is better. */
export function brierScore(confidence, correct) {
  const miss = confidence - (correct ? 1 : 0);
  return miss * miss;
}

/** Stated confidence against the share right: a bin for guesses, then one for each level. */
export function calibration(answers, { levels, enough, z }, words) {
  const groups = new Map([null, ...levels].map((level) => [level, []]));
  for (const [confidence, correct] of answers) {
    groups.get(levels.includes(confidence) ? confidence : null).push([confidence, correct]);
  }
  return [...groups]
    .filter(([, group]) => group.length)
    .map(([level, group]) => bin(level, group, { enough, z }, words));
}

function bin(level, group, { enough, z }, words) {
  const answers = group.length;
  const right = group.filter(([, correct]) => correct).length;
  const confidence = group.reduce((sum, [stated]) => sum + stated, 0) / answers;
  const [low, high] = wilson(right, answers, z);
  const label =
    level === null ? words.a_guess : fill(words.level, { percent: Math.round(100 * level) });
  const verdict = right ? words.verdict_right : words.verdict_wrong;
  const start = level === null ? "gave_guess" : "gave_level";
  const template = words[answers === 1 ? `${start}_one` : start];
  let sentence = fill(template, { answers, level: label, right, verdict });
  if (answers < enough) sentence += fill(words.too_few, { enough });
  else if (high < confidence) sentence += words.overconfident;
  else sentence += low > confidence ? words.underconfident : words.fits;
  return { level, label, confidence, answers, right, share: right / answers, low, high, sentence };
}

/** The Wilson score interval, as course_utils.calculators.intervals has it. */
function wilson(right, n, z) {
  const p = right / n;
  const center = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const variance = (p * (1 - p)) / n + (z * z) / (4 * n * n);
  const spread = (Math.sqrt(variance) * z) / (1 + (z * z) / n);
  return [p === 0 ? 0 : center - spread, p === 1 ? 1 : center + spread];
}

/** The mean Brier score in one sentence; empty without an answer. */
export function calibrationSummary(answers, words) {
  if (!answers.length) return "";
  const sum = answers.reduce((total, [stated, correct]) => total + brierScore(stated, correct), 0);
  const score = (Math.round((100 * sum) / answers.length) / 100).toFixed(2);
  const template = answers.length === 1 ? words.mean_brier_one : words.mean_brier;
  return fill(template, { score, answers: answers.length });
}

// ---- numbers as text ----

/** Three significant digits, thousands separated, no exponent in the usual range. */
export function numberText(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e15) return value.toExponential(2);
  const decimals = Math.max(0, 2 - Number(size.toExponential().split("e")[1]));
  const [whole, fraction = ""] = value.toFixed(decimals).split(".");
  const rest = fraction.replace(/0+$/, "");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest && `.${rest}`);
}
