// Standard input: [[latex, display], ...]. Standard output: [{mathml} or {error}, ...].
const temml = require(require.resolve("temml", { paths: [process.argv[2]] }));

function convert([latex, displayMode]) {
  try {
    return { mathml: temml.renderToString(latex, { displayMode, throwOnError: true, annotate: true }) };
  } catch (error) {
    return { error: error.message };
  }
}

let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () => process.stdout.write(JSON.stringify(JSON.parse(text).map(convert))));
