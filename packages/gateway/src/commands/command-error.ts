/** What a command could not do; its message is for the person who ran it. */
export class CommandError extends Error {}
