// Brings the static calculator cards of a page to life: one Python interpreter, started on
// the reader's click in a worker, answers for all of them with the course's own functions.

const RUNTIME = new URL("./runtime.json", import.meta.url);
const SLOW_MS = 30_000;

class Python {
  // One worker for the page. `ask` sends JSON to course_utils.views.live.answer.
  constructor(worker) {
    this.worker = worker;
    this.waiting = new Map();
    this.next = 0;
  }

  static async start(onStage) {
    const runtime = await Python.runtime();
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
    const python = new Python(worker);
    await new Promise((resolve, reject) => {
      const slow = setTimeout(
        () => onStage("Still starting; a slow connection needs a while for the 7 MB."),
        SLOW_MS,
      );
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || "the worker could not be loaded"));
      };
      worker.onmessage = ({ data }) => {
        if (data.stage) onStage(data.stage);
        if (data.failed) reject(new Error(data.failed));
        if (data.ready) {
          clearTimeout(slow);
          resolve();
        }
      };
      worker.postMessage({ start: runtime });
    });
    worker.onmessage = ({ data }) => {
      python.waiting.get(data.id)?.(data);
      python.waiting.delete(data.id);
    };
    return python;
  }

  // Where the interpreter and the wheel lie. loadPyodide hangs on a missing file, so ask first.
  static async runtime() {
    const missing = "this copy of the book has no Python runtime (_static/runtime.json)";
    const listing = await fetch(RUNTIME).catch(() => null);
    if (!listing?.ok) throw new Error(missing);
    const runtime = await listing.json();
    const urls = Object.fromEntries(
      Object.entries({ pyodide: runtime.pyodide, wheel: runtime.wheel }).map(([key, path]) => [
        key,
        new URL(path, RUNTIME).href,
      ]),
    );
    for (const url of [urls.wheel, ...runtime.files.map((file) => new URL(file, urls.pyodide).href)]) {
      const head = await fetch(url, { method: "HEAD" }).catch(() => null);
      if (!head?.ok) throw new Error(`a file of the Python runtime is missing: ${new URL(url).pathname}`);
    }
    return urls;
  }

  ask(view, typed) {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, view, typed: JSON.stringify(typed) });
    });
  }
}

class Card {
  constructor(root) {
    this.root = root;
    this.view = root.dataset.cuCalculator;
    this.knobs = [...root.querySelectorAll("[data-cu-knob]")];
    this.sliders = [...root.querySelectorAll("[data-cu-slider]")];
    this.button = root.querySelector("[data-cu-run]");
    this.status = root.querySelector("[data-cu-status]");
    this.error = root.querySelector("[data-cu-error]");
    this.controls = root.querySelector("[data-cu-controls]");
    this.busy = false;
    this.stale = false;
    this.sliders.forEach(sayStep);
    this.status.textContent =
      "The sliders run the course's own Python in this page: about 7 MB, fetched once from this site.";
    this.button.hidden = false;
    offerCopy(root);
    this.button.addEventListener("click", () => startAll(this));
  }

  live(python) {
    this.python = python;
    this.button.hidden = true;
    this.controls.hidden = false;
    this.status.textContent = "Live: the figures above follow the settings.";
    this.root.dataset.cuLive = "true";
    this.controls.addEventListener("submit", (event) => event.preventDefault());
    for (const knob of this.knobs) {
      knob.addEventListener("change", () => this.update());
    }
    for (const slider of this.sliders) {
      const box = this.box(slider.dataset.cuSlider);
      const steps = JSON.parse(slider.dataset.cuSteps);
      slider.addEventListener("input", () => {
        box.value = String(steps[slider.valueAsNumber]);
        sayStep(slider);
        this.update();
      });
    }
  }

  box(name) {
    return this.knobs.find((knob) => knob.dataset.cuKnob === name);
  }

  // While one answer is under way only the newest setting waits: a drag never queues up.
  async update() {
    if (this.busy) {
      this.stale = true;
      return;
    }
    this.busy = true;
    do {
      this.stale = false;
      const typed = Object.fromEntries(this.knobs.map((knob) => [knob.dataset.cuKnob, knob.value]));
      const started = performance.now();
      const reply = await this.python.ask(this.view, typed);
      this.show(reply.failed ? { error: reply.failed } : JSON.parse(reply.answer));
      this.root.dataset.cuStepMs = (performance.now() - started).toFixed(1);
    } while (this.stale);
    this.busy = false;
  }

  show(answer) {
    this.error.textContent = answer.error ?? "";
    if (answer.error) return; // the last good card stays
    for (const [name, html] of Object.entries(answer.parts)) {
      // Made by the same Python that made the page, and escaped there.
      this.root.querySelector(`[data-cu-part="${name}"]`).innerHTML = html;
    }
    this.root.querySelector("[data-cu-setting]").textContent = `Shown for ${answer.setting}.`;
    this.root.querySelector("[data-cu-copied]").textContent = ""; // that was another text
    if (this.stale) return; // the reader has moved on; do not pull the controls back
    for (const slider of this.sliders) {
      if (slider !== document.activeElement) slider.value = String(answer.steps[slider.dataset.cuSlider]);
      sayStep(slider);
    }
    for (const [name, text] of Object.entries(answer.texts)) {
      if (this.box(name) !== document.activeElement) this.box(name).value = text;
    }
  }
}

// Without the right to write to the clipboard the text is selected: one key copies it.
function offerCopy(root) {
  const button = root.querySelector("[data-cu-copy]");
  const said = root.querySelector("[data-cu-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const box = root.querySelector(".cu-copy");
    try {
      await navigator.clipboard.writeText(box.value);
      said.textContent = "Copied, with the setting and the call that shows it again.";
    } catch {
      box.focus();
      box.select();
      said.textContent = "The text is selected: copy it with Ctrl+C, or ⌘C on a Mac.";
    }
  });
}

function sayStep(slider) {
  const texts = JSON.parse(slider.dataset.cuTexts);
  slider.setAttribute("aria-valuetext", texts[slider.valueAsNumber]);
}

let cards = [];

async function startAll(asked) {
  cards.forEach((card) => (card.button.disabled = true));
  const say = (text) => (asked.status.textContent = text);
  say("Starting Python.");
  try {
    const python = await Python.start(say);
    // For tests, and for the curious at the browser's console.
    window.courseCalculators = { ask: (view, typed) => python.ask(view, typed) };
    cards.forEach((card) => card.live(python));
    asked.controls.querySelector("input, select")?.focus();
  } catch (error) {
    cards.forEach((card) => (card.button.disabled = false));
    say(`The calculator could not start: ${error.message}. The figures above stay as they are.`);
  }
}

cards = [...document.querySelectorAll("[data-cu-calculator]")].map((root) => new Card(root));
