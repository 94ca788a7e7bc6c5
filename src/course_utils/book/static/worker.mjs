// The Python interpreter of the page, away from its main thread.
// In: {start: {pyodide, wheel}} once, then {id, view, typed}. Out: {stage}, {ready} or
// {failed}, then {id, answer} or {id, failed}.

let answer = null;

self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  self.postMessage({ failed: String(event.reason?.message ?? event.reason) });
});

async function start({ pyodide, wheel }) {
  self.postMessage({ stage: "Fetching Python (about 7 MB, once)." });
  const [{ loadPyodide }, archive] = await Promise.all([
    import(new URL("pyodide.mjs", pyodide).href),
    fetch(wheel).then((response) => response.arrayBuffer()),
  ]);
  const python = await loadPyodide({ indexURL: pyodide });
  self.postMessage({ stage: "Loading the course's calculators." });
  python.unpackArchive(archive, "wheel");
  answer = python.runPython("from course_utils.views.live import answer\nanswer");
  self.postMessage({ ready: true });
}

self.onmessage = async ({ data }) => {
  if (data.start) {
    try {
      await start(data.start);
    } catch (error) {
      self.postMessage({ failed: String(error?.message ?? error) });
    }
    return;
  }
  try {
    self.postMessage({ id: data.id, answer: answer(data.view, data.typed) });
  } catch (error) {
    // A Python traceback ends with the line that a reader can use.
    const lines = String(error?.message ?? error).trim().split("\n");
    self.postMessage({ id: data.id, failed: lines.at(-1) });
  }
};
