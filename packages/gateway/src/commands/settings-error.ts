/** A setting that cannot be used; its message is for the person who made it. */
export class SettingsError extends Error {}
