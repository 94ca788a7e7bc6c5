// The timed explanation in the book: clock, notes, checklist with score.
// The page is complete without this module; it adds what needs a clock or a memory.
// Text reaches the page through textContent alone, whoever wrote it.

const TICK_MS = 250;

export function clockText(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function wordCount(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

// The beat that is on after so many seconds; the last one stays on at the end.
export function beatIndex(data, elapsedS) {
  return data.beats.filter((beat) => beat.start_s <= elapsedS).length - 1;
}

const fill = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

// The same words as `Explanation.score` in Python, from the same templates.
export function score(data, checked) {
  const { verdict, elements } = data;
  const missing = elements.filter((element) => !checked.has(element.id));
  const n = elements.length - missing.length;
  const first = missing.find((element) => element.grave) ?? missing[0];
  let text;
  if (n === 0) text = verdict.none;
  else if (!first) text = fill(verdict.all, { total: elements.length });
  else {
    text = fill(verdict.gap, { n, total: elements.length, label: first.label, fix: first.fix });
    if (first.grave) text += verdict.grave;
  }
  return { n, verdict: `${text} ${verdict.note}` };
}

export function writtenText(data, text) {
  const words = wordCount(text);
  const minutes = (Math.floor((words / data.words_per_minute) * 10 + 0.5) / 10).toFixed(1);
  const total = Math.round((data.total_s * data.words_per_minute) / 60);
  const number = (value) => value.toLocaleString("en-US");
  return (
    `${number(words)} ${words === 1 ? "word" : "words"}, ${minutes} minutes at ` +
    `${data.words_per_minute} words a minute; ${Math.round(data.total_s / 60)} minutes hold about ` +
    `${number(total)} words.`
  );
}

// Elapsed seconds, read from a clock: a tick that comes late costs nothing.
export class Stopwatch {
  #limitS;
  #now;
  #beforeS = 0;
  #startedAt = null;

  constructor(limitS, now = () => performance.now() / 1000) {
    this.#limitS = limitS;
    this.#now = now;
  }
  get elapsedS() {
    const runningS = this.#startedAt === null ? 0 : this.#now() - this.#startedAt;
    return Math.min(this.#beforeS + runningS, this.#limitS);
  }
  get finished() {
    return this.elapsedS >= this.#limitS;
  }
  get running() {
    return this.#startedAt !== null && !this.finished;
  }
  start() {
    if (this.finished) this.reset();
    if (this.#startedAt === null) this.#startedAt = this.#now();
  }
  pause() {
    this.#beforeS = this.elapsedS;
    this.#startedAt = null;
  }
  reset() {
    this.#beforeS = 0;
    this.#startedAt = null;
  }
}

// What the learner ticked and typed, in this browser; without storage it lasts as long as the page.
export function loadProgress(key, storage) {
  const empty = { checked: [], notes: {}, text: "" };
  try {
    const saved = JSON.parse(storage().getItem(key) ?? "null");
    if (saved === null || typeof saved !== "object") return empty;
    return {
      checked: Array.isArray(saved.checked) ? saved.checked.map(String) : [],
      notes: saved.notes && typeof saved.notes === "object" ? saved.notes : {},
      text: typeof saved.text === "string" ? saved.text : "",
    };
  } catch {
    return empty;
  }
}

export function saveProgress(key, progress, storage) {
  try {
    storage().setItem(key, JSON.stringify(progress));
    return true;
  } catch {
    return false; // blocked or full: nothing is lost while the page is open
  }
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function addTimer(root, data) {
  const stopwatch = new Stopwatch(data.total_s);
  const time = element("span");
  const clock = element(
    "span",
    { class: "cu-explanation-clock", role: "timer" },
    time,
    element("small", { text: " left" }),
  );
  const toggle = element("button", { type: "button", class: "cu-button" });
  const reset = element("button", {
    type: "button",
    class: "cu-button cu-button-quiet",
    text: "Reset",
  });
  const progress = element("progress", { max: data.total_s, "aria-label": "Time used" });
  const title = element("strong");
  const say = element("span");
  const opener = element("p", { class: "cu-explanation-opener" });
  const next = element("p", { class: "cu-explanation-next" });
  const now = element("div", { class: "cu-explanation-now" }, element("p", {}, title, " ", say), opener, next);
  // The clock itself stays silent; this speaks when the beat changes.
  const announcement = element("p", { class: "cu-visually-hidden", role: "status" });
  const rows = [...root.querySelectorAll("tr[data-beat]")];
  let shown = null;
  let ticking = null;

  function showBeat(index) {
    const beat = data.beats[index];
    const following = data.beats[index + 1];
    title.textContent = beat ? `Now: ${beat.title}.` : "Time.";
    say.textContent = beat
      ? beat.say
      : "Stop here, even in the middle of a sentence, and tick below what you said aloud.";
    opener.textContent = beat ? `Begin with: ${beat.opener}` : "";
    if (!beat) next.textContent = "";
    else if (following) next.textContent = `Next: ${clockText(following.start_s)} ${following.title}`;
    else next.textContent = `Next: ${clockText(data.total_s)} end`;
    for (const [i, row] of rows.entries()) {
      row.classList.toggle("cu-explanation-current", i === index);
      if (i === index) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    }
  }

  function refresh() {
    const elapsed = stopwatch.elapsedS;
    time.textContent = clockText(data.total_s - Math.floor(elapsed));
    progress.value = elapsed;
    const goingOn = elapsed > 0 && !stopwatch.finished;
    const label = stopwatch.running ? "Pause" : goingOn ? "Go on" : "Start";
    if (toggle.textContent !== label) toggle.textContent = label;
    const index = stopwatch.finished ? data.beats.length : beatIndex(data, elapsed);
    if (index !== shown) {
      showBeat(index);
      if (stopwatch.running || stopwatch.finished) announcement.textContent = title.textContent;
      shown = index;
    }
    if (!stopwatch.running && ticking !== null) {
      clearInterval(ticking);
      ticking = null;
    }
  }

  toggle.addEventListener("click", () => {
    if (stopwatch.running) stopwatch.pause();
    else {
      stopwatch.start();
      ticking ??= setInterval(refresh, TICK_MS);
      announcement.textContent = `Now: ${data.beats[beatIndex(data, stopwatch.elapsedS)].title}.`;
    }
    refresh();
  });
  reset.addEventListener("click", () => {
    stopwatch.reset();
    announcement.textContent = "";
    refresh();
  });
  const bar = element("div", { class: "cu-explanation-bar" }, clock, toggle, reset);
  const place = root.querySelector('[data-part="timer"]');
  place.append(bar, progress, now, announcement);
  place.hidden = false;
  refresh();
}

function addWriting(root, data, progress, save) {
  const id = `cu-explanation-${data.id}`;
  const outline = element("details", {}, element("summary", { text: "Your outline, beat by beat" }));
  const areas = data.beats.map((beat, index) => {
    const area = element("textarea", { id: `${id}-note-${index}`, rows: 2, placeholder: beat.opener });
    area.value = typeof progress.notes[index] === "string" ? progress.notes[index] : "";
    area.addEventListener("input", () => {
      progress.notes[index] = area.value;
      save();
    });
    const label = element("label", { for: area.id, text: `${clockText(beat.start_s)} ${beat.title}` });
    outline.append(element("div", { class: "cu-explanation-field" }, label, area));
    return area;
  });

  const text = element("textarea", { id: `${id}-text`, rows: 8 });
  text.value = progress.text;
  const length = element("p", { class: "cu-status", text: writtenText(data, text.value) });
  text.addEventListener("input", () => {
    progress.text = text.value;
    length.textContent = writtenText(data, text.value);
    save();
  });
  const label = element("label", { for: text.id, text: "The whole talk, as you would say it" });
  const written = element(
    "details",
    {},
    element("summary", { text: "Your talk, written out" }),
    element("div", { class: "cu-explanation-field" }, label, text, length),
  );
  const place = root.querySelector('[data-part="writing"]');
  place.append(outline, written);
  place.hidden = false;
  return () => {
    for (const area of [...areas, text]) area.value = "";
    length.textContent = writtenText(data, "");
  };
}

function addChecklist(root, data, progress, save) {
  const place = root.querySelector('[data-part="checklist"]');
  const list = place.querySelector("ul");
  const heading = place.querySelector(".cu-explanation-heading");
  const result = place.querySelector('[data-part="score"]');
  const checked = new Set(progress.checked.filter((id) => data.elements.some((e) => e.id === id)));
  const refresh = () => {
    result.textContent = score(data, checked).verdict;
  };
  const boxes = [...list.querySelectorAll("li[data-element]")].map((item) => {
    const id = item.dataset.element;
    const box = element("input", { type: "checkbox" });
    box.checked = checked.has(id);
    box.addEventListener("change", () => {
      if (box.checked) checked.add(id);
      else checked.delete(id);
      progress.checked = [...checked];
      refresh();
      save();
    });
    const label = element("label", {}, box, element("span", { text: item.textContent }));
    item.replaceChildren(label);
    return box;
  });

  const fieldset = element("fieldset", {}, element("legend", { text: heading.textContent }));
  heading.replaceWith(fieldset);
  fieldset.append(list);
  result.setAttribute("role", "status");
  refresh();
  return () => {
    checked.clear();
    for (const box of boxes) box.checked = false;
    refresh();
  };
}

export function enhance(root, storage = () => window.localStorage) {
  if (root.dataset.cuReady) return;
  root.dataset.cuReady = "true";
  const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const key = `cu-explanation:${data.id}`;
  const progress = loadProgress(key, storage);
  const status = element("p", { class: "cu-status", role: "status" });
  const tell = (saved) => {
    status.textContent = saved
      ? "What you tick and type stays in this browser."
      : "This browser keeps nothing: what you tick and type lasts until you leave the page.";
  };
  const save = () => tell(saveProgress(key, progress, storage));

  addTimer(root, data);
  const clearWriting = addWriting(root, data, progress, save);
  const clearChecklist = addChecklist(root, data, progress, save);
  const clear = element("button", {
    type: "button",
    class: "cu-button cu-button-quiet",
    text: "Clear ticks and notes",
  });
  clear.addEventListener("click", () => {
    Object.assign(progress, { checked: [], notes: {}, text: "" });
    clearWriting();
    clearChecklist();
    save();
  });
  root.append(status, clear);
  save();
}

if (typeof document !== "undefined") {
  for (const root of document.querySelectorAll("[data-cu-explanation]")) enhance(root);
}
