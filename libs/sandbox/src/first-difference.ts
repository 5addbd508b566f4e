const maxChars = 200;

/**
 * Describes the first difference of two outputs, as `line 3 is "4", expected "5"`; undefined where they differ only in white
 * space at the ends of lines and empty lines at the end.
 */
export function firstDifference(printed: string, expected: string): string | undefined {
  const [given, wanted] = [lines(printed), lines(expected)];
  const count = Math.max(given.length, wanted.length);
  for (let index = 0; index < count; index += 1) {
    if (given[index] === wanted[index]) continue;
    return `line ${index + 1} is ${show(given[index])}, expected ${show(wanted[index])}`;
  }
  return undefined;
}

function lines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function show(line: string | undefined): string {
  return line === undefined ? 'missing' : JSON.stringify(line.slice(0, maxChars));
}
