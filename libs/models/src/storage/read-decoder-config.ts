import type { DecoderConfig } from '../config/decoder-config.ts';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { readJsonFile } from './read-json-file.ts';

/** The configuration of a model folder without its weights. @throws SipfError as parseDecoderConfig; MODEL_FILE_NOT_FOUND */
export function readDecoderConfig(dir: string): DecoderConfig {
  return parseDecoderConfig(readJsonFile(dir, 'config.json'));
}
