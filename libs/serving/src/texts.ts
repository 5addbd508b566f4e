// What tasks of tokenizers need on a thread of their own: nothing of engines, stores or servers.
export { encodeText, inField, isSurelyLonger } from './encode-text.ts';
