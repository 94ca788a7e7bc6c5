// Small builders of page elements. Text becomes text nodes, so none of it can be markup.

export function element(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Text with `code` and **bold** as nodes; nothing in it can become any other markup. */
export function inline(text) {
  const nodes = [];
  let position = 0;
  for (const match of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*/g)) {
    nodes.push(text.slice(position, match.index));
    nodes.push(element(match[1] ? "code" : "strong", "", match[1] ?? match[2]));
    position = match.index + match[0].length;
  }
  return [...nodes, text.slice(position)];
}

export function button(label, type, quiet) {
  const node = element("button", quiet ? "cu-button cu-button-quiet" : "cu-button", label);
  node.type = type;
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. */
export function drawing(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
