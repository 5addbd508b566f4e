/** Names the file that says, as JSON, which addresses stand behind which name. */
export const NAMES_VARIABLE = 'CHAOS_NAMES';
