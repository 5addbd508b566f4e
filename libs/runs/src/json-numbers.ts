import { z } from 'zod';

/** A number of a JSON file. JSON has no NaN: a value that is none is null. */
export const jsonNumber = z
  .number()
  .or(z.nan())
  .nullable()
  .transform((value) => value ?? NaN);

/** Numbers by name. */
export const jsonNumbers = z.record(z.string(), jsonNumber).readonly();
