export { plainLogits } from './plain-decoder.ts';
export { batchOfIds, storedParameters, tinyConfig, tinyParameters } from './tiny-decoder.ts';
export { EVERY_FAMILY, tinyFamily, tinyFamilyFields } from './tiny-families.ts';
export { tokenizerHere } from '../../tokenizer/testing/tokenizer-here.ts';
