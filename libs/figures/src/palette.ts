/** Distinguishable with colour blindness (Okabe and Ito); set as attributes, so that every renderer shows them. */
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#9a6b00', '#56b4e9', '#444444', '#b8860b'];
/** The same hues, bright enough on a dark ground. */
const DARK = ['#5db5ea', '#ff8f45', '#37cfa0', '#eba0cb', '#e6b422', '#9ad4f7', '#bbbbbb', '#f0d060'];

/** Attributes of a line in the colour of a series; colours come again after the eighth. */
export function strokeOf(series: number): string {
  const index = series % LIGHT.length;
  return `class="s${index}" stroke="${LIGHT[index] ?? ''}"`;
}

/** Attributes of an area in the colour of a series. */
export function fillOf(series: number): string {
  const index = series % LIGHT.length;
  return `class="f${index}" fill="${LIGHT[index] ?? ''}"`;
}

/**
 * Turns a chart dark where its reader's screen is, never on paper. It names its classes under `.chart` alone, so it may
 * stand in a page several times.
 */
export const chartStyle = [
  '<style>@media screen and (prefers-color-scheme:dark){',
  '.chart .ground{fill:#171a20}.chart text{fill:#e4e6ea}.chart .grid{stroke:#3b414b}',
  ...DARK.map((colour, index) => `.chart .s${index}{stroke:${colour}}.chart .f${index}{fill:${colour}}`),
  '}</style>',
].join('');
