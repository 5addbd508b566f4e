export { answeringModel } from './answering-model.ts';
export { bigramModel, BIGRAM_POSITIONS } from './bigram-model.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { wordTokenizer } from './word-tokenizer.ts';
export { writeModelFolder, type TinyModel } from './write-model-folder.ts';
