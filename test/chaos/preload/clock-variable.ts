/** Names the file that holds by how many milliseconds the time of day is off. */
export const CLOCK_VARIABLE = 'CHAOS_CLOCK';
