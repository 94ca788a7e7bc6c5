// Standard input: {latex, display}. Standard output: {mathml} or {error}.
const temml = require(require.resolve("temml", { paths: [process.argv[2]] }));

let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () => {
  const { latex, display } = JSON.parse(text);
  let answer;
  try {
    const mathml = temml.renderToString(latex, {
      displayMode: display,
      throwOnError: true,
      annotate: true,
    });
    answer = { mathml };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer));
});
