// Ranges judged as the Python does it: no page in here, so that node can test it.
//
// Repeats course_utils.quiz.intervals and the reading of course_utils.quiz.warm_up; shared
// test vectors hold it to them. Every word and constant comes from the caller.

import { cleaned, fill, numberText, parseQuantity } from "./quiz-grading.mjs";

const BETWEEN = " .. ";

/** The two ends in a record as they were typed; null for what is no range. */
export function endsOf(response) {
  const parts = typeof response === "string" ? response.split(BETWEEN) : [];
  return parts.length === 2 ? parts : null;
}

/** How the record keeps a range. */
export const responseOf = (low, high) => `${cleaned(low)}${BETWEEN}${cleaned(high)}`;

/** What was typed: `{range}`, null for two empty ends, or `{error}` for the learner. */
export function readRange(low, high, item, words) {
  const typed = { low: cleaned(low), high: cleaned(high) };
  if (!typed.low && !typed.high) return { range: null };
  if (!typed.low || !typed.high) return { error: words.both_ends };
  const ends = {};
  for (const name of ["low", "high"]) {
    const { value, error } = parseQuantity(typed[name], item, words);
    if (error) return { error: fill(words.end, { end: words[name], problem: error }) };
    ends[name] = value;
  }
  if (Math.min(ends.low, ends.high) <= 0) return { error: words.above_zero };
  if (ends.low >= ends.high) return { error: fill(words.low_first, typed) };
  return { range: { ...ends, value: item.value } };
}

export const isHeld = ({ low, high, value }) => low <= value && value <= high;

const widthOf = ({ low, high }) => Math.log(high) - Math.log(low);

/** The interval score of a range on the log scale; lower is better. */
export function intervalScore(range, { alpha }) {
  return widthOf(range) + (2 / alpha) * missedBy(range);
}

function missedBy(range) {
  if (isHeld(range)) return 0;
  const nearest = range.value < range.low ? range.low : range.high;
  return Math.abs(Math.log(range.value) - Math.log(nearest));
}

/** How many times as wide, around its middle, the range would just reach the value. */
function stretchOf(range) {
  const middle = (Math.log(range.low) + Math.log(range.high)) / 2;
  return Math.abs(Math.log(range.value) - middle) / (widthOf(range) / 2);
}

/** The chance that at most `hits` of independent `trials` succeed; each does with `share`. */
export function chanceOfAtMost(hits, trials, share) {
  let chance = (1 - share) ** trials;
  let total = 0;
  for (let count = 0; count <= hits; count += 1) {
    total += chance;
    chance *= (((trials - count) / (count + 1)) * share) / (1 - share);
  }
  return Math.min(1, total);
}

/** Coverage, mean score and what one does about them; needs a range at least. */
export function judge(ranges, constants, words) {
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const width = mean(ranges.map(widthOf));
  const score = mean(ranges.map((range) => intervalScore(range, constants)));
  const needed = Math.ceil((1 - constants.alpha) * ranges.length - 1e-9);
  const judgment = {
    held: ranges.filter(isHeld).length,
    score,
    width,
    fine: score - width,
    reach: width / 2,
    worth: (constants.reachSigmas * score) / constants.scoreSigmas,
    needed,
    stretch: ranges.map(stretchOf).sort((a, b) => a - b)[needed - 1],
  };
  return { ...judgment, sentences: sentences(ranges.length, judgment, constants, words) };
}

function sentences(ranges, judgment, constants, words) {
  const { held, needed, reach, stretch } = judgment;
  const factor = (logarithm) => factorText(logarithm, constants, words);
  const texts = {
    held,
    ranges,
    needed,
    promised: numberText((1 - constants.alpha) * ranges),
    enough: constants.enough,
    score: numberText(judgment.score),
    width: numberText(judgment.width),
    fine: held < ranges ? numberText(judgment.fine) : "0",
    reach: factor(reach),
    worth: factor(judgment.worth),
    stretch: numberText(stretch),
    wider: factor(reach * stretch),
  };
  const lead = ranges > 1 ? "held" : held ? "one_held" : "one_missed";
  const say = (names) => names.map((name) => fill(words[name], texts));
  if (ranges < constants.enough) return say([lead, "score", "too_few"]);
  const [chance, luck] = luckOf(held, ranges, constants);
  const percent = Math.round(100 * chance);
  texts.chance = percent ? fill(words.percent, { percent }) : words.below_one_percent;
  return say([lead, luck, held >= needed ? "narrow" : "widen", "score", "worth"]);
}

/** A chance, and what it says about the count. */
function luckOf(held, ranges, { alpha, rare, overconfident }) {
  const promised = 1 - alpha;
  const atMost = chanceOfAtMost(held, ranges, promised);
  if (atMost < rare) return [atMost, "no_bad_luck"];
  if (held === ranges) return [promised ** ranges, "all_held"];
  if (held < promised * ranges - 1e-9) return [atMost, "may_be_bad_luck"];
  return [1 - chanceOfAtMost(held - 1, ranges, overconfident), "fits"];
}

function factorText(logarithm, { largestFactor }, words) {
  if (logarithm <= Math.log(largestFactor)) return numberText(Math.exp(logarithm));
  return fill(words.more_than, { factor: numberText(largestFactor) });
}
