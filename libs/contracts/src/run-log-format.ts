/**
 * The format of a run's log, as its first entry and those of resumptions say it; counts up with what an older program would
 * read wrongly.
 */
export const LOG_FORMAT = 3;
