export { decodedModel } from './decoded-model.ts';
