/** A dash that opens an item of a list: it begins a line and stands apart from what follows, so that it is not a sign. */
export const anyBullet = /(?<=\n)[^\S\n]*[-–•][^\S\n]+(?=[^\s-])/g;

/** A text whose items of lists are lines as any other. */
export function withoutBullets(text: string): string {
  return text.replaceAll(anyBullet, '');
}
