/** Blanks, letters, marks that belong to words, quotes, brackets and pictures: nothing that one reckons with. */
const harmless = /^[\p{L}\p{M}\p{So}\p{Extended_Pictographic}\s.,;:'"’‘“”()[\]?&@#%°/—-]*$/u;

/** Whether a text beside a number holds nothing that one reckons with: no digit, no operator, no command of TeX. */
export function isHarmless(text: string): boolean {
  return harmless.test(text) && !/[\d]/.test(text);
}
