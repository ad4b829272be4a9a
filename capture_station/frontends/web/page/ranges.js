// Draws on a small portrait where its preset allows crown, eyes and chin to be, and where they are.

const SVG = "http://www.w3.org/2000/svg";
const CROWN_TO_EYES = 0.5; // Of crown to chin.
const ROUNDING = 0.01;
const LEAST_BAND = 0.008; // A band that allows one value only is still to be seen.

// figure: it has a picture above which the bands are drawn. placement: that of a capture.
export function drawRanges(figure, { eye_line: eyes, head_height, eye_lines, head_heights }) {
  const half = head_height * CROWN_TO_EYES;
  const [least, most] = head_heights.map((height) => height * CROWN_TO_EYES);
  const bands = [
    [eyes - half, eyes - most, eyes - least],
    [eyes, ...eye_lines],
    [eyes + half, eyes + least, eyes + most],
  ];
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 1 1");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  for (const [at, low, high] of bands) {
    const height = Math.max(LEAST_BAND, high - low);
    drawing.append(shape("rect", { x: 0, y: (low + high - height) / 2, width: 1, height }));
    const right = at >= low - ROUNDING && at <= high + ROUNDING;
    for (const kind of ["under", right ? "right" : "wrong"]) drawing.append(shape("line", { x1: 0, x2: 1, y1: at, y2: at, class: kind }));
  }
  figure.querySelector("svg")?.remove();
  figure.firstElementChild.append(drawing);
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
