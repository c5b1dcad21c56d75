// Preloaded into the programs of the house (node --import): when the process that started them is gone, even by SIGKILL, the channel to
// it closes and they end as on SIGTERM. Nothing is left behind.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
