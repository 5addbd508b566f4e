/** A figure as a complete SVG document. */
export interface NamedFigure {
  /** Names its file, without `.svg`. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}
